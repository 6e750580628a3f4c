"""Who gave a program up is no second pair of eyes for what was put forward in their time."""

from datetime import timedelta

import pytest

from accounts.functions import Function
from accounts.models import User
from audit.models import Entry
from programs import access, attestation, lately, lifecycle, pauses, resuming, running, waivers
from programs.attestation import Refused
from programs.controlset import ControlSet
from programs.evidence import Shown
from programs.models import Program, Waiver
from tests import make
from tests.web.conftest import Reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]
AUDIT, START = (ControlSet.current().get(id_) for id_ in ("G24", "G25"))
REFUSED = (Refused, waivers.Refused, resuming.Refused)


@pytest.fixture
def officer():
    return make.user(Function.PRIVACY_OFFICER, Function.SECURITY, Function.EXECUTIVE)


def ran(program, person):
    """Somebody who was let run it and gave it up at once."""
    running.add(program, person, reason="Helps.", actor=make.actor(program.owner))
    running.end(program, person, reason="I judge it.", actor=make.actor(person))
    return User.objects.get(pk=person.pk)


def waiver(program):
    owner = make.actor(program.owner)
    asked = waivers.ask(program, AUDIT, reason="In May.", days=9, actor=owner)
    return lambda by: waivers.agree(asked, actor=make.actor(by))


def start(program):
    row = attestation.attest(program, START, Shown(note="Ready."), actor=make.actor(program.owner))
    return lambda by: attestation.approve(row, actor=make.actor(by))


def going_on(program):
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    wish = make.wish(Program.objects.get(pk=program.pk))
    return lambda by: make.agreed(wish, by)


def offered(person, page):
    """Whether a page has the button with which its reader agrees."""
    return f'action="{page}approve/"' in Reader(person).get(page).content.decode()


ACTS = pytest.mark.parametrize("put_forward", [waiver, start, going_on])


@ACTS
def test_who_ran_it_lately_agrees_to_nothing_that_is_put_forward(officer, put_forward):
    program = make.program()
    ran(program, officer)
    agree = put_forward(program)
    with pytest.raises(REFUSED, match="in the 30 days before"):
        agree(officer)
    agree(make.user(Function.PRIVACY_OFFICER))


@ACTS
def test_who_ran_it_since_does_not_either(officer, put_forward):
    program = make.program()
    agree = put_forward(program)
    ran(program, officer)
    with pytest.raises(REFUSED, match="or since"):
        agree(officer)


@ACTS
def test_who_ran_it_long_before_agrees(officer, put_forward, monkeypatch):
    monkeypatch.setattr(lately, "DAYS", 0)
    program = make.program()
    ran(program, officer)
    put_forward(program)(officer)


def test_thirty_days_are_thirty_days(officer):
    program = make.program()
    ran(program, officer)
    at = Entry.objects.get(action=lately.ENDED).at
    month, minute = timedelta(days=30), timedelta(minutes=1)
    assert lately.left(program, put_forward=at + month - minute) == {officer.pk}
    assert lately.left(program, put_forward=at + month + minute) == frozenset()
    assert lately.left(program, put_forward=None) == {officer.pk}
    assert lately.left(make.program(), put_forward=None) == frozenset()


def test_who_ever_ran_a_draft_does_not_approve_it(officer):
    draft = make.draft()
    assert access.may_approve(officer, draft)
    officer = ran(draft, officer)
    # However long ago: all of a draft was written while it was one.
    assert not access.may_approve(officer, draft)
    with pytest.raises(lifecycle.Refused, match="Whoever ran a program as a draft cannot approve"):
        lifecycle.approve(draft, actor=make.actor(officer))
    page = f"/programs/{draft.slug}/"
    other = make.user(Function.PRIVACY_OFFICER)
    assert [offered(who, page) for who in (other, officer)] == [True, False]
    assert Reader(officer).post(f"{page}approve/").status_code == 403
    lifecycle.approve(draft, actor=make.officer())


def test_an_agreement_of_somebody_who_ran_it_since_counts_no_more(officer):
    program = make.program()
    going_on(program)(officer)
    wish = program.resume_requests.get()
    assert len(resuming.standing(wish).counting) == 1
    officer = ran(program, officer)
    assert resuming.standing(wish).counting == []
    page, other = f"/programs/{program.slug}/resume/", make.user(Function.LEGAL)
    assert [offered(who, page) for who in (other, officer)] == [True, False]


def test_who_ran_it_lately_may_turn_down(officer):
    program = make.program()
    ran(program, officer)
    waiver(program)
    row = Waiver.objects.get()
    waivers.refuse(row, reason="It was never done.", actor=make.actor(officer))
    assert Waiver.objects.get().state == Waiver.State.REFUSED
