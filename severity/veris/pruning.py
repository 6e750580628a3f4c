"""Leave of a record of VERIS 1.4.1 what is counted or chosen from its lists, no free text. Pure.

What is kept is named here, so that a field nobody thought of is left out. Source of the fields:
the schema of VERIS 1.4.1.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from severity.veris.record import CONFIRMATIONS, DAYS, DISCLOSURES, NO_SPAN, VERSION

Fits = Callable[[Any], bool]
# Letters, digits and little else, no longer than VERIS's longest choices: no sentence, no address.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 /(),&+-]{0,59}", re.ASCII)
_TIME = re.compile(
    r"\d{1,2}:\d{2}(:\d{2})?(\.\d{1,6})?( ?[AaPp][Mm])?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_true(value: Any) -> bool:
    return value is True


def _one_of(*allowed: str) -> Fits:
    return lambda value: value in allowed


def _words(*names: str) -> dict[str, Any]:
    return {name: [_is_word] for name in names}


def _numbers(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _is_number)


_SPAN = {"unit": _one_of(*DAYS, *NO_SPAN), "value": _is_number}
_COUNTED = [{"variety": _is_word, "amount": _is_number}]
_ACTOR = _words("variety", "motive", "country", "region", "job_change") | {"industry": _is_word}
_ACTION = _words("variety", "vector", "result", "target")
_FOUND = _words("variety")
_MONEY = {"iso_currency_code": _is_word, "amount": _is_number}
_ACTORS = ("external", "internal", "partner")
_ACTIONS = ("malware", "hacking", "social", "misuse", "physical", "error", "environmental")
_ASSET = ("cloud", "hosting", "management", "ownership", "accessibility", "country", "role")
# A list holds what fits its one entry; a mapping holds its named fields.
_KEPT: dict[str, Any] = {
    "schema_version": _one_of(VERSION),
    # Whose record it is and which one: without both, nobody knows it again.
    "incident_id": _is_text,
    "source_id": _is_text,
    "security_incident": _one_of(*CONFIRMATIONS),
    "confidence": _is_word,
    "targeted": _is_word,
    "cost_corrective_action": _is_word,
    "discovery_method": dict.fromkeys(_ACTORS, _FOUND) | {"other": _is_true, "unknown": _is_true},
    "timeline": {
        "incident": _numbers("year", "month", "day") | {"time": _is_time},
        **dict.fromkeys(("compromise", "exfiltration", "discovery", "containment"), _SPAN),
    },
    "victim": {
        **_words("country", "region", "government"),
        "employee_count": _is_word,
        "industry": _is_word,
        "locations_affected": _is_number,
        "revenue": _MONEY,
        "secondary": {"amount": _is_number},
    },
    "actor": dict.fromkeys(_ACTORS, _ACTOR) | {"unknown": {}},
    "action": dict.fromkeys(_ACTIONS, _ACTION) | {"unknown": {}},
    "asset": _words(*_ASSET) | {"assets": _COUNTED, "total_amount": _is_number},
    "attribute": {
        "confidentiality": {
            **_words("data_victim", "state"),
            **_numbers("data_total", "credit_monitoring_years"),
            "data_disclosure": _one_of(*DISCLOSURES),
            "data": _COUNTED,
            "credit_monitoring": _is_word,
        },
        "integrity": _words("variety"),
        "availability": _words("variety") | {"duration": _SPAN},
    },
    "impact": {
        "overall_rating": _is_word,
        "iso_currency_code": _is_word,
        **_numbers("overall_amount", "overall_min_amount", "overall_max_amount"),
        "loss": [
            {
                "variety": _is_word,
                "rating": _is_word,
                **_numbers("amount", "min_amount", "max_amount"),
            }
        ],
    },
}
_NEEDED: dict[str, Any] = {
    "discovery_method": {"unknown": True},
    "actor": {"unknown": {}},
    "action": {"unknown": {}},
    "asset": {"assets": [{"variety": "Unknown"}]},
}


def without_texts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record without its free texts and without `plus`; the summary is the caller's.

    Words are known by their place and their form alone, not by VERIS's lists.
    """
    kept: dict[str, Any] = _keep(record, _KEPT)
    said = {name: value for name, value in kept.items() if value not in ({}, [])}
    return _NEEDED | said


def _keep(value: Any, wanted: Any) -> Any:
    """What of a value is wanted; None if nothing is."""
    if isinstance(wanted, dict):
        if not isinstance(value, Mapping):
            return None
        found = {name: _keep(value[name], each) for name, each in wanted.items() if name in value}
        return {name: each for name, each in found.items() if each is not None}
    if isinstance(wanted, list):
        if not isinstance(value, (list, tuple)):
            return None
        every = [_keep(each, wanted[0]) for each in value]
        return [each for each in every if each is not None and each != {}]
    return value if wanted(value) else None
