"""What a sample would become, before anything is sent or saved. Files nothing, writes nothing."""

import json
from dataclasses import dataclass
from typing import Any

from incidents import alerts, envelopes, foresight, monitors
from incidents.alerts import Alert, Unreadable
from incidents.envelopes import Shape
from incidents.foresight import Foresight
from incidents.reporting import Report
from incidents.weighing import Answered
from programs.models import ProgramKey


class Refused(Exception):
    """The sample cannot be read so; a sentence for whoever wrote it."""


@dataclass(frozen=True)
class Tried:
    """What a sample would make: the report, its level, and what of the mapping found nothing."""

    alert: Alert
    report: Report
    foreseen: Foresight
    missing: tuple[str, ...]


def try_out(key: ProgramKey, shape: Shape, sample: str) -> Tried:
    """Read a sample as if it had been sent with the key.

    Raises:
        Refused: if it cannot be read, or is about another program.
    """
    body = sample.encode()
    if len(body) > alerts.LARGEST_BODY:
        raise Refused(f"sample: at most {alerts.LARGEST_BODY // 1024} KiB are read.")
    try:
        opened = envelopes.read(shape, body, {}, signed=shape.must_sign)
        monitors.refuse_others(key, opened.alert)
    except (Unreadable, monitors.Refused) as refusal:
        raise Refused(f"sample: {refusal}") from refusal
    report = monitors.as_report(key, opened.alert)
    answered = Answered(
        report.program, report.audience, report.still_open, report.dataset, report.stated
    )
    return Tried(opened.alert, report, foresight.foresee(answered), opened.missing)


def sample_of(kind: str) -> str:
    """Return an example of what a source of this kind sends."""
    return json.dumps(_SAMPLES.get(kind, _SAMPLES[envelopes.ANY]), indent=2)


_ALERT = {"alertname": "BucketOpen", "severity": "warning", "bucket": "exports"}
_FINDING = {"title": "Export readable by all staff", "severity": "SEV 3", "id": "finding-17"}
_SAMPLES: dict[str, dict[str, Any]] = {
    envelopes.ANY: _FINDING,
    envelopes.ALERTMANAGER: {
        "version": "4",
        "groupKey": '{}:{alertname="BucketOpen"}',
        "status": "firing",
        "receiver": "andon",
        "externalURL": "https://alerts.example",
        "commonLabels": _ALERT,
        "commonAnnotations": {"summary": "Bucket readable by all staff"},
        "alerts": [{"status": "firing", "labels": _ALERT, "startsAt": "2026-01-05T09:00:00Z"}],
    },
    envelopes.STANDARD: {
        "type": "permission.widened",
        "timestamp": "2026-01-05T09:00:00Z",
        "data": _FINDING,
    },
    envelopes.CLOUDEVENTS: {
        "specversion": "1.0",
        "id": "a-17",
        "source": "https://scanner.example",
        "type": "example.permission.widened",
        "datacontenttype": "application/json",
        "data": _FINDING,
    },
    envelopes.MAPPED: {
        "finding": {
            "ref": "finding-17",
            "name": "Export readable by all staff",
            "risk": "medium",
            "where": {"dataset": "exports"},
            "resolved": False,
        }
    },
}
