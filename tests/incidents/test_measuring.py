"""The sums that figures are read from: kept by the engine, equal to a full recount."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DataError, connection, transaction
from django.utils import timezone

from accounts.functions import Function
from incidents import drills, exposures, lifecycle, measuring, merging, reviews
from incidents.models import (
    DrillScope,
    Figure,
    Grain,
    Incident,
    Measure,
    Spread,
    Status,
)
from programs import stops
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def kept_equals_recounted():
    """The sums, when those that the engine kept are the same as those of a full recount."""
    kept = measuring.sums()
    measuring.recount()
    assert kept == measuring.sums()
    return kept


def ago(**amount):
    return timezone.now() - timedelta(**amount)


def exposed(incident, hours, people=None):
    until = ago(minutes=5)
    said = exposures.Said(
        what="Keys", people_known=people, since=until - timedelta(hours=hours), until=until
    )
    return exposures.add(incident, said, actor=make.SYSTEM)


def test_an_incident_counts_on_its_day_at_its_level_in_its_program(engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    day = Figure.objects.get(grain=Grain.DAY, incidents=1)
    assert (day.since, day.level, day.program) == (
        incident.reported_at.date(),
        Sev.SEV2,
        incident.program,
    )
    assert Figure.objects.get(grain=Grain.MONTH, incidents=1).since.day == 1
    kept_equals_recounted()


def test_what_changes_its_level_counts_at_the_new_one_alone(engine):
    incident = make.incident(Sev.SEV3)
    engine.work()
    make.judged(incident, Sev.SEV1)
    engine.work()
    kept = {row.level: row.incidents for row in Figure.objects.filter(grain=Grain.DAY)}
    assert kept == {Sev.SEV3: 0, Sev.SEV1: 1}
    kept_equals_recounted()


def test_lengths_are_counted_from_the_report(engine):
    began = timezone.now()
    incident = make.active(Sev.SEV3)
    with time_machine.travel(began + timedelta(hours=2), tick=True):
        lifecycle.acknowledge(incident, actor=make.officer())
        lifecycle.move(incident, Status.CONTAINED, actor=make.officer(), exception="Looked.")
    engine.work()
    found = Measure.objects.get(incident=incident)
    assert 7190 < found.acknowledge <= found.contain < 7260
    assert found.detect is None
    assert found.recover is None
    assert set(Spread.objects.values_list("what", flat=True)) == {"acknowledge", "contain"}
    kept_equals_recounted()


def test_people_hours_are_those_of_exposures_that_ended_and_whose_people_are_known(engine):
    incident = make.incident()
    exposed(incident, 2, people=50)
    exposed(incident, 3)
    engine.work()
    found = Measure.objects.get(incident=incident)
    assert (found.person_seconds, found.counted) == (2 * 3600 * 50, 1)
    # The earliest beginning that is known, three hours and five minutes before now.
    assert found.detect == pytest.approx(3 * 3600 + 300, abs=60)
    kept_equals_recounted()


def test_more_people_hours_than_a_column_holds_count_as_many_as_it_holds(engine):
    incident = make.incident()
    for _ in range(3):
        exposed(incident, 24 * 365 * 20, people=8_500_000_000)
    engine.work()
    assert Measure.objects.get(incident=incident).person_seconds == 2**63 - 1
    kept_equals_recounted()


def test_what_is_dismissed_counts_no_more(engine):
    incident = make.incident(Sev.SEV3)
    engine.work()
    lifecycle.move(incident, Status.DISMISSED, actor=make.officer(), reason="A test page.")
    engine.work()
    assert not Measure.objects.filter(incident=incident).exists()
    assert measuring.sums() == (set(), set())


def test_what_a_review_names_counts_once_it_is_published_and_while_it_stands(engine):
    incident = make.incident(Sev.SEV3)
    causes = make.reviewed(incident, "process", "too_wide").published.causes

    def counted():
        engine.work()
        kept = Measure.objects.get(incident=incident).causes
        measuring.recount()
        assert Measure.objects.get(incident=incident).causes == kept
        return kept

    assert counted() == causes == ["too_wide", "process"]
    reviews.ask_anew(incident, actor=make.SYSTEM, why="More happened.")
    measuring.refigure(incidents=[incident.pk])
    assert counted() is None


def test_what_is_merged_counts_in_the_other_and_its_stop_too(engine):
    program = make.program()
    one, other = (make.incident(Sev.SEV2, program=program) for _ in range(2))
    commander = make.user(Function.COMMANDER)
    merging.merge(other, one, reason="The same.", actor=make.actor(commander))
    engine.work()
    assert list(Measure.objects.values_list("incident", flat=True)) == [one.pk]
    kept_equals_recounted()


def test_a_drill_counts_as_passed_or_not_and_its_incident_as_none(engine):
    program = make.program()
    assert make.lease(make.collector(program, is_drill=True))
    drills.plan(program, DrillScope.COLLECTORS, actor=make.actor(program.owner))
    engine.work()
    engine.forward(hours=4)
    [found] = Measure.objects.all()
    assert (found.incident, found.incidents, found.passed, found.failed) == (None, 0, 0, 1)
    kept_equals_recounted()


def test_the_time_to_the_proof_of_its_stop_is_counted(engine):
    program = make.program()
    incident = make.incident(Sev.SEV1, program=program)
    for order in program.stop_orders.all():
        stops.close(order.pk)
    engine.forward(minutes=1)
    engine.work()
    assert program.stop_orders.get().proven_at
    assert Measure.objects.get(incident=incident).pause is not None
    kept_equals_recounted()


def test_twice_is_once(engine):
    incident = make.incident()
    engine.work()
    before = measuring.sums()
    measuring.refigure(incidents=[incident.pk])
    measuring.refigure_with_root(incident.pk)
    assert measuring.sums() == before


def test_a_length_of_the_database_falls_in_the_bucket_that_python_names(engine):
    reported = timezone.now()
    for minutes in (0, 1, 7, 90, 4_000, 500_000):
        incident = make.incident()
        Incident.objects.filter(pk=incident.pk).update(
            reported_at=reported, acknowledged_at=reported + timedelta(minutes=minutes)
        )
        measuring.refigure(incidents=[incident.pk])
    assert len(kept_equals_recounted()[1]) == 6 * 2


def test_the_command_says_whether_the_figures_were_right(engine):
    make.incident()
    with pytest.raises(CommandError, match="stay as they are"):
        call_command("recount_figures", "--check", stdout=StringIO())
    assert not Measure.objects.exists()
    said = StringIO()
    call_command("recount_figures", stdout=said)
    assert "1 incidents and drills counted; " in said.getvalue()
    engine.work()
    call_command("recount_figures", "--check", stdout=said)
    assert "as the engine had them" in said.getvalue()


def test_one_incident_reads_no_others_whatever_plan_a_session_keeps(engine, monkeypatch):
    incident = make.incident(Sev.SEV2)
    exposed(incident, hours=3, people=10)
    engine.work()
    # As after some of the kind: it is planned for whatever keys there may be, and kept.
    monkeypatch.setattr(connection.connection, "prepare_threshold", 0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        # Tables here are so small that reading them whole would be no fault.
        cursor.execute("SET LOCAL enable_seqscan = off")
        before = read_whole(cursor)
        measuring.refigure(incidents=[incident.pk])
        assert read_whole(cursor) == before


def read_whole(cursor):
    tables = ["incidents_incident", "incidents_exposure", "incidents_obligation"]
    cursor.execute(
        "SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)", [tables]
    )
    return cursor.fetchone()


def test_nothing_half_counted_is_left_when_it_fails(engine, monkeypatch):
    incident = make.incident()
    engine.work()
    before = measuring.sums()
    monkeypatch.setattr(measuring, "_ADD_FIGURES", measuring._ADD_FIGURES + " RETURNING 1/0")
    make.judged(incident, Sev.SEV1)
    with pytest.raises(DataError, match="division"), transaction.atomic():
        measuring.refigure(incidents=[incident.pk])
    assert measuring.sums() == before
