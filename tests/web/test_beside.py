"""The incidents of a period side by side: those that the reader may know, and no others."""

from datetime import timedelta

import pytest

from accounts.functions import Function
from incidents import beside, smallgroups
from incidents.models import Incident, Measure
from tests.web.conftest import reader
from tests.web.test_leadership import PAGE, figures, reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def executive():
    return reader(Function.EXECUTIVE)


def drawn(executive, **scope):
    return beside.of(executive.person, figures(executive, **scope).scope)


def test_only_what_the_reader_may_know_is_drawn_and_named(executive):
    mine = reported(seen_by=executive.person, title="Zulu ledger")
    hidden = reported(title="Yankee ledger")
    found = drawn(executive)
    assert ([line.incident for line in found.lines], found.n) == ([mine], 1)
    page = executive.reads(PAGE)
    assert f"{mine.ref} Zulu ledger" in page
    assert "All that you may read." in page
    assert hidden.ref not in page
    assert "Yankee" not in page


def test_of_many_the_most_severe_are_drawn_in_the_order_of_their_reports(executive, monkeypatch):
    monkeypatch.setattr(beside, "MOST", 2)
    for at, level in enumerate((3, 1, 2)):
        incident = reported(seen_by=executive.person, days_ago=9 - at)
        Measure.objects.filter(incident=incident).update(level=level)
    found = drawn(executive)
    assert [line.level.value for line in found.lines] == [1, 2]
    assert "The 2 most severe of 3 that you may read." in executive.reads(PAGE)
    assert [line.level.value for line in drawn(executive, mildest=1).lines] == [1]


def test_each_is_exposed_then_known_then_contained_within_the_picture(executive):
    incident = reported(seen_by=executive.person, days_ago=45)
    days = {"detect": 10, "pause": 2, "contain": 30}
    lengths = {name: 86_400 * n for name, n in days.items()}
    Measure.objects.filter(incident=incident).update(**lengths)
    [line] = drawn(executive).lines
    assert beside.LEFT < line.begin_x < line.known_x < line.stop_x < line.end_x < beside.WIDTH
    assert line.unseen / line.known == pytest.approx(10 / 30, rel=0.05)
    assert not line.is_open
    assert "10 d 0 h 2 d 0 h 30 d 0 h" in executive.reads(PAGE)


def test_what_lies_beyond_the_period_is_cut_off_at_its_ends(executive):
    incident = reported(seen_by=executive.person, days_ago=89)
    Measure.objects.filter(incident=incident).update(detect=86_400 * 400)
    [line] = drawn(executive).lines
    assert (line.begin_x, line.end_x <= beside.WIDTH, line.is_open) == (beside.LEFT, True, True)
    assert "still open" in executive.reads(PAGE)
    ended = incident.reported_at - timedelta(days=80)
    Incident.objects.filter(pk=incident.pk).update(status="closed", closed_at=ended)
    assert not drawn(executive).lines[0].is_open


def test_of_very_many_none_is_drawn_and_the_page_says_why(executive, monkeypatch):
    monkeypatch.setattr(smallgroups, "MOST_ASKED", 1)
    for _ in range(2):
        reported(seen_by=executive.person)
    assert drawn(executive).n is None
    assert "Choose a shorter period, or a program" in executive.reads(PAGE)
