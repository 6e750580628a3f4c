"""Whoever reads another's mail learns nothing of an incident but its codename and its level."""

import json

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import timeline
from notifications.models import ContactMethod, Method
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

CANARY = "PAYROLL-CANARY"


@pytest.fixture
def told(commander, engine, internal, receiver, mailoutbox):
    """Everything that leaves the house for an incident all of whose words are canaries."""
    make.user(Function.OPERATOR)
    hooked = make.user(Function.COMMANDER)
    ContactMethod.objects.create(
        person=hooked,
        method=Method.WEBHOOK,
        address=internal,
        secret="d2Vic2VjcmV0",
        verified_at=timezone.now(),
    )
    program = make.program(
        name=f"{CANARY} program", slug="canary-program", purpose=CANARY, declared_audience=CANARY
    )
    reporter = make.user(first_name=CANARY, username="canary-reporter")
    words = {name: f"{CANARY} {name}" for name in ("title", "detail", "found_how", "reference")}
    incident = make.incident(
        Sev.SEV1,
        reporter=reporter,
        program=program,
        dataset=make.dataset(program, name=CANARY, slug="canary-set", store=f"s3://{CANARY}"),
        **words,
    )
    timeline.write(incident, "update", f"{CANARY} update", actor=make.actor(reporter))
    for _ in range(12):
        engine.forward(minutes=16)
    mails = [f"{mail.subject}\n{mail.body}\n{mail.extra_headers}" for mail in mailoutbox]
    hooks = [f"{path}\n{headers}\n{body.decode()}" for path, headers, body in receiver.got]
    assert len(mails) > 3
    assert len(hooks) > 3
    return incident, mails, hooks


def test_no_word_of_an_incident_leaves_the_house(told):
    incident, mails, hooks = told
    for text in mails + hooks:
        assert "canary" not in text.lower()
        assert incident.codename in text


def test_a_message_carries_no_field_beyond_those_that_may_be_read(told):
    _incident, _mails, hooks = told
    for text in hooks:
        told_data = json.loads(text[text.index('{"type"') :])["data"]
        assert set(told_data) == {
            "codename",
            "level",
            "reported_at",
            "url",
            "acknowledge_url",
            "drill",
        }
