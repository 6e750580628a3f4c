"""Read the code once, and fork engines, workers and gates from it, so that a kill costs no minute.

Takes lines `NAME LOG SHIFT WORD…` on standard input and answers with the new process. SHIFT is by
how many seconds the clock that the process goes by is wrong.
"""

import os
import signal
import sys
import time
from datetime import datetime as real
from datetime import timedelta
from typing import Any

from config.launch.children import dies_with_parent


def main() -> None:
    import django

    django.setup()
    import config.celery

    config.celery.app.loader.import_default_modules()
    # Whoever dies is gone at once; the other side sees it by that.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        _name, log, shift, *words = line.split()
        bound = dies_with_parent(signal.SIGKILL)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            if bound:
                bound()
            _become(log, float(shift), words)
        print(pid, flush=True)


def _become(log: str, shift: float, words: list[str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, out), (2, out)):
        os.dup2(source, target)
    if shift:
        _go_wrong(shift)
    code = 1
    try:
        if words[0] == "worker":
            import config.celery

            options = ["--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
            config.celery.app.worker_main([*words, *options])
        else:
            from django.core.management import call_command

            call_command(*words)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def _go_wrong(seconds: float) -> None:
    """Let the clock that Django, Celery and our code go by be wrong in this process."""
    from django.utils import timezone

    right = time.time

    class Wrong(real):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.now(tz) + timedelta(seconds=seconds)

    timezone.datetime = Wrong  # type: ignore[misc]
    time.time = lambda: right() + seconds


if __name__ == "__main__":
    main()
