"""Leaf through the incidents that a person may know of. Reads only; starts in incidents.search.

In the order of their numbers a page begins at a number, not at an offset: the hundredth page
costs what the first one does, and nothing that is filed meanwhile moves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet

from accounts.models import User
from incidents import access, search, words
from incidents.models import Incident
from incidents.search import USUAL_SORT, Wanted

PER_PAGE = 50
# Nobody reads further than this, and to count on would cost as much as there is.
MOST = 1_000
# The same for all words: how many incidents they stand in, hidden ones too, must not show.
MOST_BY_WORDS = 100


@dataclass(frozen=True)
class Place:
    """Where in the list a page lies: before or after a number, or which page of another order."""

    before: int | None = None
    after: int | None = None
    page: int = 1


@dataclass(frozen=True)
class Leaf:
    """Some of the incidents, and the places of those beside them, as parts of a query string.

    Where words were asked for each row has a `snippet` of where they stand, or None.
    `count` is of all that fit, up to MOST, or MOST_BY_WORDS; `is_more` says that there are more.
    """

    rows: list[Incident]
    count: int
    is_more: bool
    newer: Mapping[str, int] | None
    older: Mapping[str, int] | None


def page(user: User, wanted: Wanted, place: Place) -> Leaf:
    """Return one page of what fits."""
    if wanted == Wanted():
        counted = access.newest(user, limit=MOST + 1)
        return _by_number(_AllOf(user, counted), place, len(counted), MOST)
    found = search.find(user, wanted)
    most = MOST_BY_WORDS if wanted.text else MOST
    count = len(found.order_by().values("pk")[: most + 1])
    if wanted.sort == USUAL_SORT:
        leaf = _by_number(_Fitting(found), place, count, most)
    else:
        leaf = _by_page(found, place, count, most)
    if wanted.text:
        told = words.snippets(wanted.text, [row.pk for row in leaf.rows])
        for row in leaf.rows:
            row.snippet = told.get(row.pk)  # type: ignore[attr-defined]
    return leaf


class _AllOf:
    """Everything that a person may know of. `first` are the newest of it, already read."""

    def __init__(self, user: User, first: list[int]) -> None:
        self.user, self.first = user, first

    def before(self, number: int | None, limit: int) -> list[Incident]:
        if number is None:
            return _rows(self.first[:limit])
        return _rows(access.newest(self.user, limit=limit, before=number))

    def after(self, number: int, limit: int) -> list[Incident]:
        return _rows(access.next_newer(self.user, limit=limit, after=number))


class _Fitting:
    """What fits a wish, in the order of numbers."""

    def __init__(self, found: QuerySet[Incident]) -> None:
        self.found = found

    def before(self, number: int | None, limit: int) -> list[Incident]:
        below = self.found if number is None else self.found.filter(number__lt=number)
        return list(below[:limit])

    def after(self, number: int, limit: int) -> list[Incident]:
        above = self.found.filter(number__gt=number).order_by("number")
        return list(above[:limit])[::-1]


def _rows(keys: list[int]) -> list[Incident]:
    return list(search.for_lists(Incident.objects.filter(pk__in=keys)).order_by(USUAL_SORT))


def _by_number(found: _AllOf | _Fitting, place: Place, count: int, most: int) -> Leaf:
    newer = found.after(place.after, PER_PAGE + 1) if place.after is not None else []
    if len(newer) > PER_PAGE:
        shown, is_newer, is_older = newer[1:], True, True
    else:
        # Where no whole page is newer, the first page holds what is.
        rows = found.before(place.before, PER_PAGE + 1)
        shown, is_newer = rows[:PER_PAGE], place.before is not None
        is_older = len(rows) > PER_PAGE
    return Leaf(
        rows=shown,
        count=min(count, most),
        is_more=count > most,
        newer={"after": shown[0].number} if shown and is_newer else None,
        older={"before": shown[-1].number} if shown and is_older else None,
    )


def _by_page(found: QuerySet[Incident], place: Place, count: int, most: int) -> Leaf:
    pages = Paginator(found, PER_PAGE)
    pages.count = min(count, most)
    at = pages.get_page(place.page)
    return Leaf(
        rows=list(at.object_list),
        count=min(count, most),
        is_more=count > most,
        newer={"page": at.previous_page_number()} if at.has_previous() else None,
        older={"page": at.next_page_number()} if at.has_next() else None,
    )
