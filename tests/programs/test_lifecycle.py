"""Where a program may go, who may send it there, and what each move leaves behind."""

from itertools import product

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from programs import access, lifecycle, pauses
from programs.models import NEXT, Program, State
from programs.reach import SEATS
from tests import make

pytestmark = pytest.mark.django_db
OFFICER = Function.PRIVACY_OFFICER
ALLOWED = {
    (State.DRAFT, State.APPROVED),
    (State.DRAFT, State.RETIRED),
    (State.APPROVED, State.COLLECTING),
    (State.APPROVED, State.RETIRED),
    (State.COLLECTING, State.PAUSED),
    (State.COLLECTING, State.RETIRED),
    (State.PAUSED, State.COLLECTING),
    (State.PAUSED, State.RESUMING),
    (State.PAUSED, State.RETIRED),
    (State.RESUMING, State.COLLECTING),
    (State.RESUMING, State.PAUSED),
    (State.RESUMING, State.RETIRED),
}


def approved(**fields):
    return lifecycle.approve(
        make.cleared(make.draft(**fields)), actor=make.actor(make.user(OFFICER))
    )


def hold(program, **fields):
    defaults = {"holder": "INC-1", "label": "Amber Otter", "reason": "r", "actor": make.SYSTEM}
    return pauses.pause(program, **(defaults | fields))


def in_state(state):
    """A program that came into this state by the proper way."""
    if state == State.DRAFT:
        return make.draft()
    program = approved() if state == State.APPROVED else make.program()
    if state in (State.PAUSED, State.RESUMING):
        hold(program)
    if state == State.RESUMING:
        program.refresh_from_db()
        program.pauses.update(lifted_at=timezone.now())
        lifecycle.go_on_in_stages(program, open_seats=100, actor=make.SYSTEM, why="r")
    if state == State.RETIRED:
        pauses.retire(program, reason="over", actor=make.SYSTEM)
    return Program.objects.get(pk=program.pk)


@pytest.mark.parametrize(("start", "to"), [*product(State, State)])
def test_a_program_goes_where_the_table_says_and_nowhere_else(start, to):
    program = in_state(start)
    assert program.state == start
    if (start, to) in ALLOWED:
        seats = 100 if to == State.RESUMING else SEATS
        moved = lifecycle._move(program, to, actor=make.SYSTEM, open_seats=seats)
        assert moved.state == to
    else:
        with pytest.raises(lifecycle.Refused, match=f"is {start} and cannot become {to}"):
            lifecycle._move(program, to, actor=make.SYSTEM)
    program.refresh_from_db()
    assert program.state == (to if (start, to) in ALLOWED else start)


def test_the_table_knows_every_state_and_nothing_leaves_the_last():
    assert set(NEXT) == set(State)
    assert NEXT[State.RETIRED] == frozenset()


def test_each_move_leaves_history_an_entry_and_news_in_one_piece():
    program = approved()
    program = lifecycle.start(program, actor=make.actor(program.owner))
    # One of them until when its controls let it run.
    assert program.history.count() == 4
    acts = Entry.objects.filter(stream=f"program:{program.pk}").order_by("seq")
    assert [a.action for a in acts] == [
        "program.drafted",
        "program.control_approved",
        "program.approved",
        "program.collecting",
    ]
    topics = set(OutboxEvent.objects.values_list("topic", flat=True))
    assert topics == {"program.control_approved", "program.approved", "program.collecting"}
    assert program.started_at


def test_the_owner_cannot_approve_their_own_program():
    owner = make.user(OFFICER, Function.PROGRAM_OWNER)
    program = make.draft(owner=owner)
    with pytest.raises(lifecycle.Refused, match="a second person must"):
        lifecycle.approve(program, actor=make.actor(owner))
    assert lifecycle.approve(program, actor=make.actor(make.user(OFFICER))).state == State.APPROVED


def test_whoever_drafted_a_program_for_another_cannot_approve_it():
    officer, owner = make.user(OFFICER), make.user(Function.PROGRAM_OWNER)
    program = lifecycle.draft(
        slug="written-for-another",
        owner=owner,
        actor=make.actor(officer),
        name="N",
        purpose="P",
        categories=["keystrokes"],
        declared_audience="Nobody",
    )
    with pytest.raises(lifecycle.Refused, match="drafted"):
        lifecycle.approve(program, actor=make.actor(officer))
    assert not access.may_approve(officer, program)
    assert access.may_approve(make.user(OFFICER), program)


@pytest.mark.parametrize("function", [f for f in Function if f != OFFICER])
def test_only_a_privacy_officer_approves(function):
    program = make.draft()
    with pytest.raises(lifecycle.Refused, match="by a privacy officer"):
        lifecycle.approve(program, actor=make.actor(make.user(function)))


def test_neither_a_machine_nor_somebody_who_was_shut_out_approves():
    program, gone = make.draft(), make.user(OFFICER, is_active=False)
    for actor in (make.SYSTEM, make.actor(gone)):
        with pytest.raises(lifecycle.Refused, match="by a privacy officer"):
            lifecycle.approve(program, actor=actor)


def test_a_program_that_is_held_does_not_start():
    program = approved()
    hold(program)
    with pytest.raises(lifecycle.Refused, match="held by Amber Otter"):
        lifecycle.start(program, actor=make.actor(program.owner))
    program.refresh_from_db()
    assert program.state == State.APPROVED


def test_a_program_of_which_one_dataset_is_held_may_start_without_it():
    program = approved()
    dataset = make.dataset(program)
    hold(program, dataset=dataset)
    program = lifecycle.start(program, actor=make.actor(program.owner))
    assert program.state == State.COLLECTING
    assert not make.lease(make.collector(program, dataset=dataset))
    assert make.lease(make.collector(program, dataset=make.dataset(program)))


@pytest.mark.parametrize("state", [s for s in State if s not in (State.APPROVED, State.PAUSED)])
def test_only_an_approved_program_starts(state):
    program = in_state(state)
    with pytest.raises(lifecycle.Refused, match=f"is {state}; only an approved"):
        lifecycle.start(program, actor=make.actor(program.owner))


def test_a_decision_is_made_on_what_the_row_says_now():
    stale = make.draft()
    lifecycle.approve(Program.objects.get(pk=stale.pk), actor=make.actor(make.user(OFFICER)))
    with pytest.raises(lifecycle.Refused, match="is approved and cannot become approved"):
        lifecycle.approve(stale, actor=make.actor(make.user(OFFICER)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slug": "Not A Slug"}, "slug: "),
        ({"slug": ""}, "slug: "),
        ({"name": ""}, "name: "),
        ({"name": "x" * 121}, "name: .*120"),
        ({"purpose": ""}, "purpose: "),
        ({"categories": ["thoughts"]}, "categories: .*thoughts"),
        ({"categories": []}, "categories: "),
        ({"participants": -1}, "participants: "),
        ({"participants": 8_500_000_001}, "participants: "),
        ({"lease_seconds": 2}, "lease_seconds: .*3"),
        ({"lease_seconds": 61}, "lease_seconds: .*60"),
        ({"pause_at": 1}, "pause_at: SEV 2 to 5"),
        ({"pause_at": 6}, "pause_at: SEV 2 to 5"),
    ],
)
def test_a_draft_with_a_wrong_field_is_refused_by_its_name(wrong, words):
    with pytest.raises(lifecycle.Refused, match=words):
        make.draft(**wrong)
    assert not Program.objects.exists()
    assert make.draft().state == State.DRAFT


def test_a_slug_is_taken_once():
    first = make.draft(slug="keys")
    with pytest.raises(lifecycle.Refused, match="there is a program 'keys' already"):
        make.draft(slug="keys", owner=first.owner)


def test_the_bound_is_the_lease_and_the_age_a_gate_may_have():
    assert make.draft().bound_seconds == 13
    assert make.draft(lease_seconds=3).bound_seconds == 6
