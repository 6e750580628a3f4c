"""A control that blocks nothing is left aside for a time, if two others agree."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from programs import attestation, clearance, controlling, lifecycle, pauses, waivers
from programs.controlling import Stand
from programs.evidence import Shown
from programs.models import Program, Waiver
from programs.waivers import Refused
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]


@pytest.fixture
def program():
    return make.draft()


@pytest.fixture
def two():
    return [make.actor(make.user(f)) for f in (Function.PRIVACY_OFFICER, Function.AUDITOR)]


def control(id_="G24"):
    return attestation.control_of(id_)


def asked(program, id_="G24", *, days=30, reason="The auditor comes in May."):
    owner = make.actor(program.owner)
    return waivers.ask(program, control(id_), reason=reason, days=days, actor=owner)


def stand(program, id_="G24"):
    return controlling.standing(program, control(id_)).stand


def test_two_others_leave_it_aside_until_a_day_that_is_stated(program, two):
    waiver = asked(program, days=20)
    waivers.agree(waiver, actor=two[0])
    assert stand(program) == Stand.MISSING
    waiver = waivers.agree(waiver, actor=two[1])
    assert stand(program) == Stand.WAIVED
    assert waiver.good_until - timezone.now() < timedelta(days=20)
    acts = Entry.objects.filter(stream=f"program:{program.pk}").values_list("action", flat=True)
    assert "program.waiver_granted" in acts


def test_it_ends_by_itself(program, two, time_machine):
    waiver = asked(program)
    for actor in two:
        waivers.agree(waiver, actor=actor)
    time_machine.move_to(timezone.now() + timedelta(days=30, seconds=1))
    assert stand(program) == Stand.MISSING


@pytest.mark.parametrize("id_", ["G01", "G11", "G25"])
def test_what_blocks_is_never_waived(program, id_):
    with pytest.raises(Refused, match=f"{id_} blocks, and is never waived"):
        asked(program, id_)


def test_a_waiver_of_what_came_to_block_since_lets_nothing_start(program):
    # As an older Andon may have granted it, before a newer set made the control block.
    later = timezone.now() + timedelta(days=9)
    Waiver.objects.create(
        program=program, control="G01", state="granted", days=9, good_until=later,
        reason="x", asked_by=program.owner,
    )  # fmt: skip
    assert stand(program, "G01") == Stand.MISSING
    assert "G01" in {each.control.id for each in clearance.blocking(program)}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"days": 31}, "days: 1 to 30"), ({"days": 0}, "days: 1 to 30"), ({"reason": " "}, "reason")],
)
def test_it_is_short_and_has_a_reason(program, wrong, words):
    with pytest.raises(Refused, match=words):
        asked(program, **wrong)


def test_nobody_agrees_twice_or_to_their_own_wish(program, two):
    waiver = asked(program)
    waivers.agree(waiver, actor=two[0])
    with pytest.raises(Refused, match="have agreed to this already"):
        waivers.agree(waiver, actor=two[0])
    own = waivers.ask(program, control("G14"), reason="x", days=3, actor=make.actor(program.owner))
    with pytest.raises(Refused, match="You asked for this"):
        waivers.agree(own, actor=make.actor(program.owner))


def test_the_owner_waives_nothing_whatever_their_functions():
    owner = make.user(Function.PROGRAM_OWNER, Function.PRIVACY_OFFICER, Function.AUDITOR)
    program = make.draft(owner=owner)
    auditor = make.actor(make.user(Function.AUDITOR))
    waiver = waivers.ask(program, control(), reason="x", days=3, actor=auditor)
    with pytest.raises(Refused, match="never who runs the program"):
        waivers.agree(waiver, actor=make.actor(owner))


@pytest.mark.parametrize("function", [Function.RESPONDER, Function.COMMANDER, Function.OPERATOR])
def test_whoever_has_nothing_to_do_with_it_does_not_agree(program, function):
    waiver = asked(program)
    with pytest.raises(Refused, match="Two people agree"):
        waivers.agree(waiver, actor=make.actor(make.user(function)))


def test_it_is_turned_down_with_a_reason_and_asked_for_anew(program, two):
    waiver = asked(program)
    with pytest.raises(Refused, match="waits for approval already"):
        asked(program)
    with pytest.raises(Refused, match="reason"):
        waivers.refuse(waiver, reason="", actor=two[0])
    waivers.refuse(waiver, reason="Find another auditor.", actor=two[0])
    with pytest.raises(Refused, match="refused already"):
        waivers.agree(waiver, actor=two[1])
    assert asked(program).state == Waiver.State.OPEN


def test_what_is_shown_counts_more_than_that_it_was_waived(program, two):
    waiver = asked(program)
    for actor in two:
        waivers.agree(waiver, actor=actor)
    row = attestation.attest(program, control(), Shown(note="x"), actor=make.actor(program.owner))
    attestation.approve(row, actor=two[1])
    assert stand(program) == Stand.APPROVED
    assert Program.objects.get().controls_end_at is None


def test_nothing_is_waived_for_a_program_that_has_ended(two):
    program = make.draft()
    waiver = asked(program)
    lifecycle.approve(program, actor=make.actor(make.user(Function.PRIVACY_OFFICER)))
    pauses.retire(program, reason="over", actor=make.SYSTEM)
    with pytest.raises(Refused, match="has ended"):
        waivers.agree(waiver, actor=two[0])
    with pytest.raises(Refused, match="does not apply"):
        asked(program, "G14")


def test_whoever_asked_takes_it_back_and_only_who_may_agree_turns_it_down(program, two):
    waiver = asked(program)
    with pytest.raises(Refused, match="Two people agree"):
        waivers.refuse(waiver, reason="No.", actor=make.actor(make.user(Function.RESPONDER)))
    waiver = waivers.refuse(waiver, reason="He came.", actor=make.actor(program.owner))
    assert (waiver.state, waiver.refusal) == (Waiver.State.REFUSED, "He came.")


def test_who_has_nothing_to_do_with_the_control_does_not_ask(program):
    with pytest.raises(Refused, match="Only the control's owner and who runs"):
        waivers.ask(
            program, control(), reason="x", days=3, actor=make.actor(make.user(Function.HR))
        )


def test_it_lets_nothing_run_for_longer(program, two):
    make.cleared(program)
    before = Program.objects.get().controls_end_at
    waiver = asked(program)
    for actor in two:
        waivers.agree(waiver, actor=actor)
    assert before
    assert Program.objects.get().controls_end_at == before
