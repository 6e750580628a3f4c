"""Who answers for the law hears of a legal clock, by codename, and only while it is owed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from incidents import filings, lifecycle
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def test_privacy_officers_and_counsel_hear_of_half_the_time_and_of_the_end(engine, mailoutbox):
    officer, counsel = make.officer(), make.user(Function.LEGAL)
    others = {make.user(Function.SECURITY).email, make.user().email}
    incident = make.incident(Sev.SEV2)
    aware_at = timezone.now()
    lifecycle.decide_awareness(incident, aware_at=aware_at, rationale="Logs.", actor=officer)

    def heard(**after):
        engine.forward(**after)
        mails = [mail for mail in mailoutbox if "legal clock" in mail.subject]
        assert not others & {mail.to[0] for mail in mails}
        both = (officer.user.email, counsel.email)
        return [mail.subject.split(": ")[1] for mail in mails if mail.to[0] in both]

    assert heard(hours=37) == ["50 % of a legal clock is over"] * 2
    text = next(mail.body for mail in mailoutbox if "legal clock" in mail.subject)
    assert incident.title not in text
    mailoutbox.clear()
    heard(hours=55)
    heard(hours=66)
    mailoutbox.clear()
    assert heard(hours=73) == ["a legal clock is overdue"] * 2


def test_what_is_decided_not_to_be_reportable_is_told_no_more(engine, mailoutbox):
    officer = make.officer()
    incident = make.incident(Sev.SEV2)
    aware_at = timezone.now() - timedelta(hours=80)
    lifecycle.decide_awareness(incident, aware_at=aware_at, rationale="Logs.", actor=officer)
    row = incident.obligations.get()
    filings.decide(row, reportable=False, reason="No risk to anybody.", actor=officer)
    engine.work()
    assert not [mail for mail in mailoutbox if "legal clock" in mail.subject]


def test_where_nobody_answers_for_the_law_operators_hear_by_codename(engine, mailoutbox):
    officer, operator = make.officer(), make.user(Function.OPERATOR)
    incident = make.incident(Sev.SEV2)
    lifecycle.decide_awareness(incident, aware_at=timezone.now(), rationale="Logs.", actor=officer)
    for person in User.objects.exclude(pk=operator.pk):
        person.groups.clear()
    engine.forward(hours=37)
    said = [mail for mail in mailoutbox if "legal clock" in mail.subject]
    assert [mail.to for mail in said] == [[operator.email]]
    assert "no mail reaches anybody who answers for it" in said[0].body
    assert f"/incidents/{incident.ref}/" not in said[0].body
    assert incident.title not in said[0].body
