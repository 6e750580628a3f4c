"""What a monitor says, whatever product it is: bytes in, one alert out. Pure.

Two shapes are read: that of Prometheus Alertmanager, and a plain object with names that most
products use, alone or as the `data` of a Standard Webhook. An odd member is left out or cut and
refuses nothing: a cord that nobody could pull because of a long title would be none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from severity.ladder import Sev

LARGEST_BODY = 256 * 1024
LONGEST_TITLE = 200
LONGEST_DETAIL = 10_000
MOST_FACTS = 50
DEEPEST = 32
_LONGEST_NAME, _LONGEST_VALUE = 60, 500
_LONGEST_EVENT = _LONGEST_URL = 2000

_TITLES = ("title", "summary", "name", "message", "subject", "alertname")
_TEXTS = ("detail", "description", "body", "text")
_LEVELS = ("severity", "level", "priority")
_LINKS = ("url", "link", "generatorURL", "externalURL")
_EVENTS = ("id", "event_id", "dedup_key")
_FACTS = ("facts", "labels", "details")
_TIMES = ("occurred_from", "startsAt")
_OVER = ("resolved", "ok", "closed")
# What products call a level. Whoever sets a monitor up may send 0 to 5 instead.
_WORDS = {
    "critical": Sev.SEV1,
    "emergency": Sev.SEV1,
    "fatal": Sev.SEV1,
    "p1": Sev.SEV1,
    "error": Sev.SEV2,
    "high": Sev.SEV2,
    "page": Sev.SEV2,
    "p2": Sev.SEV2,
    "warning": Sev.SEV3,
    "medium": Sev.SEV3,
    "p3": Sev.SEV3,
    "low": Sev.SEV4,
    "p4": Sev.SEV4,
    "info": Sev.SEV5,
    "none": Sev.SEV5,
    "p5": Sev.SEV5,
}


class Unreadable(Exception):
    """This is no alert; the message is a sentence for whoever set the monitor up."""


@dataclass(frozen=True)
class Alert:
    """One thing that a monitor saw.

    Args:
        level: as the monitor states it; None if it states none that we know.
        event: names this very thing, so that hearing of it again is no news; empty if nothing does.
        program: the slug that the monitor names; empty if it names none.
        over: the monitor says that it is no more.
        dedup: what it is about: one open incident for it, whatever happens to it meanwhile. Empty
            where that is the event itself.
        found_how: in the monitor's words; empty where its name has to do.
    """

    title: str
    detail: str
    level: Sev | None
    url: str
    event: str
    program: str
    dataset: str
    audience: str
    still_open: str
    since: datetime | None
    over: bool
    dedup: str = ""
    found_how: str = ""


def read(body: bytes) -> Alert:
    """Read an alert.

    Raises:
        Unreadable: if the body is no JSON object.
    """
    said = parsed(body)
    return of_group(said) if is_group(said) else of_envelope(said)


def parsed(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is.

    Raises:
        Unreadable: if it is none, or nested deeper than DEEPEST.
    """
    try:
        said = json.loads(body.decode(), parse_constant=_no_constant)
    # Deep nesting ends in RecursionError, a number of 5,000 digits in ValueError.
    except (ValueError, RecursionError):
        raise Unreadable("The body must be JSON, in UTF-8.") from None
    if not isinstance(said, dict):
        raise Unreadable("The body must be a JSON object.")
    if _is_deeper(said, DEEPEST):
        raise Unreadable(f"The body is nested too deep: {DEEPEST} levels are read.")
    return said


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _is_deeper(value: Any, most: int) -> bool:
    level = [value]
    for _each in range(most):
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [
            child for each in inner for child in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, dict | list) for each in level)


def is_group(said: Mapping[str, Any]) -> bool:
    """True if this is what Alertmanager sends."""
    return isinstance(said.get("alerts"), list) and "groupKey" in said


def of_envelope(said: Mapping[str, Any]) -> Alert:
    """Read a plain object, alone or as the `data` of an envelope, such as a Standard Webhook."""
    if isinstance(said.get("data"), dict):
        # What is in it counts before what stands around it.
        said = {**said, **said["data"]}
    return of_object(said, facts=some(said, _FACTS))


def of_object(said: Mapping[str, Any], *, facts: Mapping[str, Any]) -> Alert:
    """Read a plain object by the names that most products use."""
    return Alert(
        title=_first(said, _TITLES, most=LONGEST_TITLE),
        detail=_detail(_first(said, _TEXTS, most=LONGEST_DETAIL, lines=True), facts),
        level=_level(_first(said, _LEVELS, most=_LONGEST_NAME)),
        url=_url(_first(said, _LINKS, most=_LONGEST_URL)),
        event=_first(said, _EVENTS, most=_LONGEST_EVENT),
        program=_first(said, ("program",), most=_LONGEST_NAME),
        dataset=_first(said, ("dataset",), most=_LONGEST_NAME),
        audience=_first(said, ("audience",), most=_LONGEST_NAME),
        still_open=_first(said, ("still_open",), most=_LONGEST_NAME),
        since=_time(_first(said, _TIMES, most=_LONGEST_NAME)),
        over=is_over(_first(said, ("status", "state"), most=_LONGEST_NAME)),
    )


def of_group(said: Mapping[str, Any]) -> Alert:
    """Read what Alertmanager sends: a group of alerts of which some fire and some may be over."""
    labels, words = some(said, ("commonLabels",)), some(said, ("commonAnnotations",))
    alerts = [each for each in said["alerts"] if isinstance(each, dict)]
    firing = [each for each in alerts if line(each.get("status"), 20).lower() not in _OVER]
    starts = min((line(each.get("startsAt"), 60) for each in firing), default="")
    links = [each.get("generatorURL") for each in firing]
    merged = {
        **labels,
        **words,
        # The key says which program; a label of this name may mean anything.
        "program": "",
        "status": "firing" if firing else "resolved",
        # The group keeps its name when it fires again next month: that is another event.
        "id": f"{line(said.get('groupKey'), _LONGEST_EVENT)} {starts}",
        "url": next((link for link in [said.get("externalURL"), *links] if link), ""),
        "startsAt": starts,
    }
    merged.setdefault("title", words.get("summary") or labels.get("alertname"))
    alert = of_object(merged, facts={**labels, "alerts firing": len(firing)})
    return replace(alert, dedup=line(said.get("groupKey"), _LONGEST_EVENT))


def some(said: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Any]:
    """Return the first of these members that is an object; an empty one if none is."""
    return next((said[name] for name in names if isinstance(said.get(name), dict)), {})


def _first(said: Mapping[str, Any], names: Iterable[str], *, most: int, lines: bool = False) -> str:
    texts = (line(said.get(name), most, lines=lines) for name in names)
    return next(filter(None, texts), "")


def line(value: Any, most: int, *, lines: bool = False) -> str:
    """Return a value as text that a page can show and the database can keep; empty for others."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return str(value).lower() if isinstance(value, bool) else ""
    # Enough for what will be left of it; joining a megabyte of spaces would take its time.
    text = str(value)[: 4 * most]
    kept = "".join(c if c.isprintable() or (lines and c == "\n") else " " for c in text)
    folded = kept.strip() if lines else " ".join(kept.split())
    return folded if len(folded) <= most else folded[: most - 1] + "…"


def _level(text: str) -> Sev | None:
    word = text.lower()
    if word.startswith("sev"):
        word = word.removeprefix("sev").lstrip(" -_")
    if word in _WORDS:
        return _WORDS[word]
    return Sev(int(word)) if word in ("0", "1", "2", "3", "4", "5") else None


def is_over(word: str) -> bool:
    """True for what products call a thing that is no more."""
    return word.lower() in _OVER


def _url(text: str) -> str:
    whole = text.startswith(("https://", "http://")) and not text.endswith("…")
    return text if whole and " " not in text else ""


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _detail(text: str, facts: Mapping[str, Any]) -> str:
    named = [
        f"{line(name, _LONGEST_NAME)}: {line(value, _LONGEST_VALUE)}"
        for name, value in list(facts.items())[:MOST_FACTS]
    ]
    if len(facts) > MOST_FACTS:
        named.append(f"and {len(facts) - MOST_FACTS} more")
    whole = "\n".join(filter(None, [text, *named]))
    return whole if len(whole) <= LONGEST_DETAIL else whole[: LONGEST_DETAIL - 1] + "…"
