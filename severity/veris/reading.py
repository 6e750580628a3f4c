"""Read a VERIS record of 1.3 to 1.4.1 as one of 1.4.1, or say which field is wrong. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from severity.facts import BadFact
from severity.veris.record import (
    CONFIRMATIONS,
    DAYS,
    DISCLOSURES,
    NO_SPAN,
    VERSION,
    Data,
    PartialDate,
    Record,
    Span,
    copied,
)

READABLE = re.compile(r"1\.(3(\.\d{1,2})?|4(\.[01])?)", re.ASCII)
SPANS = ("compromise", "exfiltration", "discovery", "containment")
# Text in 1.3, lists since.
LISTS = {
    "variety": ("error", "misuse", "hacking", "malware", "social", "physical", "environmental"),
    "vector": ("error", "misuse", "hacking", "malware", "social", "physical"),
}
ACTOR_LISTS = ("variety", "motive", "country", "region", "job_change")
ASSET_LISTS = ("cloud", "hosting", "management", "ownership", "governance", "accessibility")
# Since 1.3.7 there is no such error; the style guide then has it as another one.
REMOVED_ERRORS = {"Omission": "Other"}
PREFIXES = {"Ext": "external", "Int": "internal", "Prt": "partner"}
RENAMED = {"Unrelated party": "Unrelated 3rd party", "IT review": "It review"}
MOST = 10**12
TEXTS = {
    "summary": "summary",
    "notes": "notes",
    "reference": "reference",
    "source": "source_id",
    "confidence": "confidence",
    "campaign": "campaign_id",
}


def read(given: object) -> Record:
    """Return the incident in a VERIS record, as JSON gives it.

    An impossible date (31 November) is kept as it was told and remarked on. What this
    module has no name for stays in `rest`, untouched.

    Raises:
        BadFact: for what is no record, and for the first field that is missing, of another
            type or off its scale.
    """
    reader = _Reader(given)
    return reader.record()


class _Reader:
    def __init__(self, given: object) -> None:
        if not isinstance(given, Mapping):
            raise BadFact("the record", given, allowed="a JSON object")
        self.rest: dict[str, Any] = copied(dict(given))
        self.remarks: list[str] = []

    def record(self) -> Record:
        version = self._text("schema_version", needed=True)
        if not READABLE.fullmatch(version):
            raise BadFact("schema_version", version, allowed=f"1.3 to {VERSION}")
        if self.rest.get("plus") is None:
            self.rest.pop("plus", None)
        # Whatever it says goes out again beside what we say there, so it must be an object.
        self._part("plus")
        timeline = self._part("timeline")
        confidentiality = self._part("attribute").get("confidentiality") or {}
        if not isinstance(confidentiality, dict):
            raise BadFact("attribute.confidentiality", confidentiality, allowed="an object")
        fields = {
            "incident_id": self._text("incident_id", needed=True),
            "confirmation": self._choice("security_incident", CONFIRMATIONS),
            "occurred": self._occurred(timeline),
            "spans": {name: _span(timeline, name) for name in SPANS if timeline.get(name)},
            "found": self._found(),
            "actors": self._actors(),
            "actions": self._actions(),
            "asset": self._asset(),
            **{ours: self._text(theirs) for ours, theirs in TEXTS.items()},
            **_confidentiality(confidentiality),
        }
        for name in SPANS:
            timeline.pop(name, None)
        self.rest = _without_empty(self.rest)
        return Record(**fields, rest=self.rest, version_read=version, remarks=tuple(self.remarks))

    def _part(self, name: str) -> dict[str, Any]:
        """An object of the record, to be taken apart in place."""
        part = self.rest.setdefault(name, {})
        if not isinstance(part, dict):
            raise BadFact(name, part, allowed="an object")
        return part

    def _text(self, name: str, *, needed: bool = False) -> str:
        value = self.rest.pop(name, None)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or (needed and not value.strip()):
            raise BadFact(name, value, allowed="text")
        return value

    def _choice(self, name: str, words: tuple[str, ...]) -> str:
        value = self.rest.pop(name, None)
        if value not in words:
            raise BadFact(name, value, allowed=", ".join(words))
        return str(value)

    def _occurred(self, timeline: dict[str, Any]) -> PartialDate:
        given = timeline.pop("incident", None)
        if not isinstance(given, dict):
            raise BadFact("timeline.incident", given, allowed="an object with a year")
        for name in given:
            if name not in ("year", "month", "day", "time"):
                raise BadFact(f"timeline.incident.{name}", given[name], allowed="no such field")
        found = PartialDate(
            year=_whole(given.get("year"), "timeline.incident.year", least=1950, most=2050),
            month=_maybe_whole(given, "month", 12),
            day=_maybe_whole(given, "day", 31),
            time=_maybe_text(given.get("time"), "timeline.incident.time"),
        )
        if found.impossible:
            told = "-".join(str(part) for part in (found.year, found.month, found.day))
            self.remarks.append(f"timeline.incident: {told} is no day; kept as it was told")
        return found

    def _found(self) -> dict[str, tuple[str, ...]]:
        given = self.rest.pop("discovery_method", None)
        if isinstance(given, str):
            return _found_in_text(given)
        if not isinstance(given, dict) or not given:
            raise BadFact("discovery_method", given, allowed="text or an object")
        found = {}
        for where, how in given.items():
            if where not in (*PREFIXES.values(), "other", "unknown"):
                raise BadFact(f"discovery_method.{where}", how, allowed="external, internal, …")
            said = how.get("variety") if isinstance(how, dict) else None
            found[where] = _words(said or [], f"discovery_method.{where}.variety")
        return found

    def _actors(self) -> dict[str, Any]:
        actors = self.rest.pop("actor", None) or {"unknown": {}}
        return _listed(actors, "actor", dict.fromkeys(_named(actors, "actor"), ACTOR_LISTS))

    def _actions(self) -> dict[str, Any]:
        actions = self.rest.pop("action", None) or {"unknown": {}}
        _named(actions, "action")
        wanted = {name: [each for each in LISTS if name in LISTS[each]] for name in actions}
        found = _listed(actions, "action", wanted)
        error = found.get("error", {})
        for place, variety in enumerate(error.get("variety", [])):
            if variety in REMOVED_ERRORS:
                error["variety"][place] = REMOVED_ERRORS[variety]
                self.remarks.append(f"action.error.variety: {variety} is no longer told; Other")
        return found

    def _asset(self) -> dict[str, Any]:
        asset = self.rest.pop("asset", None) or {"assets": [{"variety": "Unknown"}]}
        found: dict[str, Any] = _listed({"asset": asset}, "", {"asset": ASSET_LISTS})["asset"]
        # 1.4.1 asks for these two where older records are silent.
        found.setdefault("cloud", ["Unknown"])
        if self._part("victim"):
            self._victim(self._part("victim"))
        if "governance" in found:
            # 1.4.1 has no such field; plus is where a record may say more.
            self._part("plus")["asset_governance"] = found.pop("governance")
            self.remarks.append("asset.governance: is no longer told; kept in plus")
        return found

    def _victim(self, victim: dict[str, Any]) -> None:
        victim.setdefault("government", ["Unknown"])
        region = victim.get("region", [])
        # Some records have two regions in one text, inside the list too.
        joined = ",".join(_words(region, "victim.region"))
        if joined:
            victim["region"] = list(_words(joined, "victim.region"))


def _found_in_text(given: str) -> dict[str, tuple[str, ...]]:
    """How records said it up to 1.3.4, such as "Ext - customer"."""
    prefix, _, how = given.partition(" - ")
    if prefix in PREFIXES and how:
        said = how[:1].upper() + how[1:]
        return {PREFIXES[prefix]: (RENAMED.get(said, said),)}
    if given in ("Other", "Unknown"):
        return {given.lower(): ()}
    raise BadFact(
        "discovery_method", given, allowed='"Ext - …", "Int - …", "Prt - …", Other, Unknown'
    )


def _named(parts: Any, at: str) -> list[str]:
    if not isinstance(parts, dict):
        raise BadFact(at, parts, allowed="an object")
    return list(parts)


def _listed(parts: dict[str, Any], at: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an actor, action or asset, with lists where older records have text."""
    for name, part in parts.items():
        path = f"{at}.{name}" if at else name
        if not isinstance(part, dict):
            raise BadFact(path, part, allowed="an object")
        for key in wanted.get(name, ()):
            if key in part:
                part[key] = list(_words(part[key], f"{path}.{key}"))
    return parts


def _confidentiality(given: dict[str, Any]) -> dict[str, Any]:
    """The mapped fields, taken out of `given`; what is left stays in the record's rest."""
    at = "attribute.confidentiality"
    disclosure = given.pop("data_disclosure", "")
    if disclosure not in ("", *DISCLOSURES):
        raise BadFact(f"{at}.data_disclosure", disclosure, allowed=", ".join(DISCLOSURES))
    total = given.pop("data_total", None)
    return {
        "disclosure": disclosure,
        "data_total": None if total is None else _whole(total, f"{at}.data_total", 0, MOST),
        "data": tuple(_data(given.pop("data", []), f"{at}.data")),
        "data_victim": _words(given.pop("data_victim", []), f"{at}.data_victim"),
        "state": _words(given.pop("state", []), f"{at}.state"),
    }


def _data(given: Any, at: str) -> list[Data]:
    if not isinstance(given, list):
        raise BadFact(at, given, allowed="a list")
    found = []
    for place, each in enumerate(given):
        here = f"{at}[{place}]"
        if not isinstance(each, dict) or not isinstance(each.get("variety"), str):
            raise BadFact(here, each, allowed="an object with a variety")
        for name in each:
            if name not in ("variety", "amount"):
                raise BadFact(f"{here}.{name}", each[name], allowed="variety, amount")
        amount = each.get("amount")
        number = None if amount is None else _whole(amount, f"{here}.amount", 0, MOST)
        found.append(Data(each["variety"], number))
    return found


def _span(timeline: dict[str, Any], name: str) -> Span:
    given, at = timeline[name], f"timeline.{name}"
    unit = given.get("unit") if isinstance(given, dict) else None
    if unit not in (*DAYS, *NO_SPAN):
        raise BadFact(f"{at}.unit", unit, allowed=", ".join((*DAYS, *NO_SPAN)))
    value = given.get("value")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and not (number and 0 <= value <= MOST):
        raise BadFact(f"{at}.value", value, allowed="a number from 0")
    return Span(str(unit), value)


def _words(given: Any, at: str) -> tuple[str, ...]:
    """A list of words; text with commas is one too."""
    if isinstance(given, str):
        given = [part.strip() for part in given.split(",")]
    if not isinstance(given, (list, tuple)) or not all(isinstance(each, str) for each in given):
        raise BadFact(at, given, allowed="a list of words")
    return tuple(given)


def _whole(value: Any, at: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadFact(at, value, allowed=f"a whole number from {least} to {most}")
    return value


def _maybe_whole(given: dict[str, Any], name: str, most: int) -> int | None:
    value = given.get(name)
    return None if value is None else _whole(value, f"timeline.incident.{name}", 1, most)


def _maybe_text(value: Any, at: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadFact(at, value, allowed="text")
    return value


def _without_empty(tree: dict[str, Any]) -> dict[str, Any]:
    """What the record's own fields left behind as empty objects was never said."""
    found = {}
    for name, value in tree.items():
        kept = _without_empty(value) if isinstance(value, dict) else value
        if kept != {}:
            found[name] = kept
    return found
