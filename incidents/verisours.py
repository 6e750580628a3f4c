"""What Andon tells of an incident that VERIS has no word for: its `plus.andon`. Reads only.

What it told elsewhere is looked at anew before it goes out again without texts: it may say all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from incidents import codenames
from incidents.importveris import TIMES
from incidents.models import Accessed, Audience, Exposure, Incident, Kind, Obligation, Whose
from programs.models import Category, Pause
from severity import vocabulary
from severity.clocks.ruleset import ClockRules
from severity.facts import MOST_PEOPLE
from severity.models import Assessment
from severity.ruleset import VERSION

_COUNTS = ("people_min", "people_known", "people_max")
_SPAN = ("since", "until")
_FACTS = (
    *("dpc", "ei", "cb", "audience", "people", "people_count", "duration", "evidence"),
    *("ongoing", "refix", *vocabulary.Flag),
)


def of(
    incident: Incident,
    exposed: Sequence[Exposure],
    pauses: Sequence[Pause] = (),
    *,
    texts: bool,
) -> dict[str, Any]:
    """Return it as JSON can hold it: nobody's words in it unless `texts` asks for them."""
    found: dict[str, Any] = {
        "texts": texts,
        "codename": incident.codename,
        "kind": incident.kind,
        "severity": incident.sev,
        "counts_as": incident.counts_as,
        "peak": incident.peak_sev,
        "audience": incident.audience,
        "exposures": [_exposure(row, texts=texts) for row in exposed],
    }
    if texts:
        found["title"] = incident.title
    found |= {name: _time(getattr(incident, name)) for name in TIMES}
    found |= _assessed(incident.assessment) if incident.assessment else {}
    clocks = [_clock(row) for row in incident.obligations.all()]
    # Which program it was is no matter of the incident's record alone.
    stops = [_known(since=row.since, lifted_at=row.lifted_at) for row in pauses]
    lists = {"clocks": clocks, "pauses": stops}
    return found | {name: rows for name, rows in lists.items() if rows}


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _known(**times: datetime | None) -> dict[str, str]:
    return {name: said for name, at in times.items() if (said := _time(at))}


def _exposure(row: Exposure, *, texts: bool) -> dict[str, Any]:
    # Never where the data lie, whoever asks.
    said: dict[str, Any] = {
        "kinds": list(row.kinds),
        "whose": row.whose,
        "accessed": row.accessed,
        "effective_audience": row.effective_audience,
        **{name: getattr(row, name) for name in _COUNTS},
        **{name: _time(getattr(row, name)) for name in _SPAN},
    }
    words = {"what": str(row), "declared_audience": row.declared_audience}
    return said | (words if texts else {})


def _assessed(assessment: Assessment) -> dict[str, Any]:
    """The inputs of the score, where the level rests on facts and not on a word alone."""
    facts = {name: assessment.facts[name] for name in _FACTS if name in assessment.facts}
    if not facts or assessment.score is None or assessment.index is None:
        return {}
    figures = {"score": float(assessment.score), "index": float(assessment.index)}
    said = {"rules": assessment.rules_version, "facts": facts, **figures}
    # What nobody knew stands in `facts` as what it was counted as.
    unknown = [name for name in assessment.facts.get("unknown", []) if name in _FACTS]
    return {"assessed": said | ({"unknown": unknown} if unknown else {})}


def _clock(row: Obligation) -> dict[str, Any]:
    times = _known(started_at=row.started_at, due_at=row.due_at, submitted_at=row.submitted_at)
    return {"rule": row.rule, "clock": row.clock, "state": row.state, **times}


# --- What an Andon told elsewhere


def told_plainly(said: Any) -> dict[str, Any] | None:
    """Return of it what is counted or chosen, each looked at anew; None if it told nothing."""
    if not isinstance(said, dict):
        return None
    kept = _fitting(said, _PLAIN)
    if "kind" not in kept or "audience" not in kept:
        return None
    kept |= {"texts": False, "exposures": _each(said.get("exposures"), _plain_exposure)}
    assessed = _plain_assessed(said.get("assessed"))
    clocks, pauses = (
        [row for row in _each(said.get(name), read) if row]
        for name, read in (("clocks", _plain_clock), ("pauses", _plain_pause))
    )
    parts = {"assessed": assessed, "clocks": clocks, "pauses": pauses}
    return kept | {name: part for name, part in parts.items() if part}


Fits = Callable[[Any], bool]


def _is_level(said: Any) -> bool:
    return said is None or (type(said) is int and said in range(6))


def _is_time(said: Any) -> bool:
    try:
        return said is None or datetime.fromisoformat(said).isoformat() == said
    except (TypeError, ValueError):
        return False


def _is_number(said: Any) -> bool:
    return type(said) in (int, float) and abs(said) <= MOST_PEOPLE


def _is_flag(said: Any) -> bool:
    return type(said) is bool


def _is_context(said: Any) -> bool:
    if not isinstance(said, list) or len(said) != 2:
        return False
    return said[0] in list(vocabulary.Category) and type(said[1]) is int and abs(said[1]) < 10


def _are_points(said: Any) -> bool:
    return isinstance(said, list) and len(said) == 4 and all(map(_is_number, said))


def _is_version(said: Any) -> bool:
    return isinstance(said, str) and VERSION.fullmatch(said) is not None


def _is_rule(said: Any) -> bool:
    return isinstance(said, str) and said in ClockRules.current().rules


def _one_of(words: Sequence[str]) -> Fits:
    return lambda said: isinstance(said, str) and said in words


_PLAIN: dict[str, Fits] = {
    "codename": codenames.is_one,
    "kind": _one_of(Kind.values),
    "audience": _one_of(Audience.values),
    **dict.fromkeys(("severity", "counts_as", "peak"), _is_level),
    **dict.fromkeys(TIMES, _is_time),
}
_PLAIN_FACTS: dict[str, Fits] = {
    "dpc": _is_context,
    "ei": _is_number,
    "cb": _are_points,
    "audience": _one_of(list(vocabulary.Audience)),
    "people": _one_of(list(vocabulary.People)),
    "people_count": _is_number,
    "duration": _one_of(list(vocabulary.Duration)),
    "evidence": _one_of(list(vocabulary.Evidence)),
    **dict.fromkeys(("ongoing", "refix", *vocabulary.Flag), _is_flag),
}
_PLAIN_CLOCK: dict[str, Fits] = {
    "rule": _is_rule,
    "clock": _one_of(Obligation.Clock.values),
    "state": _one_of(Obligation.State.values),
    **dict.fromkeys(("started_at", "due_at", "submitted_at"), _is_time),
}
_PLAIN_PAUSE: dict[str, Fits] = dict.fromkeys(("since", "lifted_at"), _is_time)


def _fitting(said: Mapping[str, Any], fits: Mapping[str, Fits]) -> dict[str, Any]:
    return {name: said[name] for name, fit in fits.items() if name in said and fit(said[name])}


def _each(
    rows: Any, read: Callable[[Mapping[str, Any]], dict[str, Any] | None]
) -> list[dict[str, Any] | None]:
    return [read(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _plain_exposure(row: Mapping[str, Any]) -> dict[str, Any]:
    kinds = row.get("kinds")
    known = [each for each in kinds if each in Category.values] if isinstance(kinds, list) else []
    chosen = {
        "whose": Whose.values,
        "accessed": Accessed.values,
        "effective_audience": Audience.values,
    }
    words = {name: row.get(name) for name in chosen}
    counts = {name: row.get(name) for name in _COUNTS}
    return {
        "kinds": known,
        **{n: said if said in chosen[n] else "unknown" for n, said in words.items()},
        **{n: count if type(count) is int else None for n, count in counts.items()},
        **{name: row.get(name) if _is_time(row.get(name)) else None for name in _SPAN},
    }


def _plain_assessed(said: Any) -> dict[str, Any] | None:
    if not isinstance(said, dict) or not isinstance(said.get("facts"), dict):
        return None
    fits: dict[str, Fits] = {
        "rules": _is_version,
        **dict.fromkeys(("score", "index"), _is_number),
        "unknown": lambda names: isinstance(names, list) and all(n in _FACTS for n in names),
    }
    facts = _fitting(said["facts"], _PLAIN_FACTS)
    return _fitting(said, fits) | {"facts": facts} if facts else None


def _plain_clock(row: Mapping[str, Any]) -> dict[str, Any] | None:
    kept = _fitting(row, _PLAIN_CLOCK)
    return kept if {"rule", "clock", "state"} <= kept.keys() else None


def _plain_pause(row: Mapping[str, Any]) -> dict[str, Any] | None:
    kept = _fitting(row, _PLAIN_PAUSE)
    return kept if "since" in kept else None
