"""Stands in for Django's commands."""

import json
import os
import sys
from pathlib import Path

import stub

DEMO = {
    "sign_ins": [{"role": "responder", "username": "rita", "password": "correct horse"}],
    "collectors": [
        {"name": name, "program": "keystrokes", "token": f"token-{name}", "file": f"out/{name}"}
        for name in ("one", "two", "three")
    ],
}
command = sys.argv[1]
stub.note(command)
if command == os.environ.get("FAILS"):
    sys.exit(f"{command} did not like it")
if command == "seed_demo":
    (Path(os.environ["ANDON_VAR"]) / "demo.json").write_text(json.dumps(DEMO))
if command == "run_gate":
    stub.serve()
if command == "run_engine":
    stub.live()
