"""A launcher of small shell commands: what `run` does, without Django."""

import json
import signal
import sys
from pathlib import Path

from config.launch import keeper, session
from config.launch.children import Child, Stage
from config.launch.console import Console
from config.launch.refusal import CannotStart

KEEPERS_PATIENCE = 0.5


def child(told, var):
    ready = var / f"{told['name']}.ready"
    return Child(
        name=told["name"],
        command=("/bin/sh", "-c", told["script"]),
        stage=Stage[told.get("stage", "PRODUCT")],
        env={"PATH": "/usr/bin:/bin", "NAME": told["name"], "READY": str(ready)},
        cwd=var,
        port=told.get("port"),
        stop=signal.Signals[told.get("stop", "SIGTERM")],
        ready=ready.exists,
        patience=10,
    )


def main():
    var, told = Path(sys.argv[1]), json.loads(sys.argv[2])
    console = Console()
    keeper.PATIENCE = KEEPERS_PATIENCE
    try:
        with session.on(var, url="http://localhost:1", console=console) as now:
            for group in told:
                now.supervisor.start(*(child(one, var) for one in group))
            console.line("all up")
            now.supervisor.watch()
    except CannotStart as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
