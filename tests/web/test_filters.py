"""Whatever narrows a page stands in its address, and what the page does not know is named there."""

import dis
import inspect
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.urls import get_resolver

from accounts.functions import Function
from incidents import grants
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db
APPS = ("accounts", "audit", "programs", "incidents", "notifications", "config")
EVERYTHING = (
    Function.COMMANDER,
    Function.PRIVACY_OFFICER,
    Function.EXECUTIVE,
    Function.AUDITOR,
    Function.OPERATOR,
)


class Row(NamedTuple):
    """A page that is narrowed by its address.

    `odd` is a filter with a value that it does not take, and `said` what is then said of it.
    """

    path: str
    odd: str
    said: str
    status: int = 200


LEVELS = "none of 0, 1, 2, 3, 4, 5."
DAY = "Day: Enter a valid date, such as 2026-11-30."
ONE, SLUG = "/incidents/{ref}/", "/programs/{slug}/"
HISTORY = ("kind=dreams", "What was changed: “dreams” is none of")
# By the name of the address. What hands out a file instead of a page refuses with 422.
FILTERS = {
    "incidents:list": Row("/incidents/", "sev=9x", f"Severity: “9x” is {LEVELS}"),
    "incidents:export": Row("/incidents/export/", "sev=9x", f"“9x” is {LEVELS}", 422),
    "incidents:save-view": Row("/incidents/views/", "mine=no", "Mine: “no” is no tick", 422),
    "incidents:register": Row("/register/", "told=perhaps", "“perhaps” is none of yes, no"),
    "incidents:export-register": Row("/register/export/", "sev=9x", f"“9x” is {LEVELS}", 422),
    "incidents:record": Row("/audit/", "day=never", DAY),
    "incidents:items": Row("/action-items/", "state=lost", "State: “lost” is none of"),
    "incidents:obligations": Row("/obligations/", "which=mine", "Show: “mine” is none of owed"),
    "incidents:firings": Row("/thresholds/firings/", "state=odd", "“odd” is none of", 422),
    "incidents:calibration": Row("/calibration/", "months=99", "“99” is none of 3, 6, 12, 24."),
    "incidents:leadership": Row("/leadership/", "worst=9", "“9” is none of 1, 2, 3, 4.", 422),
    "incidents:figures-csv": Row("/leadership/csv/", "program=none", "“none” is none of", 422),
    "incidents:figures-json": Row("/leadership/json/", "preset=decade", "is none of 30, 90", 422),
    "incidents:behind": Row("/leadership/behind/pause/", "level=9", f"“9” is {LEVELS}", 422),
    "incidents:find": Row("/find/", "q=%00", "Null characters are not allowed"),
    "incidents:detail": Row(ONE, "kind=dreams", "Kind: “dreams” is none of"),
    "incidents:timeline": Row(f"{ONE}timeline/", "kind=dreams", "Kind: “dreams” is none of"),
    "incidents:history": Row(f"{ONE}history/", *HISTORY),
    "incidents:history-csv": Row(f"{ONE}history/csv/", *HISTORY, 422),
    "incidents:history-json": Row(f"{ONE}history/json/", *HISTORY, 422),
    "incidents:veris": Row(f"{ONE}veris/", "texts=0", "“0” is no tick: write on", 422),
    "incidents:brief": Row(f"{ONE}brief/", "redaction=none", "“none” is none of", 422),
    "incidents:compare": Row(f"{ONE}brief/compare/", "redaction=none", "“none” is none of", 422),
    "incidents:merge": Row(f"{ONE}merge/", "into=this", "Which incident is it the same as?:", 422),
    "incident-deliveries": Row(f"{ONE}deliveries/", "state=odd", "State: “odd” is none of"),
    "deliveries": Row("/deliveries/", "method=pigeon", "How: “pigeon” is none of"),
    "stop-deliveries": Row(f"{SLUG}stops/2/deliveries/", "day=never", DAY),
    "people": Row("/people/", "function=king", "Function: “king” is none of"),
    "dry-run": Row("/policies/dry-run/", "level=9", f"“9” is {LEVELS}", 422),
    "record": Row("/record/", "stream=%00", "Begins with: Null characters"),
    "programs:detail": Row(SLUG, "controls=all", "Controls: “all” is none of blocking."),
    "programs:stop": Row(f"{SLUG}stops/2/", "state=odd", "State: “odd” is none of"),
    "programs:add-source": Row(f"{SLUG}data/lake/sources/new/", "kind=disk", "“disk” is none of"),
}
# What stands there is filled in, for the reader to see and change, or is how a board shows itself.
# A live part is narrowed as the page is that asks for it, which has said what it does not know.
NARROWED_BY_NOTHING = {
    "incidents:report",
    "incidents:ask",
    "incidents:drafts",
    "incidents:source",
    "incidents:wall",
    "incidents:live",
}


@pytest.fixture
def places():
    """What stands in the addresses, and whoever may open all of them."""
    everybody = make.user(*EVERYTHING)
    program = make.program(owner=everybody)
    make.dataset(program, slug="lake")
    incident = make.incident(Sev.SEV3, program=program)
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    grants.admit(incident, level="close", person=everybody, reason="All.", actor=make.SYSTEM)
    return Reader(everybody).signs_in(), {"ref": incident.ref, "slug": program.slug}


def asked(places, name, query):
    """The answer of a page, and what it says without tags."""
    reader, parts = places
    path = f"{FILTERS[name].path.format(**parts)}?{query}"
    sends = _methods(_views()[name]) == {"POST"}
    answer = reader.post(path, form="csv") if sends else reader.get(path)
    return answer.status_code, words(answer)


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_there_is_not_is_named(places, name):
    status, page = asked(places, name, "zebra=1")
    assert "There is no filter “zebra”: nothing is narrowed by it. Known are " in page
    assert status == FILTERS[name].status


@pytest.mark.parametrize("name", FILTERS)
def test_a_value_that_is_not_allowed_is_named_with_what_is(places, name):
    status, page = asked(places, name, FILTERS[name].odd)
    assert FILTERS[name].said in page
    assert status == FILTERS[name].status


@pytest.mark.parametrize("path", ["drills/?level=1", "drills/?bar=1", "incidents/?bar=1"])
def test_a_part_that_a_figure_does_not_have_is_no_filter_of_it(places, path):
    answer = places[0].get(f"/leadership/behind/{path}")
    assert answer.status_code == 422
    assert "There is no filter" in words(answer)


def test_every_page_that_reads_its_address_stands_in_the_table():
    views = _views()
    reading = {name for name, view in views.items() if _is_narrowed(view)}
    assert reading == FILTERS.keys() | NARROWED_BY_NOTHING


def _views() -> dict[str, Any]:
    return dict(_walk(get_resolver().url_patterns))


def _walk(patterns: Any, space: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        if hasattr(each, "url_patterns"):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _walk(each.url_patterns, inner)
        elif each.name:
            yield space + each.name, each.callback


def _is_narrowed(view: Any) -> bool:
    function = inspect.unwrap(view)
    if not _is_ours(function):
        return False
    # What is only sent may lead back to a page that is narrowed; its own address is not.
    return _reads(function, set(), deep="GET" in _methods(view))


def _methods(view: Any) -> set[str]:
    while view is not None:
        cells = zip(view.__code__.co_freevars, view.__closure__ or (), strict=True)
        for name, cell in cells:
            if name == "request_method_list":
                return set(cell.cell_contents)
        view = getattr(view, "__wrapped__", None)
    return {"GET"}


def _is_ours(each: Any) -> bool:
    return isinstance(each, types.FunctionType) and each.__module__.partition(".")[0] in APPS


def _reads(function: Any, seen: set[Any], *, deep: bool) -> bool:
    """True if a function, or what it calls by name, looks at `request.GET` for more than a page."""
    if function in seen:
        return False
    seen.add(function)
    for code in _codes(function.__code__):
        steps = list(dis.get_instructions(code))
        if _asks(steps):
            return True
        called = _called(steps, function.__globals__) if deep else ()
        if any(_reads(inspect.unwrap(each), seen, deep=True) for each in called if _is_ours(each)):
            return True
    return False


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)


def _asks(steps: list[dis.Instruction]) -> bool:
    """GET is read, and not only by `.get("page")`."""
    for at, step in enumerate(steps):
        if step.argval == "GET" and step.opname.startswith("LOAD_ATTR"):
            after = [each.argval for each in steps[at + 1 : at + 3]]
            if after != ["get", "page"]:
                return True
    return False


def _called(steps: list[dis.Instruction], known: dict[str, Any]) -> Iterator[Any]:
    """What is named, also as a part of a module (`panels.kinds_of`) or in a table (`LIVE`)."""
    for at, step in enumerate(steps):
        if step.opname == "LOAD_GLOBAL" and (found := known.get(step.argval)) is not None:
            if isinstance(found, types.ModuleType) and at + 1 < len(steps):
                found = getattr(found, str(steps[at + 1].argval), None)
            yield from found.values() if isinstance(found, dict) else [found]
