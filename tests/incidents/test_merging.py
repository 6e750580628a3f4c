"""Merging duplicates: nobody sees more, nothing goes on, the stricter severity counts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import (
    changes,
    cord,
    duplicates,
    grants,
    lifecycle,
    merging,
    news,
    objecting,
    resuming,
)
from incidents.models import Incident, Role, RoleAssignment, RuleFiring, Status
from notifications import paging
from notifications.models import Escalation
from programs import pauses
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def chief():
    """Runs every incident, as commanders do by rule."""
    return make.user(Function.COMMANDER)


@pytest.fixture
def program():
    return make.program(participants=50)


@pytest.fixture
def pair(program):
    """Two reports of the same, on a program that a rule waits to pause for both."""
    target = make.incident(Sev.SEV3, program=program)
    source = make.incident(Sev.SEV3, program=program)
    return source, target


def merge(source, target, by, reason="The same folder."):
    return merging.merge(source, target, reason=reason, actor=make.actor(by))


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


def test_the_one_ends_as_the_repetition_of_the_other(pair, chief):
    source, target = pair
    assert merge(source, target, chief) == target
    source = fresh(source)
    assert (source.status, source.duplicate_of) == (Status.MERGED, target)
    assert fresh(target).status == Status.REPORTED


def test_an_incident_is_not_merged_into_itself(pair, chief):
    with pytest.raises(merging.Refused, match="into: this leads back to INC-"):
        merge(pair[0], pair[0], chief)


def test_a_loop_is_refused(pair, chief):
    source, target = pair
    merge(source, target, chief)
    with pytest.raises(merging.Refused, match="into: this leads back to"):
        merge(target, fresh(source), chief)
    assert fresh(target).status == Status.REPORTED


def test_a_chain_leads_straight_to_the_one_that_is_handled(program, chief):
    last, first, second, third = (make.incident(Sev.SEV3, program=program) for _ in range(4))
    merge(second, first, chief)
    merge(third, fresh(second), chief)
    assert fresh(third).duplicate_of == first
    merge(first, last, chief)
    assert {fresh(each).duplicate_of for each in (first, second, third)} == {last}


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_over_is_neither_merged_nor_merged_into(pair, chief, which):
    lifecycle.move(pair[which], Status.DISMISSED, reason="No.", actor=make.actor(chief))
    with pytest.raises(merging.Refused, match="is dismissed; only open incidents are merged"):
        merge(*pair, chief)


def test_practice_and_what_is_real_are_not_mixed(program, chief):
    real = make.incident(Sev.SEV3, program=program)
    drill = make.incident(Sev.SEV3, program=make.program(is_drill=True), is_drill=True)
    for source, target in ((real, drill), (drill, real)):
        with pytest.raises(merging.Refused, match="one is a drill"):
            merge(source, target, chief)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_it_needs_a_reason(pair, chief, reason):
    with pytest.raises(merging.Refused, match="reason: say why they are the same"):
        merge(*pair, chief, reason=reason)


@pytest.mark.parametrize("which", [0, 1])
def test_it_needs_a_person_who_runs_both(pair, which):
    person = make.user()
    for level, incident in zip(
        ("manage", "contribute"), (pair[which], pair[1 - which]), strict=True
    ):
        grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    with pytest.raises(merging.Refused, match="Only a person who runs both"):
        merge(*pair, person)


def test_an_incident_that_is_hidden_is_refused_like_one_that_is_not_there(pair):
    said = set()
    for number in (pair[1].number, 999_999):
        with pytest.raises(merging.Refused) as refusal:
            merging.find(make.user(), number)
        said.add(str(refusal.value))
    assert said == {"into: you run no incident with this number."}


def test_nobody_sees_more_than_before(pair, chief):
    people = [make.user() for _ in pair]
    for incident, person in zip(pair, people, strict=True):
        grants.admit(incident, level="view", person=person, reason="Helps.", actor=make.SYSTEM)
    merge(*pair, chief)
    for person, own, other in ((people[0], *pair), (people[1], *pair[::-1])):
        assert make.sees(person, own)
        assert not make.sees(person, other)


def test_the_most_restrictive_access_wins(pair, chief):
    source, target = pair
    Incident.objects.filter(pk=target.pk).update(restricted=False)
    merge(source, target, chief)
    assert fresh(target).restricted


def test_a_restricted_incident_is_not_opened_by_what_is_merged_into_it(pair, chief):
    source, target = pair
    Incident.objects.filter(pk=source.pk).update(restricted=False)
    merge(source, target, chief)
    assert fresh(target).restricted
    assert not fresh(source).restricted


def test_who_may_not_know_of_the_target_learns_of_it_nowhere(pair, chief):
    source, target = pair
    person = make.user()
    grants.admit(source, level="view", person=person, reason="Helps.", actor=make.SYSTEM)
    merge(source, target, chief)
    assert duplicates.lead(person, fresh(source)) is None
    assert duplicates.lead(chief, fresh(source)) == target
    told = " ".join(source.timeline.values_list("text", flat=True))
    told += str([change.fields for change in changes.of(source, reader=person)])
    assert target.ref not in told
    assert "one that you may not see" in told
    assert target.ref in str([change.fields for change in changes.of(source, reader=chief)])


def test_who_may_not_know_of_the_source_learns_of_it_nowhere(pair, chief):
    source, target = pair
    person = make.user()
    grants.admit(target, level="view", person=person, reason="Helps.", actor=make.SYSTEM)
    merge(source, target, chief)
    told = " ".join(target.timeline.values_list("text", flat=True))
    assert "Another report of this was merged into it." in told
    assert source.ref not in told
    assert duplicates.seen(person, target) == []
    assert duplicates.seen(chief, target) == [source]


def test_the_stricter_severity_counts_with_what_its_rules_demand(program, chief):
    target = make.incident(Sev.SEV3, program=program)
    source = make.judged(make.incident(Sev.SEV3, program=program), Sev.SEV1)
    target = merge(source, target, chief)
    assert (target.counts_as, target.sev, target.peak_sev) == (1, 1, 1)
    assert target.firings.filter(state=RuleFiring.State.FIRED, action="pause").exists()
    assert target.assessment.kind == "override"


def test_a_milder_source_leaves_the_severity_and_a_stricter_peak_counts(program, chief):
    target = make.incident(Sev.SEV3, program=program)
    source = make.incident(Sev.SEV3, program=program)
    Incident.objects.filter(pk=source.pk).update(peak_sev=1)
    target = merge(source, target, chief)
    assert (target.counts_as, target.peak_sev) == (3, 1)


def test_a_pause_is_not_let_go_by_merging(chief):
    target, program = make.incident(Sev.SEV2), make.program()
    source = make.incident(Sev.SEV2, program=program)
    merge(source, target, chief)
    program.refresh_from_db()
    assert program.state == "paused"
    assert [hold.holder for hold in program.pauses.in_force()] == [source.ref]
    assert duplicates.holders(target) == [target.ref, source.ref]


def test_the_target_is_contained_only_once_the_stops_of_both_are_proven(chief):
    target = make.active(Sev.SEV3)
    objecting.veto(target.firings.get(action="pause"), reason="No need.", actor=make.actor(chief))
    program = make.program()
    make.lease(make.collector(program))
    source = make.incident(Sev.SEV2, program=program)
    merge(source, target, chief)
    with pytest.raises(lifecycle.Refused, match=f"The stop of .*{program.name}"):
        lifecycle.move(fresh(target), Status.CONTAINED, actor=make.actor(chief))


def test_who_commanded_anything_of_it_agrees_to_nothing_that_it_holds(chief):
    program = make.program()
    source, middle, last = (make.incident(Sev.SEV2, program=program) for _ in range(3))
    commanders = []
    for incident in (source, middle, last):
        commanders.append(make.user())
        RoleAssignment.objects.create(incident=incident, role=Role.COMMANDER, person=commanders[-1])
    merge(source, middle, chief)
    merge(middle, last, chief)
    assert resuming.barred(program) >= {person.pk for person in commanders}


def test_what_a_merged_incident_holds_needs_an_executive_if_the_target_is_as_grave(chief):
    target, program = make.incident(Sev.SEV1), make.program()
    source = make.incident(Sev.SEV2, program=program)
    assert not program.pauses.get().needs_executive
    merge(source, target, chief)
    assert program.pauses.get().needs_executive


def test_and_so_it_does_if_the_target_gets_as_grave_later(chief):
    target, program = make.incident(Sev.SEV2), make.program()
    merge(make.incident(Sev.SEV2, program=program), target, chief)
    make.judged(fresh(target), Sev.SEV0)
    assert program.pauses.get().needs_executive


def test_a_pause_that_waits_is_neither_lost_nor_put_off(program, chief):
    source = make.incident(Sev.SEV3, program=program)
    elsewhere = make.incident(Sev.SEV3)
    with pytest.raises(merging.Refused, match=f"A rule waits to pause {program.name}"):
        merge(source, elsewhere, chief)
    later = make.incident(Sev.SEV3, program=program)
    with pytest.raises(merging.Refused, match="A rule waits to pause"):
        merge(source, later, chief)
    cord.pull(later, reason="At once.", actor=make.actor(chief))
    merge(source, later, chief)


def test_its_paging_ends_with_a_note(pair, chief, engine):
    source, target = pair
    source = make.judged(source, Sev.SEV2)
    paging.open_for(source.pk)
    merge(source, target, chief)
    engine.work()
    assert not source.escalations.filter(state=Escalation.State.ACTIVE).exists()
    assert source.timeline.filter(text__startswith="Paging stopped").exists()


def test_what_becomes_of_its_stop_is_told_where_it_is_handled(chief):
    target, program = make.incident(Sev.SEV2), make.program()
    source = make.incident(Sev.SEV2, program=program)
    merge(source, target, chief)
    news.stop_settled(program.stop_orders.get().pk, proven=True)
    for incident in (source, target):
        assert incident.timeline.filter(kind="proof", text__contains=program.name).exists()


def aware(incident, hours_ago):
    at = NOW - timedelta(hours=hours_ago)
    return lifecycle.decide_awareness(
        incident, aware_at=at, rationale="The mail.", actor=make.officer()
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [(5, 3, True), (5, None, True), (3, 5, False), (None, 5, False), (None, None, False)],
)
def test_an_earlier_moment_of_awareness_waits_for_a_privacy_officer(
    pair, chief, theirs, ours, found
):
    for incident, hours in zip(pair, (theirs, ours), strict=True):
        if hours:
            aware(incident, hours)
    target = merge(*map(fresh, pair), chief)
    earlier = duplicates.earlier_awareness(fresh(target))
    assert earlier == (NOW - timedelta(hours=5) if found else None)
    if found:
        aware(target, 4)
        assert duplicates.earlier_awareness(fresh(target)) is None


def test_what_was_proposed_for_the_source_is_dropped(chief, program):
    target = make.incident(Sev.SEV2, program=program)
    source = make.judged(make.incident(Sev.SEV3, program=program), Sev.SEV2)
    make.judged(source, Sev.SEV4)
    merge(fresh(source), target, chief)
    assert source.proposals.get().state == "withdrawn"


def test_pauses_of_both_hold_the_same_program_until_each_is_lifted(chief):
    program = make.program()
    target, source = (make.incident(Sev.SEV2, program=program) for _ in range(2))
    merge(source, target, chief)
    assert pauses.held_by(source.ref).count() == pauses.held_by(target.ref).count() == 1
