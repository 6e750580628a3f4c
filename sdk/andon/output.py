"""Decides how the command line answers: with which exit code, in words or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

EXIT_YES = 0
EXIT_USAGE = 2
EXIT_NO = 3
EXIT_UNKNOWN = 4
EXIT_UNPROVEN = 5


def say(options: argparse.Namespace, said: dict[str, Any], words: str) -> None:
    """Write the object where --json was given, else the words."""
    sys.stdout.write((json.dumps(said) if options.json else words) + "\n")
    sys.stdout.flush()


def fail(options: argparse.Namespace, sentence: str, **said: Any) -> None:
    """Write a sentence to the error output, and the object where --json was given."""
    if getattr(options, "json", False):
        sys.stdout.write(json.dumps({**said, "error": sentence}) + "\n")
    sys.stderr.write(f"andon: {sentence}\n")
