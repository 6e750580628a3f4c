"""Mails to those whose duty a control is: it ends soon, counts no longer, has stopped a program."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from audit.models import Due
from notifications import notices
from programs import attestation, lifecycle, pauses
from programs.evidence import Shown
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]


def attest(program, id_, *, passed=True, **shown):
    control = attestation.control_of(id_)
    shown = Shown(**({"note": "x"} | shown))
    attestation.attest_by_machine(program, control, shown, passed=passed, actor=make.SYSTEM)


def subjects(*, to):
    return [sent.subject for sent in mail.outbox if sent.to == [to.email]]


def test_the_owner_and_whose_duty_it_is_hear_that_it_ends(engine):
    program, keeper, other = make.draft(), make.user(Function.SECURITY), make.user(Function.HR)
    attest(program, "G22", as_of=timezone.now() - timedelta(days=88))
    assert mail.outbox == []
    attest(program, "G22", as_of=timezone.now() - timedelta(days=86))
    engine.forward(days=1)
    expected = [f"[Andon] {program.name}: G22 Pause drill ends in 3 days"]
    assert subjects(to=keeper) == subjects(to=program.owner) == expected
    assert subjects(to=other) == []
    text = mail.outbox[0].body
    assert f"/programs/{program.slug}/controls/G22/" in text
    assert "counts until 20" in text


def test_that_it_has_stopped_a_program_is_told_once(engine):
    keeper, program = make.user(Function.SECURITY), make.program()
    attest(program, "G11", passed=False)
    engine.work()
    assert [s for s in subjects(to=keeper) if "has lapsed" in s] == [
        f"[Andon] {program.name}: G11 Grants match the declared audience "
        "has lapsed; the program is paused"
    ]


def test_what_ended_before_its_time_says_when_the_program_will_be_paused(engine):
    program = make.program()
    owner = make.actor(program.owner)
    attestation.revoke(program, attestation.control_of("G06"), reason="New text.", actor=owner)
    engine.work()
    text = next(sent.body for sent in mail.outbox if sent.to == [program.owner.email])
    stops = timezone.now() + timedelta(days=14)
    assert "said that it holds no longer." in text
    assert f"Unless it is attested anew, the program is paused {stops:%Y-%m-%d}" in text


def test_nothing_is_told_of_what_does_not_run_has_ended_or_is_valid_again(engine):
    draft = make.draft()
    attest(draft, "G11")
    attest(draft, "G11", passed=False)
    program = make.program()
    attest(program, "G13", passed=False)
    attest(program, "G13")
    ended = make.draft()
    attest(ended, "G22", as_of=timezone.now() - timedelta(days=86))
    lifecycle.approve(ended, actor=make.actor(make.user(Function.PRIVACY_OFFICER)))
    pauses.retire(ended, reason="over", actor=make.SYSTEM)
    engine.forward(days=1)
    told = [sent.subject for sent in mail.outbox]
    assert not [subject for subject in told if draft.name in subject or ended.name in subject]
    assert not [subject for subject in told if "G13" in subject]


def test_who_was_shut_out_since_hears_nothing(engine):
    program, keeper = make.draft(), make.user(Function.SECURITY)
    attest(program, "G22", as_of=timezone.now() - timedelta(days=86))
    User.objects.filter(pk=keeper.pk).update(is_active=False)
    engine.forward(days=1)
    assert subjects(to=keeper) == []
    assert Due.objects.filter(kind=notices.SEND).count() == 1
