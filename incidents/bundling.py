"""What stands in an evidence bundle of an incident, for one reader. Reads only.

The reader gets what they could read page by page, and nothing of what they could not; what is left
out is named with the reason. docs/record.md says how it is checked without us.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit import inclusion, trail
from audit.chain import stamp
from audit.keyring import ring
from audit.verification import one_moment
from incidents import changes, duplicates, exporting, legalcase, storytext
from incidents.models import Evidence, Incident
from programs import access as program_access
from programs import proof
from programs.models import Pause, StopOrder

_README = """Evidence bundle of {ref}

Made {at} by {by} for {name}.

story.md           what happened, was exposed, stopped, is due and was decided, to read
timeline.json      every entry, the corrected ones as well
history.json       what was changed, field by field, by whom and why
obligations.json   what the law asks for: facts, moments, duties, decisions
evidence.json      every piece of evidence with its SHA-256 and who had it in their hands
evidence/          the files themselves
stops/             the signed proof of each stop of collection
chain.jsonl        the record of the incident, entry by entry
proof.json         how the record is sealed by checkpoint.json
manifest.json      the SHA-256 of every file here, signed

Check it without the installation that made it, with Python and one file, for which no account is
needed: {by}/record/verify_andon.py. Get the key from {by}/.well-known/andon-record-key.pem,
by a way that you trust; the one in here proves nothing by itself.

    python3 verify_andon.py bundle THIS.zip --key andon-record-key.pem
"""


@dataclass
class Contents:
    """The texts of a bundle by their names, the files that go with it, and what is left out."""

    texts: dict[str, str] = field(default_factory=dict)
    files: list[Evidence] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    checkpoint: dict[str, Any] = field(default_factory=dict)


def of(incident: Incident, *, reader: User, made_by: str) -> Contents:
    """Return what a person gets, as it stood at one moment.

    Raises:
        NotSealed: if the record of the incident is under no checkpoint yet.
    """
    found = Contents()
    with one_moment():
        stream = trail.stream_of(incident)
        sealed = inclusion.proof_of(stream)
        found.texts = {
            "README.txt": _README.format(
                ref=incident.ref, at=stamp(timezone.now()), by=made_by, name=reader.name
            ),
            "story.md": storytext.of(incident, reader=reader),
            "timeline.json": _json(list(_timeline(incident))),
            "history.json": exporting.as_json(changes.of(incident, reader=reader)),
            "obligations.json": _json(_obligations(incident)),
            "evidence.json": _json(list(_evidence(incident))),
            "chain.jsonl": "".join(_lines(inclusion.chain_of(stream))),
            "proof.json": _json(sealed.document),
            "checkpoint.json": sealed.checkpoint.text,
            "key.pem": ring().key.pem,
        }
        found.checkpoint = {"number": sealed.checkpoint.number, "size": sealed.checkpoint.size}
        _add_stops(incident, reader, found)
        found.files = list(incident.evidence.select_related("incident").order_by("pk"))
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: Any) -> str:
    return stamp(value) if hasattr(value, "astimezone") else str(value)


def _lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{json.dumps(row, ensure_ascii=False, sort_keys=True)}\n"


_ENTRY = ("id", "kind", "audience", "occurred_at", "recorded_at", "actor_name", "via", "text")


def _timeline(incident: Incident) -> Iterator[dict[str, Any]]:
    for entry in incident.timeline.order_by("occurred_at", "pk"):
        said = {name: getattr(entry, name) for name in _ENTRY if hasattr(entry, name)}
        yield said | {"supersedes": entry.supersedes_id}


_DUTY = (
    *("rule", "rules_version", "phase", "cited", "recipient", "verified", "clock", "state"),
    *("started_at", "due_at", "calendar", "why", "decided_at", "decision", "draft"),
    *("submitted_at", "reference", "proof_sha256", "lateness", "confirmed_at", "receipt"),
)
_PEOPLE = ("decided_by", "drafted_by", "approved_by", "submitted_by", "confirmed_by")


def _obligations(incident: Incident) -> dict[str, Any]:
    facts = legalcase.facts_of(incident)
    events = incident.legal_events.order_by("pk")
    return {
        "facts": facts.facts if facts else None,
        "moments": [
            {
                "kind": event.kind,
                "at": event.at,
                "rationale": event.rationale,
                "set_by": event.set_as,
                "recorded_at": event.recorded_at,
                "is_corrected": hasattr(event, "superseded_by"),
            }
            for event in events.select_related("superseded_by")
        ],
        "duties": [
            {name: getattr(row, name) for name in _DUTY}
            | {name: person.name for name in _PEOPLE if (person := getattr(row, name))}
            for row in incident.obligations.select_related(*_PEOPLE)
        ],
    }


def name_of(row: Evidence) -> str:
    """Where a piece of evidence stands in the bundle. Its own name could be anything."""
    return f"evidence/{row.pk}"


def _evidence(incident: Incident) -> Iterator[dict[str, Any]]:
    for row in incident.evidence.order_by("pk").prefetch_related("custody"):
        yield {
            "file": name_of(row),
            "name": row.name,
            "note": row.note,
            "type": row.type,
            "size": row.size,
            "sha256": row.sha256,
            "added_at": row.added_at,
            "added_by": row.added_as,
            "scan": row.scan,
            "custody": [
                {"at": line.at, "act": line.act, "who": line.actor_name, "note": line.note}
                for line in sorted(row.custody.all(), key=lambda line: line.pk)
            ],
        }


def _add_stops(incident: Incident, reader: User, found: Contents) -> None:
    # Lifted ones too: that it goes on again takes nothing from the proof that it stood still.
    holds = Pause.objects.filter(holder__in=duplicates.holders(incident))
    orders = holds.exclude(order=None).values("order")
    rows = StopOrder.objects.filter(pk__in=orders).select_related("program").order_by("pk")
    for order in rows:
        name = f"stops/{order.program.slug}-{order.generation}.json"
        if program_access.sees_machines(reader, order.program):
            found.texts[name] = proof.sealed(order, now=timezone.now())
            found.texts["stop-key.pem"] = proof.our_key().pem
        else:
            found.left_out.append((name, "who asked may not see the collectors of that program"))
