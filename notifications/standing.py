"""How rotas stand now and in the coming days, for pages. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from notifications import oncall
from notifications.models import Rota, RotaLayer
from notifications.rotation import CLOSED, Span

COMING = timedelta(days=14)


@dataclass(frozen=True)
class Shift:
    """People who are on call from one instant to another; nobody is a gap, unless it is closed."""

    rota: Rota
    start: datetime
    end: datetime
    people: list[User]
    closed: bool = False


@dataclass(frozen=True)
class Stand:
    """A rota at a moment: its shifts in the coming days without a break, and who is next."""

    rota: Rota
    at: datetime
    shifts: list[Shift]
    next_at: datetime | None
    next: list[User]

    @property
    def now(self) -> Shift | None:
        return self.shifts[0] if self.shifts else None

    @property
    def gaps(self) -> int:
        return sum(not shift.people and not shift.closed for shift in self.shifts)


def stands(rotas: Iterable[Rota], at: datetime) -> list[Stand]:
    """Return how each of these rotas stands at a moment, and for 14 days from then.

    In as many queries for many rotas as for one.
    """
    by_pk = {rota.pk: rota for rota in rotas}
    spans = oncall.between_all(by_pk, at, at + COMING)
    changes = {pk: oncall.change_in(some) for pk, some in spans.items()}
    # Later than what is shown: a long turn has a next one all the same.
    unchanged = [pk for pk, change in changes.items() if change is None]
    for pk, some in oncall.between_all(unchanged, at, at + oncall.AHEAD).items():
        changes[pk] = oncall.change_in(some)
    who = {pk for some in spans.values() for span in some for pk in span.who}
    who |= {pk for change in changes.values() if change for pk in change.who}
    by_key = {person.pk: person for person in oncall.people(who)}

    def named(span: Span) -> list[User]:
        return [by_key[key] for key in span.who if key in by_key]

    found: list[Stand] = []
    for pk, rota in by_pk.items():
        shifts = [
            Shift(rota, span.start, span.end, named(span), span.source == CLOSED)
            for span in spans.get(pk, [])
        ]
        change = changes.get(pk)
        found.append(
            Stand(rota, at, shifts, change.start, named(change))
            if change
            else Stand(rota, at, shifts, None, [])
        )
    return found


def of_person(found: Iterable[Stand], person: User) -> list[Shift]:
    """Return the shifts of a person in these rotas, the earliest first."""
    mine = [shift for stand in found for shift in stand.shifts if person in shift.people]
    return sorted(mine, key=lambda shift: (shift.start, shift.rota.name))


@dataclass(frozen=True)
class Line:
    """A layer in force, and the active people who take turns in it, in their order."""

    layer: RotaLayer
    people: list[User]


def layers(rota: Rota) -> list[Line]:
    """Return the layers of a rota that are in force, the one that counts most first."""
    rows = list(rota.layers.filter(until=None).order_by("-rank"))
    by_key = {each.pk: each for each in oncall.people({pk for row in rows for pk in row.people})}
    return [Line(row, [by_key[pk] for pk in row.people if pk in by_key]) for row in rows]
