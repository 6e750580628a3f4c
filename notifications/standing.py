"""How rotas stand now and in the coming days, for pages. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from notifications import oncall
from notifications.models import Rota, RotaLayer
from notifications.rotation import Span

COMING = timedelta(days=14)


@dataclass(frozen=True)
class Shift:
    """People who are on call from one instant to another; nobody is a gap."""

    rota: Rota
    start: datetime
    end: datetime
    people: list[User]


@dataclass(frozen=True)
class Stand:
    """A rota at a moment: its shifts in the coming days without a break, and who is next."""

    rota: Rota
    shifts: list[Shift]
    next_at: datetime | None
    next: list[User]

    @property
    def now(self) -> Shift | None:
        return self.shifts[0] if self.shifts else None

    @property
    def gaps(self) -> int:
        return sum(not shift.people for shift in self.shifts)


def stands(rotas: Iterable[Rota], at: datetime) -> list[Stand]:
    """Return how each of these rotas stands at a moment, and for 14 days from then."""
    spans = {rota: oncall.between(rota.pk, at, at + COMING) for rota in rotas}
    named = {pk for found in spans.values() for span in found for pk in span.who}
    by_key = {person.pk: person for person in oncall.people(named)}
    return [_stand(rota, found, by_key, at) for rota, found in spans.items()]


def _stand(rota: Rota, spans: list[Span], by_key: dict[int, User], at: datetime) -> Stand:
    shifts = [
        Shift(rota, span.start, span.end, [by_key[pk] for pk in span.who if pk in by_key])
        for span in spans
    ]
    for shift in shifts[1:]:
        if shift.people and shift.people != shifts[0].people:
            return Stand(rota, shifts, shift.start, shift.people)
    # Later than what is shown: a long turn has a next one all the same.
    later = oncall.next_up(rota.pk, at)
    return Stand(rota, shifts, *(later or (None, [])))


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
