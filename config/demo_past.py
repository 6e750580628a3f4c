"""A year of incidents from the demo company's old tracker, so that leadership has figures to read.

They are imported like anybody's: closed, nothing fires, nobody is paged. `demo_past.csv` tells them
by how long ago they were reported and how long each part of them took.
"""

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from accounts.actors import Actor
from incidents import importing
from incidents.models import Import

SOURCE = "Old tracker"
CASES = Path(__file__).with_suffix(".csv")
AS_TOLD = (
    "title",
    "program",
    "severity",
    "kind",
    "audience",
    "kinds",
    "people_known",
    "accessed",
)
WORKED_OUT = (
    "source_id",
    "whose",
    "occurred_from",
    "reported_at",
    "contained_at",
    "recovered_at",
    "closed_at",
    "authority_told",
    "people_told",
    "remedy",
    "decision",
)
GRAVE = 2


def seed(officer: Actor) -> None:
    """Import them as the privacy officer. Again it files nothing twice."""
    content = io.BytesIO(_file(timezone.now().replace(microsecond=0)).encode())
    file = importing.File(content, "old-tracker.csv", Import.Form.CSV, SOURCE)
    run = importing.take_in(file, actor=officer)
    run = importing.confirm(run, actor=officer, by_engine=False)
    part = 1
    while importing.work(run.pk, part, by_engine=False):
        part += 1


def _file(now: datetime) -> str:
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, [*AS_TOLD, *WORKED_OUT])
    lines.writeheader()
    with CASES.open(encoding="utf-8", newline="") as told:
        for number, case in enumerate(csv.DictReader(told), 1):
            same = {name: case[name] for name in AS_TOLD}
            lines.writerow(same | _times(case, now) | _register(number, case))
    return text.getvalue()


def _times(case: Mapping[str, str], now: datetime) -> dict[str, str]:
    reported = now - timedelta(days=float(case["days_ago"]))
    contained = reported + timedelta(hours=float(case["hours_to_contain"]))
    recovered = contained + timedelta(hours=float(case["hours_to_recover"]))
    moments = {
        "occurred_from": reported - timedelta(hours=float(case["hours_open"])),
        "reported_at": reported,
        "contained_at": contained,
        "recovered_at": recovered,
        "closed_at": recovered + timedelta(days=1),
    }
    return {name: moment.isoformat() for name, moment in moments.items()}


def _register(number: int, case: Mapping[str, str]) -> dict[str, str]:
    grave = int(case["severity"]) <= GRAVE
    outside = case["audience"] == "outside"
    return {
        "source_id": f"T-{number:03}",
        "whose": "customers" if case["program"] == "call-transcripts" else "employees",
        "authority_told": "yes" if grave else "no",
        "people_told": "yes" if grave and outside else "no",
        "remedy": "Access withdrawn, copies deleted, owners told.",
        "decision": f"A risk to people was {'likely' if grave else 'unlikely'}.",
    }
