"""Every number of leadership's figures leads to a list, and that list comes to the same number."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import behind, leading, measuring
from incidents.behind import SUMMED
from incidents.models import LENGTHS, Drill, DrillScope, Measure
from tests import make
from tests.web.conftest import reader, words
from tests.web.numbers import unlinked
from tests.web.test_leadership import PAGE, figures, reported

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'<a[^>]*href="/leadership/behind/(\w+)/\?([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_VALUE = re.compile(r'tile__value">(.*?)</span>', re.DOTALL)
_OF = re.compile(r"\bof ([\d,]+) (?:incident|that)")
# Numbers of the page that lead nowhere, and why.
_BARE = {
    "time": "a day, as the period and the rows of the table have it",
    "th": "what a row or a column is of",
    ".sev": "the badge of a level; its number stands beside it",
    "svg": "the scale of a picture; its table says the same with links",
    ".trend": "by how much what stands before it differs, which leads to both",
    "#Exposed before": "of one incident, which leads to it at the head of the row",
    "#Stop proven after": "as above",
    "#Contained after": "as above",
    "=0": "none: nothing stands behind it",
    "option": "what may be asked for",
    "#how": "how the figures are made",
}
_SAID = re.compile(
    r"([\d,]+) (?:incidents?|drills?)(?: that you may read)?(?:, together ([\d,]+))?"
)


@pytest.fixture
def executive():
    return reader(Function.EXECUTIVE)


@pytest.fixture
def past(executive):
    """Two periods of incidents, all of which the executive may read, and drills."""
    person, program = executive.person, make.program(participants=50)
    ours = [
        reported(seen_by=person, days_ago=1 + 9 * at, program=program if at else None)
        for at in range(10)
    ]
    older = [reported(seen_by=person, days_ago=100 + at) for at in range(3)]
    for incident in (*ours[1:4], older[0]):
        make.reviewed(incident, "too_wide", *(["process"] if incident is ours[1] else []))
        measuring.refigure(incidents=[incident.pk])
    for at, incident in enumerate((*ours, *older)):
        _measured(incident, at)
    states = (Drill.State.PASSED, Drill.State.PASSED, Drill.State.FAILED, Drill.State.MISSED)
    drills = [_drill(program, state, at) for at, state in enumerate((*states, states[0]))]
    measuring.refigure(drills=drills)
    for month in {row.day.replace(day=1) for row in Measure.objects.all()}:
        measuring.sum_up(month)
    return program


def _measured(incident, at):
    """Numbers of all sizes; of some nothing is known, and of one that nobody was exposed."""
    lengths = {name: 7 * at + number if at % 3 else None for number, name in enumerate(LENGTHS)}
    seconds = 3600 * 40 * at if at % 2 else 0
    said = {"counted": int(at % 2 or at == 2), "person_seconds": seconds}
    duties = {"met": at % 3, "missed": at % 2, "level": at % 6}
    Measure.objects.filter(incident=incident).update(**lengths, **said, **duties)


def _drill(program, state, at):
    now = timezone.now() - timedelta(days=1 if at < 4 else 95)
    terms = {"planned_for": now, "window_minutes": 5, "planned_by": program.owner, "ended_at": now}
    return Drill.objects.create(
        program=program, scope=DrillScope.COLLECTORS, state=state, **terms
    ).pk


def links(page):
    """(what, query, the number as it is told) of each link to a list."""
    for what, query, inside in _LINK.findall(page):
        shown = _VALUE.search(inside)
        text = re.sub(r"<[^>]*>", " ", shown[1] if shown else inside)
        yield what, unescape(query), " ".join(text.split())


def numbers(text):
    return [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", text)]


def listed(executive, what, query):
    """How many rows stand in a list, how many it says, and what they come to."""
    answer = executive.get(f"/leadership/behind/{what}/?{query}")
    assert answer.status_code == 200
    body = answer.content.decode().partition("<tbody")[2]
    n, total = _SAID.search(words(answer).partition("Back to the figures")[2]).groups()
    return body.count("<tr"), *numbers(n), *numbers(total or "")


def check(executive, what, query, text):
    rows, n, *total = listed(executive, what, query)
    assert rows == n, "all of it is on the page"
    said = numbers(text)
    if many := _OF.search(text):
        assert numbers(many[1]) == [n]
    elif what in SUMMED:
        assert said[0] == total[0]
    elif what == "drills":
        page = executive.reads(f"/leadership/behind/drills/?{query}")
        assert f"{said[0]} passed" in page
        assert len(said) == 1 or said[1] == n
    elif what not in LENGTHS or "bar=" in query:
        assert said[0] == n
    return n


@pytest.mark.parametrize(
    "query", ["", "preset=30", "preset=90&since=&until=&program=&worst=1", "worst=3", "PROGRAM"]
)
def test_every_number_leads_to_a_list_that_comes_to_it(executive, past, query):
    query = query.replace("PROGRAM", f"program={past.slug}")
    page = executive.get(f"{PAGE}?{query}").content.decode()
    found = list(links(page))
    for what, asked, text in found:
        if text not in ("–", "few"):
            check(executive, what, asked, text)
    led = {what for what, _query, _text in found}
    assert led == {*behind.BEHIND, "drills"} - ({"missed", "reviewed"} - led)
    assert len(found) >= 20


def test_no_number_of_the_page_leads_nowhere_but_those_that_cannot(executive, past):
    assert unlinked(executive.get(PAGE), _BARE) == []


def test_lengths_are_of_as_many_as_are_listed_and_their_middle_is_told(executive, past):
    found = figures(executive)
    for name in LENGTHS:
        part = behind.of(executive.person, found.scope, name, behind.Part())
        values = sorted(line.value for line in part.lines)
        told = found.lengths[name]
        assert (told.of, told.now) == (len(values), values[(len(values) - 1) // 2])


def test_what_nobody_knows_the_program_of_stands_behind_its_number(executive, past):
    [line] = [each for each in figures(executive).programs if not each.slug]
    rows, n = listed(executive, "incidents", "homeless=1")
    assert rows == n == line.incidents == 1
    assert "no program is known" in executive.reads("/leadership/behind/incidents/?homeless=1")


def test_of_how_many_the_people_hours_are_known_as_many_are_listed(executive, past):
    found = figures(executive)
    assert listed(executive, "exposed", "")[1:] == (found.person_hours.of, found.person_hours.now)
    # One of them exposed nobody, and is one of which that is known.
    page = executive.get("/leadership/behind/exposed/").content.decode()
    assert re.search(r">\s*0\s*</td>", page)


def test_a_long_list_says_how_many_there_are_and_is_turned_page_by_page(
    executive, past, monkeypatch
):
    monkeypatch.setattr(behind, "PAGE", 4)
    seen = []
    for page in (1, 2, 3):
        path = f"/leadership/behind/incidents/?page={page}"
        assert "10 incidents that you may read" in executive.reads(path)
        assert f"Page {page} of 3" in executive.reads(path)
        body = executive.get(path).content.decode().partition("<tbody")[2]
        seen += re.findall(r">(INC-\d+) ", body)
    assert len(seen) == len(set(seen)) == 10
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert executive.get(f"/leadership/behind/incidents/?page={odd}").status_code == 200


def test_a_list_leads_back_to_the_figures_it_came_from(executive, past):
    page = executive.get(f"{PAGE}?preset=30&program={past.slug}").content.decode()
    [week, *_] = [query for _what, query, _text in links(page) if query.count("since=") == 2]
    answer = executive.get(f"/leadership/behind/incidents/?{week}").content.decode()
    back = unescape(re.search(r'href="/leadership/\?([^"]*)"', answer)[1])
    assert back == f"preset=30&since=&until=&program={past.slug}&worst="


def test_only_those_at_the_level_that_was_asked_for_are_severe(executive, past):
    page = executive.get(f"{PAGE}?worst=1").content.decode()
    told = leading.of(executive.person, figures(executive, mildest=1).scope).severe.now
    severe = [query for what, query, _text in links(page) if query.endswith("&worst=1")]
    assert listed(executive, "incidents", severe[0])[1] == told


def test_a_list_says_what_its_figure_was_narrowed_down_to(executive, past):
    path = f"/leadership/behind/incidents/?program={past.slug}&worst=2"
    assert f"Only those of {past.name}. Only SEV 2 and worse." in executive.reads(path)
    assert "Only those" not in executive.reads("/leadership/behind/incidents/")
