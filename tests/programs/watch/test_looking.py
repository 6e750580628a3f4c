"""What follows from a look: a drift, its fix, the checks after it; and what is never clean."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from audit import reconciling
from audit.models import Due, Entry, OutboxEvent
from programs.models import Drift, Snapshot, State, WatchSource
from programs.watch import declaring, looking, watching
from programs.watch.connectors import postgres
from programs.watch.connectors.taking import Canary, Tried, Unreachable
from programs.watch.drifting import CHECKS
from tests import make
from tests.programs.watch.world import PUBLIC, taken

CLEAN = taken(["team", "ana"], {"team": ["ben"]})
WIDE = taken(["team", "zoe"], {"team": ["ben"]})
OPEN = taken([PUBLIC])


@pytest.fixture
def store(monkeypatch):
    """The outside world: what the connector will take next, or the error that it meets."""
    answers = {"next": CLEAN}

    def take(_place, _password):
        if isinstance(answers["next"], Exception):
            raise answers["next"]
        return answers["next"]

    monkeypatch.setattr(postgres, "take", take)
    return answers


def found(source, engine, store, answer):
    store["next"] = answer
    watching.look_soon(source, why="test")
    engine.work()
    return source.snapshots.first()


def news():
    events = OutboxEvent.objects.filter(topic__startswith="program.audience_e").order_by("pk")
    return [event.payload["news"] for event in events]


def test_a_new_source_is_looked_at_at_once_and_again_after_its_time(source, engine, store):
    engine.work()
    assert source.snapshots.count() == 1
    assert source.snapshots.get().is_clean
    engine.forward(minutes=61)
    assert source.snapshots.count() == 2
    assert Due.objects.waiting().filter(kind=watching.LOOK).count() == 1


def test_looks_that_find_the_same_are_kept_and_recorded_once(source, engine, store):
    engine.work()
    engine.forward(minutes=61)
    assert Entry.objects.filter(action="watch.looked").count() == 1
    assert not source.drifts.exists()


def test_who_was_not_declared_opens_one_drift_however_often_it_is_seen(source, engine, store):
    row = found(source, engine, store, WIDE)
    assert (row.excess, row.shown[0]["path"]) == (1, ["SELECT on study.keys", "zoe"])
    found(source, engine, store, WIDE)
    assert source.drifts.get().state == Drift.State.OPEN
    assert news() == ["new"]


def test_what_grows_worse_or_changes_is_news(source, engine, store):
    found(source, engine, store, WIDE)
    found(source, engine, store, taken(["team", "zoe", "yan"], {"team": []}))
    found(source, engine, store, OPEN)
    assert news() == ["new", "changed", "worse"]


def test_a_fix_is_verified_only_after_all_three_checks(source, engine, store):
    found(source, engine, store, WIDE)
    found(source, engine, store, CLEAN)
    drift = source.drifts.get()
    assert drift.state == Drift.State.FIXED
    for number, after in enumerate(CHECKS, start=1):
        engine.forward(seconds=after.total_seconds() - 3000 if number > 1 else 3601)
        drift.refresh_from_db()
        assert drift.checks == number
    assert drift.state == Drift.State.VERIFIED
    checked = OutboxEvent.objects.filter(topic="program.audience_checked")
    assert [event.payload["news"] for event in checked.order_by("pk")] == ["1", "2", "3"]


def test_what_comes_back_after_a_fix_is_the_same_drift_again(source, engine, store):
    for answer in (WIDE, CLEAN, WIDE):
        found(source, engine, store, answer)
    drift = source.drifts.get()
    assert (drift.state, drift.returns, drift.fixed_at) == (Drift.State.OPEN, 1, None)
    assert news() == ["new", "returned"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (taken(["ana"], gaps=["Something."]), Snapshot.State.PARTIAL),
        (Unreachable("The store is away."), Snapshot.State.FAILED),
    ],
    ids=["partly", "away"],
)
def test_what_was_not_seen_closes_nothing_and_is_never_clean(source, engine, store, answer, state):
    found(source, engine, store, WIDE)
    row = found(source, engine, store, answer)
    assert (row.state, row.is_clean) == (state, False)
    assert row.gaps
    assert source.drifts.get().state == Drift.State.OPEN


def test_a_check_that_saw_nothing_is_made_again(source, engine, store):
    found(source, engine, store, WIDE)
    found(source, engine, store, CLEAN)
    store["next"] = Unreachable("The store is away.")
    engine.forward(seconds=3601)
    drift = source.drifts.get()
    assert (drift.state, drift.checks) == (Drift.State.FIXED, 0)
    store["next"] = CLEAN
    engine.forward(seconds=1801)
    drift.refresh_from_db()
    assert drift.checks == 1


def point(source, **changed):
    """As its owner: put a source on another place, or another outsider."""
    terms = {"outsider": source.outsider, "password": "again"} | changed
    place = source.place | terms.pop("place", {})
    terms = watching.Terms("Warehouse", source.kind, place, **terms)
    watching.change(source, terms, actor=make.actor(source.added_by))
    source.refresh_from_db()


@pytest.mark.parametrize(
    "changed",
    [{"place": {"tables": ["study.none"]}}, {"place": {"database": "x"}}, {"outsider": "broken"}],
)
def test_a_source_that_is_pointed_elsewhere_closes_nothing(
    source, engine, store, monkeypatch, changed
):
    monkeypatch.setattr(postgres, "try_as_outsider", lambda *_: Tried(Canary.REFUSED, "No."))
    found(source, engine, store, WIDE)
    before = dict(source.place)
    point(source, **changed)
    for _ in range(3):
        assert found(source, engine, store, CLEAN).is_clean
    assert source.drifts.get().state == Drift.State.OPEN
    told = OutboxEvent.objects.filter(topic="program.audience_elsewhere")
    assert told.count() == 1
    said = json.loads(Entry.objects.get(action="watch.changed").body)["facts"]
    assert (said["place"], said["outsider"]) == (source.place, source.outsider)
    assert "again" not in str(said)
    point(source, place=before, outsider="")
    engine.work()
    assert source.drifts.get().state == Drift.State.FIXED


def test_what_was_found_in_two_places_is_not_closed_by_one_of_them(source, engine, store):
    found(source, engine, store, WIDE)
    point(source, place={"database": "x"})
    found(source, engine, store, OPEN)
    point(source, place={"database": "study"})
    found(source, engine, store, CLEAN)
    assert source.drifts.get().state == Drift.State.OPEN


def test_a_fix_is_not_verified_elsewhere(source, engine, store):
    found(source, engine, store, WIDE)
    found(source, engine, store, CLEAN)
    point(source, place={"database": "x"})
    engine.forward(days=8)
    drift = source.drifts.get()
    assert (drift.state, drift.checks) == (Drift.State.FIXED, 0)


def test_a_look_that_began_before_the_source_was_pointed_elsewhere_is_dropped(
    source, engine, store
):
    write = looking.look({"source": source.pk, "why": "slow"})
    point(source, place={"database": "x"})
    write()
    assert not source.snapshots.exists()


def test_nothing_partly_seen_hides_who_was_seen(source, engine, store):
    row = found(source, engine, store, taken(["zoe"], gaps=["Something."]))
    assert (row.state, row.is_exposed, source.drifts.count()) == ("partial", True, 1)


@pytest.mark.parametrize(
    ("answer", "is_near_miss"),
    [
        (taken(["zoe"], has_data=False), True),
        (taken([], later=["zoe"]), True),
        (taken(["zoe"], has_data=None), False),
        (taken(["zoe"], has_data=False, gaps=["Something."]), False),
    ],
    ids=["empty", "later", "nobody-knows", "partly-seen"],
)
def test_it_is_a_near_miss_only_if_surely_nothing_lies_there(
    source, engine, store, answer, is_near_miss
):
    assert found(source, engine, store, answer).is_near_miss is is_near_miss


def test_a_look_is_compared_with_the_one_before(source, engine, store):
    engine.work()
    row = found(source, engine, store, WIDE)
    assert row.diff["names_added"] == ["zoe"]
    assert row.diff["names_removed"] == ["ana"]
    assert found(source, engine, store, WIDE).diff == {}


def test_an_outsider_who_reads_is_an_exposure_though_no_grant_says_so(
    source, engine, store, monkeypatch
):
    monkeypatch.setattr(postgres, "try_as_outsider", lambda *_: Tried(Canary.READ, "Read."))
    type(source).objects.update(outsider="guest")
    row = found(source, engine, store, CLEAN)
    assert (row.is_exposed, row.width, row.is_clean) == (True, 2, False)
    assert news() == ["new"]


def test_an_outsider_who_cannot_sign_in_is_a_gap_and_closes_nothing(
    source, engine, store, monkeypatch
):
    found(source, engine, store, WIDE)
    said = Tried(Canary.UNKNOWN, "guest could not sign in.")
    monkeypatch.setattr(postgres, "try_as_outsider", lambda *_: said)
    type(source).objects.update(outsider="guest")
    row = found(source, engine, store, CLEAN)
    assert (row.state, row.is_clean) == ("partial", False)
    assert row.gaps == ["As an outsider: guest could not sign in."]
    assert source.drifts.get().state == Drift.State.OPEN


def test_declaring_more_looks_again_and_ends_the_drift(source, engine, store, dataset):
    found(source, engine, store, WIDE)
    terms = declaring.Terms(people=["zoe"], teams=["team"])
    actor = make.actor(dataset.program.owner)
    declaring.declare(dataset, terms, reason="Zoe joined.", actor=actor)
    engine.work()
    assert source.drifts.get().state == Drift.State.FIXED
    assert source.snapshots.first().audience.version == 2


def test_a_look_that_breaks_down_is_noted_and_the_next_comes(source, engine, store, monkeypatch):
    monkeypatch.setattr("programs.watch.weighing.look_at", lambda *_: {}[0])
    for _ in range(6):
        engine.forward(minutes=11)
    assert source.snapshots.first().state == Snapshot.State.FAILED
    assert Due.objects.waiting().filter(kind=watching.LOOK).exists()


def test_a_source_that_nobody_would_look_at_again_is_found_and_looked_at(source, engine, store):
    engine.work()
    Due.objects.filter(kind=watching.LOOK).delete()
    assert [each.mended for each in watching.forgotten()] == [True]
    assert [*watching.forgotten()] == []
    assert "exposure watch forgotten" in reconciling.names()


def test_a_source_that_is_switched_off_is_not_looked_at(source, engine, store):
    actor = make.actor(source.added_by)
    watching.switch(source, on=False, actor=actor)
    engine.forward(minutes=61)
    assert not source.snapshots.exists()
    with pytest.raises(watching.Refused, match="switched off"):
        watching.look_now(source, actor=actor)


def test_the_sources_of_a_program_that_has_ended_are_looked_at_no_more(
    source, engine, store, dataset
):
    actor = make.actor(source.added_by)
    sent = watching.add(dataset, watching.Terms("Sent", WatchSource.Kind.LIST), actor=actor)
    write = looking.look({"source": source.pk, "why": "slow"})
    type(dataset.program).objects.update(state=State.RETIRED)
    store["next"] = WIDE
    write()
    engine.forward(minutes=61)
    assert [*watching.forgotten()] == []
    engine.forward(days=8)
    assert not source.snapshots.exists()
    assert not Due.objects.waiting().filter(kind=watching.LOOK).exists()
    sent = WatchSource.objects.get(pk=sent.pk)
    for refused, act in (
        (watching.Refused, lambda: watching.look_now(source, actor=actor)),
        (looking.Refused, lambda: looking.receive(sent, b"principal,grant\n", actor=actor)),
    ):
        with pytest.raises(refused, match="has ended and is watched no more"):
            act()


def test_a_secret_lies_sealed_and_is_found_by_the_rotation(source, capsys):
    assert source.password == "guess me"
    assert source.sealed_password.startswith("sealed:")
    call_command("rotate_vault")
    assert "unreadable" in capsys.readouterr().out


def test_the_checks_come_after_an_hour_a_day_and_a_week():
    assert (timedelta(hours=1), timedelta(days=1), timedelta(days=7)) == CHECKS


def test_what_is_sent_is_refused_where_andon_looks_itself(source):
    with pytest.raises(looking.Refused, match="looked at by Andon itself"):
        looking.receive(source, b"", actor=make.SYSTEM)


def test_a_name_of_whatever_signs_is_kept_and_is_too_many(dataset):
    actor = make.actor(dataset.program.owner)
    terms = watching.Terms("Bucket", WatchSource.Kind.BUCKET)
    bucket = watching.add(dataset, terms, actor=actor)
    names = ["arn:aws:iam::222:user/a\0b", "arn:aws:iam::222:user/\ud800"]
    allow = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "s3:*", "Sid": "\0"}
    said = {"account": "111", "acl": None, "policy": {"Statement": [allow]}}
    row = looking.receive(bucket, json.dumps(said).encode(), actor=actor)
    row.refresh_from_db()
    assert (row.excess, row.state) == (2, "complete")
    assert "\N{REPLACEMENT CHARACTER}" in row.shown[0]["name"]
    again = looking.receive(
        bucket, json.dumps(said | {"policy": {"Statement": []}}).encode(), actor=actor
    )
    assert len(again.diff["names_removed"]) == 2
