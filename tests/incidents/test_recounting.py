"""All figures anew in short parts, by the engine: what a full recount gives, whatever happens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit import clockwork
from audit.models import Due
from incidents import countings, exposures, lifecycle, measuring, recounting
from incidents.models import Drill, DrillScope, Figure, Incident, Measure, Spread, Status
from severity.ladder import Sev
from tests import make
from tests.incidents.test_forgotten import die

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_in_a_part(monkeypatch):
    monkeypatch.setattr(recounting, "PART", 2)


@pytest.fixture
def counted(engine):
    """Five incidents of two months and a drill, counted once and then got wrong."""
    incidents = [*(make.active(Sev(level)) for level in (1, 2, 3, 2)), make.incident()]
    before = timezone.now() - timedelta(days=40)
    Incident.objects.filter(pk=incidents[1].pk).update(reported_at=before)
    said = exposures.Said(what="Keys", people_known=9, since=before, until=timezone.now())
    exposures.add(incidents[2], said, actor=make.SYSTEM)
    _missed_drill()
    engine.work()
    get_wrong(incidents[3])
    return incidents


def _missed_drill():
    program, now = make.program(), timezone.now()
    Drill.objects.create(
        program=program,
        scope=DrillScope.COLLECTORS,
        planned_for=now,
        window_minutes=5,
        planned_by=program.owner,
        state=Drill.State.MISSED,
    )


def get_wrong(incident):
    """A thing that is not counted, a sum that follows from nothing, one that is another."""
    Measure.objects.filter(incident=incident).delete()
    Figure.objects.filter(incidents__gt=0).update(incidents=7)
    Spread.objects.update(n=3)
    Figure.objects.create(grain="day", since="2001-02-03", level=2, incidents=4)


def plan():
    clockwork.schedule(recounting.RECOUNT, key="figures:first", payload={}, priority=9)


def take_one():
    """Let the engine do the next part, and nothing else."""
    row = Due.objects.waiting().get(kind=recounting.RECOUNT)
    token = {each.pk: each.token for each in clockwork.claim(limit=999)}[row.pk]
    clockwork.run(row.pk, token)
    claimed = Due.objects.filter(state=Due.State.ENQUEUED)
    claimed.update(state=Due.State.SCHEDULED, token=None, lease_until=None)


def is_right():
    found = measuring.sums()
    measures = set(Measure.objects.values_list(*countings.COLUMNS))
    measuring.recount()
    assert found == measuring.sums()
    assert measures == set(Measure.objects.values_list(*countings.COLUMNS))
    return found


def test_the_parts_come_to_what_a_full_recount_comes_to(counted, engine):
    plan()
    engine.work()
    figures, _spreads = is_right()
    assert {row[1].year for row in figures} <= {timezone.now().year, timezone.now().year - 1}
    assert sum(row[4] for row in figures if row[0] == "month") == 5
    assert sum(row[-1] for row in figures if row[0] == "month") == 1


def test_a_part_is_of_few_and_each_is_planned_once(counted, engine, monkeypatch):
    parts, refigure = [], measuring.refigure

    def noted(**keys):
        parts.append(keys)
        refigure(**keys)

    monkeypatch.setattr(measuring, "refigure", noted)
    plan()
    engine.work()
    keys = [each.pk for each in counted]
    assert [part["incidents"] for part in parts if part.get("incidents")] == [
        keys[:2],
        keys[2:4],
        keys[4:],
    ]
    assert Due.objects.filter(kind=recounting.RECOUNT, state=Due.State.DONE).count() == 10
    assert not Due.objects.waiting().filter(kind=recounting.RECOUNT).exists()


def test_what_changes_between_two_parts_counts_once(counted, engine):
    plan()
    take_one()
    done, ahead = counted[0], counted[4]
    make.judged(done, Sev.SEV0)
    lifecycle.move(ahead, Status.DISMISSED, actor=make.officer(), reason="A test page.")
    take_one()
    make.incident(Sev.SEV2)
    engine.work()
    figures, _spreads = is_right()
    assert sum(row[4] for row in figures if row[0] == "month") == 5


def test_a_part_that_is_killed_is_done_again_and_changes_nothing_twice(
    counted, engine, monkeypatch
):
    plan()
    take_one()
    before, add = measuring.sums(), measuring._add

    def killed(changes):
        add(changes)
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "_add", killed)
    with pytest.raises(KeyboardInterrupt):
        take_one()
    monkeypatch.setattr(measuring, "_add", add)
    assert measuring.sums() == before
    ended = timezone.now() - timedelta(hours=1)
    Due.objects.filter(state=Due.State.ENQUEUED).update(lease_until=ended)
    engine.work()
    is_right()


def test_what_stands_behind_a_part_that_is_given_up_is_reckoned(counted, engine):
    for row in (counted[0], counted[4]):
        Measure.objects.filter(incident=row).delete()
    plan()
    die(recounting.RECOUNT)
    engine.work()
    assert not Measure.objects.filter(incident=counted[0]).exists()
    assert Measure.objects.filter(incident=counted[4]).exists()
    assert not Figure.objects.filter(since="2001-02-03").exists()


def test_another_recount_has_a_round_of_its_own(counted, engine):
    plan()
    engine.work()
    get_wrong(counted[3])
    payload = {"round": "second"}
    clockwork.schedule(recounting.RECOUNT, key="figures:second", payload=payload, priority=9)
    engine.work()
    is_right()
