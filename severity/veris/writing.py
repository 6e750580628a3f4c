"""Write a record of VERIS 1.4.1, with all that it must have. Pure."""

from collections.abc import Mapping
from typing import Any

from severity.ladder import Sev
from severity.veris.record import VERSION, Record, copied
from severity.vocabulary import Evidence

# Our choice, for export alone: no level is ever read back from it.
RATINGS = {
    Sev.SEV0: "Catastrophic",
    Sev.SEV1: "Damaging",
    Sev.SEV2: "Painful",
    Sev.SEV3: "Distracting",
    Sev.SEV4: "Insignificant",
    Sev.SEV5: "Insignificant",
}
# VERIS calls it a breach at "Yes" alone. That is not the test of the GDPR.
DISCLOSURE = {
    Evidence.NONE_LOGS_COMPLETE: "No",
    Evidence.NONE_LOGS_INCOMPLETE: "Potentially",
    Evidence.GOOD_FAITH_EXTERNAL: "Yes",
    Evidence.CONFIRMED_INTERNAL: "Yes",
    Evidence.CONFIRMED_EXTERNAL: "Yes",
    Evidence.EXFILTRATED: "Yes",
}
EMPLOYEES = (
    (10, "1 to 10"),
    (100, "11 to 100"),
    (1000, "101 to 1000"),
    (10_000, "1001 to 10000"),
    (25_000, "10001 to 25000"),
    (50_000, "25001 to 50000"),
    (100_000, "50001 to 100000"),
)
TEXTS = ("summary", "notes", "reference", "confidence")


def write(record: Record) -> dict[str, Any]:
    """Return the record in the form of VERIS 1.4.1, as JSON can hold it.

    What is required and not known is written as VERIS says "unknown".
    """
    written: dict[str, Any] = copied(dict(record.rest))
    written |= {
        "schema_version": VERSION,
        "incident_id": record.incident_id,
        "security_incident": record.confirmation,
        "discovery_method": _found(record.found),
        "actor": copied(dict(record.actors)) or {"unknown": {}},
        "action": copied(dict(record.actions)) or {"unknown": {}},
        "asset": copied(dict(record.asset)) or {"assets": [{"variety": "Unknown"}]},
    }
    texts = {name: getattr(record, name) for name in TEXTS}
    texts |= {"source_id": record.source, "campaign_id": record.campaign}
    written |= {name: value for name, value in texts.items() if value or name == "summary"}
    timeline = written.setdefault("timeline", {})
    timeline["incident"] = record.occurred.plain()
    timeline |= {name: span.plain() for name, span in record.spans.items()}
    confidentiality = _confidentiality(record)
    if confidentiality:
        attribute = written.setdefault("attribute", {})
        attribute["confidentiality"] = attribute.get("confidentiality", {}) | confidentiality
    return written


def employees(count: int | None) -> str:
    """VERIS's word for the size of an organisation."""
    if count is None or count < 1:
        return "Unknown"
    return next((said for most, said in EMPLOYEES if count <= most), "Over 100000")


def _found(found: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    told = {
        where: True if where in ("other", "unknown") else {"variety": list(how) or ["Unknown"]}
        for where, how in found.items()
    }
    return told or {"unknown": True}


def _confidentiality(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if record.disclosure:
        said["data_disclosure"] = record.disclosure
    if record.data_total is not None:
        said["data_total"] = record.data_total
    if record.data:
        said["data"] = [each.plain() for each in record.data]
    if record.data_victim:
        said["data_victim"] = list(record.data_victim)
    if record.state:
        said["state"] = list(record.state)
    return said
