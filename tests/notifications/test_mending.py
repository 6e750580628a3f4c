"""What is lost of the paging is found and mended, and operators hear of the rest by mail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import F

from accounts.functions import Function
from audit import reconciling, reviving
from audit.models import Due, Finding
from incidents.models import RuleFiring
from notifications import alarming, answering, paging
from notifications.models import Escalation, Page
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
OLD = timedelta(minutes=3)


def time_passes():
    """As if all that there is had been made a while ago."""
    RuleFiring.objects.update(fired_at=F("fired_at") - OLD)
    Escalation.objects.exclude(next_due_at=None).update(next_due_at=F("next_due_at") - OLD)


def mended():
    # Nobody planned to seal the record of this database, which is no matter here.
    found = Finding.objects.filter(mended=True).exclude(check_name="record")
    return list(found.values_list("check_name", flat=True))


def test_an_incident_whose_event_is_lost_is_paged_for_all_the_same(commander, engine, mailoutbox):
    make.incident(Sev.SEV2)
    Due.objects.filter(kind="notifications.open_escalation").delete()
    engine.work()
    reconciling.look()
    assert (mended(), Escalation.objects.count()) == ([], 0)
    time_passes()
    reconciling.look()
    engine.work()
    assert mended() == ["not paged"]
    assert [mail.to for mail in mailoutbox] == [[commander.email]]
    reconciling.look()
    assert Escalation.objects.count() == 1


def test_a_run_whose_next_step_is_lost_goes_on(commander, engine):
    officer = make.user(Function.PRIVACY_OFFICER)
    make.incident(Sev.SEV2)
    engine.work()
    Due.objects.waiting().filter(kind="notifications.take_step").delete()
    reconciling.look()
    assert mended() == []
    Escalation.objects.update(next_due_at=F("next_due_at") - timedelta(minutes=12))
    reconciling.look()
    reconciling.look()
    assert Due.objects.waiting().filter(kind="notifications.take_step").count() == 1
    engine.work()
    assert Page.objects.filter(person=officer).exists()
    assert mended() == ["no next step"]


def test_paging_that_was_put_off_begins_again_though_that_was_lost(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    answering.snooze(incident, minutes=5, reason="Asleep.", actor=make.actor(commander))
    Due.objects.waiting().filter(kind="notifications.look_after_answer").delete()
    time_passes()
    reconciling.look()
    assert mended() == []
    time_passes()
    reconciling.look()
    reconciling.look()
    engine.work()
    assert mended() == ["no next step"]
    assert Escalation.objects.get().state == Escalation.State.ACTIVE
    assert Page.objects.filter(person=commander).count() == 2


def test_a_page_that_was_given_up_is_sent_when_it_is_tried_again(commander, engine, mailoutbox):
    make.incident(Sev.SEV2)
    engine.work()
    page = Page.objects.get()
    Page.objects.update(state=Page.State.FAILED)
    Due.objects.filter(kind="notifications.send_page").update(state=Due.State.DEAD)
    row = Due.objects.get(kind="notifications.send_page")
    reviving.try_again(row.pk, actor=make.SYSTEM)
    engine.work()
    page.refresh_from_db()
    assert (page.state, len(mailoutbox)) == (Page.State.SENT, 2)


def test_operators_are_mailed_what_was_found_past_the_engine(db, mailoutbox):
    operator = make.user(Function.OPERATOR)
    make.user(Function.COMMANDER)
    Due.objects.create(
        kind="notifications.send_page", key="k", due_at=reconciling.Now(), state=Due.State.DEAD
    )
    reconciling.look()
    (mail,) = mailoutbox
    assert mail.to == [operator.email]
    assert "notifications.send_page given up" in mail.body
    assert "/engine/" in mail.body


def test_the_monitor_outside_is_posted_to_if_there_is_one(internal, receiver, settings):
    alarming.sign_of_life()
    assert not receiver.got
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, deadman_url=internal)
    alarming.sign_of_life()
    assert len(receiver.got) == 1


def test_a_page_that_somebody_answered_meanwhile_is_not_sent_when_it_is_tried_again(
    commander, engine, mailoutbox
):
    incident = make.incident(Sev.SEV2)
    engine.work()
    Page.objects.update(state=Page.State.FAILED)
    Due.objects.filter(kind="notifications.send_page").update(state=Due.State.DEAD)
    paging.acknowledge(incident, actor=make.actor(commander))
    row = Due.objects.get(kind="notifications.send_page")
    reviving.try_again(row.pk, actor=make.SYSTEM)
    engine.work()
    row.refresh_from_db()
    assert (row.state, len(mailoutbox)) == (Due.State.DONE, 1)
