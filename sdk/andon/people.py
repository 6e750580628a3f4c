"""What people do at a terminal through Andon's API: look, pull the cord, report."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from andon.endpoint import program_from
from andon.output import EXIT_NO, EXIT_UNPROVEN, EXIT_YES, say
from andon.web import NoAnswer, Web
from andon.wire import plain

_PROVEN = "paused_proven"
_LOOK_EVERY = 0.5


def status(options: argparse.Namespace, program: str | None) -> int:
    """Tell how one program stands, or each that the token's owner may know of."""
    with Web(options.url, timeout=options.timeout) as web:
        if program is not None:
            said = _checked(web.get(f"/programs/{quote(program)}"))
            say(options, said, _line(said))
            return EXIT_YES if said["state"] == "collecting" else EXIT_NO
        for said in [_checked(each) for each in _list(web.get("/programs"))]:
            say(options, said, _line(said))
        return EXIT_YES


def pause(options: argparse.Namespace) -> int:
    """Pull the cord, and with --wait see every collector stop."""
    path = f"/programs/{quote(program_from(options.program))}"
    with Web(options.url, timeout=options.timeout) as web:
        said = _checked(web.post(f"{path}/pause", {"reason": _text(options.reason)}))
        end = time.monotonic() + options.wait
        while not _is_proven(said) and time.monotonic() < end:
            time.sleep(_LOOK_EVERY)
            said = _checked(web.get(path))
    say(options, said, _line(said))
    return EXIT_YES if not options.wait or _is_proven(said) else EXIT_UNPROVEN


def report(options: argparse.Namespace) -> int:
    """File a report. The same key makes one incident, however often it is said."""
    given = {
        "title": options.title,
        "program": options.program or os.environ.get("ANDON_PROGRAM"),
        "dataset": options.dataset,
        "audience": options.audience,
        "still_open": options.still_open,
        "pause": options.pause or None,
        "detail": _text(options.detail),
        "found_how": options.found_how,
        "reference": options.reference,
        "occurred_from": options.occurred_from,
        "drill": options.drill or None,
    }
    with Web(options.url, timeout=options.timeout) as web:
        said = web.post(
            "/incidents",
            {name: value for name, value in given.items() if value not in (None, "")},
            key=options.key or str(uuid4()),
        )
    if not isinstance(said, dict) or not isinstance(said.get("incident"), str):
        raise NoAnswer("Andon answered something that is no receipt")
    say(options, said, _receipt(said))
    return EXIT_YES


def _text(given: str) -> str:
    """Return what was given, or what stands on standard input for `-`."""
    return sys.stdin.read().strip() if given == "-" else given


def _line(said: dict[str, Any]) -> str:
    words = f"{said['slug']}: {said['state']} (generation {said.get('generation')})"
    holders = said.get("held_by")
    if isinstance(holders, list) and holders:
        words += ", held by " + ", ".join(plain(holder) for holder in holders)
    stop = said.get("stop")
    if said["state"] == "paused" and isinstance(stop, dict):
        open_ones = stop.get("collectors", 0) - stop.get("acknowledged", 0) - stop.get("expired", 0)
        words += (
            "; every collector has stopped"
            if _is_proven(said)
            else (
                f"; {open_ones} of {stop.get('collectors')} collectors have not been seen to stop"
            )
        )
    return words


def _receipt(said: dict[str, Any]) -> str:
    level = said.get("severity")
    words = f"{plain(said['incident'])} {plain(said.get('codename'))}".strip()
    words += f": SEV {level}" if level is not None else f": counts as SEV {said.get('counts_as')}"
    paused = said.get("paused")
    if isinstance(paused, list) and paused:
        words += ", paused: " + ", ".join(plain(slug) for slug in paused)
    return words + f"\n{plain(said.get('receipt'))}"


def _is_proven(said: dict[str, Any]) -> bool:
    stop = said.get("stop")
    return isinstance(stop, dict) and stop.get("proof") == _PROVEN


def _checked(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or not all(
        isinstance(said.get(name), str) for name in ("slug", "state")
    ):
        raise NoAnswer("Andon answered something that is no program")
    return said


def _list(said: Any) -> list[Any]:
    if not isinstance(said, list):
        raise NoAnswer("Andon answered something that is no list of programs")
    return said
