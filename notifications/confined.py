"""Have a calendar read in a process that is stopped if it takes too long. No network, no database.

A rule of a few characters can ask for billions of steps, and no thread of ours can be stopped.
"""

import json
import subprocess
import sys
from datetime import datetime

from django.conf import settings

from notifications import agenda
from notifications.agenda import Entry, Unreadable

# On the wall: a machine that is busy gives the process its own seconds late.
SECONDS = 20.0


def read(content: bytes, zone: str, start: datetime, end: datetime) -> list[Entry]:
    """Return the shifts of a calendar between two instants; see `agenda.read`.

    Raises:
        Unreadable: also if it asks for more than ten seconds of reckoning, or too much memory.
    """
    if len(content) > agenda.MOST_BYTES:
        raise Unreadable(f"The calendar is larger than {agenda.MOST_BYTES:,} bytes.")
    asked = [sys.executable, "-m", agenda.__name__, zone, start.isoformat(), end.isoformat()]
    too_much = "The calendar takes too long to reckon: its rules ask for too much."
    try:
        done = subprocess.run(  # noqa: S603 - our own module; none of the words is the calendar's
            asked,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            # No secret of ours beside what strangers wrote.
            env={},
            timeout=SECONDS,
            check=False,
        )
        said = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Unreadable(too_much) from error
    if "refused" in said:
        raise Unreadable(said["refused"])
    return [
        Entry(datetime.fromisoformat(start), datetime.fromisoformat(end), tuple(named))
        for start, end, named in said["shifts"]
    ]
