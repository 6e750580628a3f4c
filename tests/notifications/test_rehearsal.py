"""The dry run says what the engine would do: whom, when, by which ways."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.functions import Function
from notifications import rehearsal
from notifications.escalation import Ending, Step, Target, course
from notifications.hours import Hours
from notifications.models import Escalation, EscalationPolicy, Page
from severity.ladder import Sev
from tests import make
from tests.notifications.test_escalation import plans

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


def at(person):
    return Target("person", person=person.pk)


def told(found):
    return [[each.person.first_name for each in line.told if each.ways] for line in found.lines]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans, seed=st.integers(0, 2**16 - 1))
def test_a_course_ends_takes_every_step_it_should_and_never_goes_back(plan, seed):
    reaches = [bool(seed >> place & 1) for place in range(16)]
    begin = datetime(2026, 11, 1, 3, tzinfo=UTC)
    asked = iter(range(10_000))
    moments = list(course(plan, begin, lambda _targets, _at: reaches[next(asked) % 16]))
    *steps, last = moments
    assert [moment.taken for moment in steps] == list(range(len(steps)))
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    assert all(moment.ending is None for moment in steps)
    assert len(steps) == plan.length or last.ending is Ending.NOBODY
    assert last.targets == plan.fallback


@pytest.mark.django_db
def test_a_sunday_at_three_goes_by_who_is_on_call_then_and_what_is_quiet(db):
    day, night = (make.reachable(Function.RESPONDER, first_name=name) for name in ("Day", "Night"))
    sleeper = make.reachable(Function.COMMANDER, first_name="Sleeper")
    sleeper.contact_methods.update(quiet_from=time(22), quiet_until=time(7))
    rota = make.rota(day)
    sunday = _coming_sunday()
    make.layer(rota, night, rank=1)
    make.layer(rota, day, rank=9, hours=[make.turns.Hours(frozenset(range(7)), time(4), time(20))])
    steps = (
        Step(0 * MINUTE, (Target("rota", rota=rota.pk),)),
        Step(60 * MINUTE, (Target("rota", rota=rota.pk), at(sleeper))),
    )
    program = make.program()
    make.policy(at(day), name="Theirs", steps=steps, repeats=0, levels=(1, 2), program=program.pk)

    grave = rehearsal.rehearse(1, program, sunday)
    assert told(grave) == [["Night"], ["Day", "Sleeper"], []]
    assert [line.at for line in grave.lines[:2]] == [sunday, sunday + 60 * MINUTE]
    assert (grave.policy.name, grave.pages, grave.nobody) == ("Theirs", True, False)
    milder = rehearsal.rehearse(2, program, sunday)
    assert told(milder)[1] == ["Day"]
    assert milder.lines[1].told[1].held
    assert rehearsal.rehearse(1, None, sunday).policy is None


def _coming_sunday():
    now = timezone.now()
    day = now + timedelta(days=7 + 6 - now.weekday())
    return day.replace(hour=3, minute=0, second=0, microsecond=0)


@pytest.mark.django_db
def test_where_nobody_would_be_told_it_says_so_and_who_runs_andon_comes_last(db):
    assert rehearsal.rehearse(2, None, timezone.now()).nobody
    make.user(Function.OPERATOR, first_name="Omar")
    ann = make.reachable(first_name="Ann")
    hollow = Target("role", "commander")
    make.policy(at(ann), steps=(Step(0 * MINUTE, (hollow,)), Step(9 * MINUTE, (at(ann),))))
    ann.is_active = False
    ann.save()
    found = rehearsal.rehearse(2, None, timezone.now())
    assert told(found) == [[], [], ["Omar"]]
    assert [line.at for line in found.lines] == [found.at] * 3
    assert found.lines[-1].ending is Ending.NOBODY
    assert (found.lines[0].needs_roles, found.lines[1].reaches_nobody) == (True, True)


@pytest.mark.django_db
def test_the_engine_does_what_the_dry_run_said(db, engine):
    ann, ben = make.reachable(first_name="Ann"), make.reachable(first_name="Ben")
    make.reachable(Function.OPERATOR, first_name="Omar")
    empty = Target("function", "legal")
    steps = (
        Step(0 * MINUTE, (at(ann),)),
        Step(7 * MINUTE, (empty,)),
        Step(11 * MINUTE, (at(ben), at(ann))),
        Step(3 * MINUTE, (empty,)),
    )
    make.policy(at(ann), steps=steps, repeats=1, repeat_after=5 * MINUTE)
    make.incident(Sev.SEV2)
    began = timezone.now()
    said = rehearsal.rehearse(2, None, began)
    engine.work()
    waits, before = [], Page.objects.count()
    for minute in range(32):
        engine.forward(minutes=1)
        after = Page.objects.count()
        waits += [minute + 1] * (after - before)
        before = after
    wanted = [(line.at - began) // MINUTE for line in said.lines for each in line.told if each.ways]
    assert [0, *waits] == wanted
    assert Escalation.objects.get().state == Escalation.State.EXHAUSTED


@pytest.mark.django_db
def test_a_policy_that_keeps_hours_waits_for_them_and_a_long_one_is_cut(db):
    ann = make.reachable(first_name="Ann")
    hours = Hours("Europe/Berlin", (0, 1, 2, 3, 4), time(9), time(17))
    make.policy(at(ann), levels=(4,), hours=hours)
    [line, *_rest] = rehearsal.rehearse(4, None, _coming_sunday()).lines
    assert (line.at.astimezone(BERLIN).strftime("%a %H:%M"), line.told[0].person) == (
        "Mon 09:00",
        ann,
    )
    steps = tuple(Step((number and 1) * MINUTE, (at(ann),)) for number in range(5))
    make.policy(at(ann), steps=steps, repeats=20)
    long = rehearsal.rehearse(2, None, timezone.now())
    assert (len(long.lines), long.is_whole) == (rehearsal.MOST, False)


@pytest.mark.django_db
def test_nothing_is_written_by_a_dry_run(db, django_assert_max_num_queries):
    make.policy(at(make.reachable()))
    before = EscalationPolicy.history.count()
    with django_assert_max_num_queries(60) as asked:
        rehearsal.rehearse(2, None, timezone.now())
    assert not [each for each in asked if not each["sql"].startswith("SELECT")]
    assert EscalationPolicy.history.count() == before


@pytest.mark.django_db
def test_only_of_a_year_something_can_be_said(db):
    now = timezone.now()
    assert not rehearsal.why_not(now)
    assert "366 days ahead" in rehearsal.why_not(now + timedelta(days=4000))
