"""What was lost, late or given up is found, told once, and shown until it is over."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from audit import clockwork, overdue, reconciling, reviving
from audit.models import Due, EngineBeat, Entry, Finding, Mark, OutboxEvent
from audit.outbox import on, publish
from audit.watching import Watch
from tests import make

pytestmark = pytest.mark.django_db
LONG_AGO = Now() - timedelta(minutes=2)


@pytest.fixture
def told(monkeypatch):
    """What operators are told; the checks of other apps are out of the way."""
    letters = []
    ours = {name: reconciling._checks[name] for name in ("late", "given up", "spent", "unsent")}
    monkeypatch.setattr(reconciling, "_checks", ours)
    monkeypatch.setattr(reconciling, "_alarms", [lambda found: letters.append(list(found))])
    return letters


def found():
    return list(Finding.objects.filter(over_at=None).values_list("check_name", "key", "count"))


def test_late_work_is_found_by_its_kind_told_once_and_over_when_it_is_done(due, told, engine):
    for _ in range(3):
        due(due_at=LONG_AGO)
    due(after=timedelta(hours=1))
    assert reconciling.look()
    assert reconciling.look()
    assert found() == [("late", "test.nothing", 3)]
    assert [[one.key for one in letter] for letter in told] == [["test.nothing"]]
    engine.work()
    reconciling.look()
    assert found() == []
    assert Finding.objects.get().over_at


def test_work_that_is_given_up_is_told_and_may_be_tried_again(due, registry, told, engine):
    tried = []
    clockwork.within_transaction("test.bad", attempts=1)(lambda _p: tried.append(1 / len(tried)))
    row = due("test.bad")
    engine.work()
    reconciling.look()
    assert (found(), len(told)) == ([("given up", str(row.pk), 1)], 1)
    tried.append(1)
    reviving.try_again(row.pk, actor=make.SYSTEM)
    engine.work()
    reconciling.look()
    row.refresh_from_db()
    assert (row.state, found()) == (Due.State.DONE, [])
    entry = json.loads(Entry.objects.get(action="due.tried_again").body)
    assert entry["facts"] == {"kind": "test.bad", "error": "ZeroDivisionError"}


def test_what_is_not_given_up_is_not_tried_again(due):
    with pytest.raises(reviving.Refused, match="not given up"):
        reviving.try_again(due().pk, actor=make.SYSTEM)


def test_work_that_kills_whoever_begins_it_is_given_up_here(due, registry, told):
    clockwork.within_transaction("test.bad", attempts=3)(lambda _payload: None)
    row = due("test.bad")
    clockwork.claim()
    Due.objects.update(attempts=3, lease_until=LONG_AGO)
    reconciling.look()
    row.refresh_from_db()
    assert (row.state, row.last_error) == (Due.State.DEAD, "Poisoned")
    assert {name for name, *_ in found()} >= {"spent"}


def test_an_event_without_the_work_of_a_subscriber_gets_it(registry, told):
    reconciling.look()
    on("test.happened", name="test.hears")(lambda _event: None)
    event = publish("test.happened", n=1)
    Due.objects.all().delete()
    connection.cursor().execute("SET LOCAL session_replication_role = replica")
    OutboxEvent.objects.update(created_at=LONG_AGO)
    reconciling.look()
    assert Due.objects.get().key == f"event:{event.pk}:test.hears"
    assert Mark.objects.get().reached == event.pk
    assert (Finding.objects.get().mended, told) == (True, [])


def test_a_check_that_fails_neither_stops_the_others_nor_counts_as_done(due, told, monkeypatch):
    beat = EngineBeat.objects.create(name="one:1", started_at=LONG_AGO, ticked_at=Now())
    due(due_at=LONG_AGO)
    broken = {"broken": lambda: 1 / 0, **reconciling._checks}
    with monkeypatch.context() as patch:
        patch.setattr(reconciling, "_checks", broken)
        assert not reconciling.look(engine="one:1")
    beat.refresh_from_db()
    assert (beat.checked_at, len(found())) == (None, 1)
    assert reconciling.look(engine="one:1")
    beat.refresh_from_db()
    assert beat.checked_at


def test_an_alarm_that_is_not_told_is_told_at_the_next_look(due, told, monkeypatch):
    due(due_at=LONG_AGO)
    with monkeypatch.context() as patch:
        patch.setattr(reconciling, "_alarms", [lambda _found: 1 / 0])
        reconciling.look()
    assert Finding.objects.get().told_at is None
    reconciling.look()
    assert len(told) == 1


@pytest.mark.parametrize(("late", "signs"), [(0, 1), (2, 0)])
def test_a_sign_of_life_goes_out_each_minute_only_while_all_is_well(
    due, told, monkeypatch, late, signs
):
    signed = []
    monkeypatch.setattr("audit.watching._pulses", [lambda: signed.append(1)])
    EngineBeat.objects.create(name="one:1", started_at=Now(), ticked_at=Now())
    due(due_at=Now() - timedelta(minutes=late))
    watch = Watch("one:1")
    watch.turn()
    watch.turn()
    assert len(signed) == signs


def test_an_engine_that_ticks_and_never_looks_is_not_well():
    now = clockwork.now()
    EngineBeat.objects.create(
        name="one:1", started_at=now - overdue.UNCHECKED_AFTER * 2, ticked_at=now
    )
    seen = overdue.look(now=now)
    assert (seen.silent, seen.unchecked, seen.well) == (False, True, False)


def test_what_is_late_is_found_at_once_among_a_hundred_thousand_that_wait(due):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_due (kind, key, payload, priority, due_at, state, attempts,"
            " hand_overs, last_error, created_at) SELECT 'k', 'key-' || n, '{}', n % 6,"
            " now() + n * interval '1 minute', 'scheduled', 0, 0, '', now()"
            " FROM generate_series(1, 100000) n"
        )
        due(due_at=LONG_AGO)
        cursor.execute("ANALYZE audit_due")
        late = Due.objects.filter(overdue.behind(LONG_AGO + timedelta(minutes=1)))
        said = json.loads(late.explain(format="json", analyze=True, buffers=True))
    plan = said[0]["Plan"]
    assert plan["Actual Rows"] == 1
    # A look at all of them reads more than a thousand; what other tests left behind, hundreds.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 900
