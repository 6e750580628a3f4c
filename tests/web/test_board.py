"""The status board: the figures are of what the reader may know, and empty places say so."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.functions import Function
from audit.models import EngineBeat
from config import board
from incidents import lifecycle
from notifications import policies
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def commander():
    return reader(Function.COMMANDER)


def test_an_empty_board_is_calm_and_says_what_would_be_here(reporter):
    page = reporter.reads("/")
    assert "Open SEV 0 and 1 0 none" in page
    assert "Nobody has answered 0 every page is acknowledged" in page
    assert "Nothing is open that you may see." in page
    assert "Collection is paused" not in page


def test_only_incidents_that_one_may_see_are_counted(reporter):
    make.incident(Sev.SEV1)
    assert "0 open incidents" in reporter.reads("/")
    assert "Open SEV 0 and 1 0 none" in reporter.reads("/")


def test_the_most_severe_stands_first(commander):
    mild, severe = make.incident(Sev.SEV3), make.incident(Sev.SEV1)
    page = commander.reads("/")
    assert "Open SEV 0 and 1 1 oldest" in page
    assert page.index(severe.title) < page.index(mild.title)


def test_an_unanswered_page_counts_until_somebody_answers(engine):
    policies.ensure_general_policies(actor=make.SYSTEM)
    commander = reader(Function.COMMANDER)
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert "Nobody has answered 1 paging for" in commander.reads("/")
    commander.post(f"/incidents/{incident.ref}/acknowledge/")
    assert "Nobody has answered 0" in commander.reads("/")


def test_a_late_update_is_marked(commander):
    incident = make.incident()
    late = timezone.now() - timedelta(minutes=5)
    lifecycle.plan_update(incident, next_update_at=late, actor=make.SYSTEM)
    assert "Late:" in commander.reads("/")


def test_paused_programs_are_counted_with_their_collectors(commander):
    program = make.program()
    make.program()
    make.lease(make.collector(program))
    pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner))
    page = commander.reads("/")
    assert "Programs paused 1 of 2 0 of 1 collectors stopped" in page
    assert "Collection is paused on 1 of 2 programs." in page


def test_a_paused_draft_or_drill_raises_no_banner(reporter):
    drill = make.program(is_drill=True)
    pauses.pull_the_cord(drill, reason="", actor=make.actor(drill.owner))
    assert "Collection is paused" not in reporter.reads("/")


def beat(age):
    now = timezone.now()
    EngineBeat.objects.create(name="one", started_at=now, ticked_at=now - timedelta(seconds=age))


@pytest.mark.parametrize(("age", "silent"), [(1, False), (14, False), (16, True), (3600, True)])
def test_a_silent_engine_is_told_on_every_page(reporter, age, silent):
    beat(age)
    for path in ("/", "/report/", "/profile/"):
        assert ("The engine is silent." in reporter.reads(path)) == silent


def test_an_engine_never_seen_is_silent_too(reporter):
    assert "It has never been seen." in reporter.reads("/")


def test_more_of_everything_costs_no_more_queries(commander):
    def count():
        with CaptureQueriesContext(connection) as queries:
            commander.get("/")
        return len(queries)

    make.incident(Sev.SEV2)
    few = count()
    for _ in range(8):
        make.incident(Sev.SEV2)
    assert count() == few


def test_what_is_not_shown_is_counted_with_its_worst_and_not_read(commander, monkeypatch):
    monkeypatch.setattr(board, "MOST_SHOWN", 2)
    program = make.program()
    for _ in range(5):
        make.incident(Sev.SEV1, program=program)
    page = commander.reads("/")
    assert "Open SEV 0 and 1 5 oldest" in page
    assert "5 open incidents" in page
    assert "and 3 more" in page
    assert page.count("INC-") == 2


def test_whoever_was_let_in_sees_that_incident_alone():
    seen, hidden = make.incident(Sev.SEV2), make.incident(Sev.SEV2)
    page = let_in(seen).reads("/")
    assert "1 open incident" in page
    assert hidden.title not in page
