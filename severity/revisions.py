"""What a new version of rules changes: key by key, and which levels would move. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from severity.assessment import assess
from severity.facts import Facts
from severity.ladder import Sev
from severity.ruleset import RuleSet

# By which of these the entries of a list are told apart; by their place where none will do.
NAMES = ("id", "sev", "name", "by", "points")
NOTHING = object()


@dataclass(frozen=True)
class Revision:
    """One key that is different. `before` or `after` is None where `added` or `removed`."""

    path: str
    before: Any
    after: Any
    added: bool = False
    removed: bool = False


@dataclass(frozen=True)
class Moved:
    """The facts at `place` in the list would have another level."""

    place: int
    before: Sev
    after: Sev


def revisions(before: Any, after: Any) -> tuple[Revision, ...]:
    """Return what is different between two rule sets as data, in the order of the keys.

    Entries of a list are compared with those of the same id, level or name, so one that
    is put in between does not make all that follow look changed.
    """
    return tuple(_differences(before, after, ""))


def moved(cases: Iterable[Facts], *, before: RuleSet, after: RuleSet) -> tuple[Moved, ...]:
    """Return which exposures would have another level under `after`.

    Raises:
        BadFact: if one is off the scale of either.
    """
    levels = (
        (place, assess(facts, before).sev, assess(facts, after).sev)
        for place, facts in enumerate(cases)
    )
    return tuple(Moved(place, old, new) for place, old, new in levels if old is not new)


def _differences(before: Any, after: Any, path: str) -> Iterator[Revision]:
    if before is NOTHING:
        yield Revision(path, None, after, added=True)
    elif after is NOTHING:
        yield Revision(path, before, None, removed=True)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _parts(before, after, path, joint=".")
    elif isinstance(before, list) and isinstance(after, list):
        name = _name(before, after)
        yield from _parts(_by(before, name), _by(after, name), path, joint="")
        yield from _order(list(_by(before, name)), list(_by(after, name)), path)
    elif before != after:
        yield Revision(path, before, after)


def _parts(
    before: Mapping[Any, Any], after: Mapping[Any, Any], path: str, *, joint: str
) -> Iterator[Revision]:
    for key in (*before, *(key for key in after if key not in before)):
        part = f"{path}{joint}{key}" if path else str(key)
        yield from _differences(before.get(key, NOTHING), after.get(key, NOTHING), part)


def _order(before: list[str], after: list[str], path: str) -> Iterator[Revision]:
    """Caps and floors apply in their order, so another order is another rule set."""
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        yield Revision(f"{path} (order)", before, after)


def _name(*lists: list[Any]) -> str | None:
    entries = [entry for each in lists for entry in each]
    for name in NAMES:
        if entries and all(isinstance(entry, Mapping) and name in entry for entry in entries):
            unique = all(len({str(entry[name]) for entry in each}) == len(each) for each in lists)
            if unique:
                return name
    return None


def _by(entries: list[Any], name: str | None) -> dict[str, Any]:
    if name is None:
        return {f"[{place}]": entry for place, entry in enumerate(entries)}
    return {f"[{entry[name]}]": entry for entry in entries}
