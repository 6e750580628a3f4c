"""One page to one person: tried, tried again, given up, and every attempt kept."""

import json
import smtplib

import pytest
from django.core import mail as mails
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from audit.models import Due
from notifications import channels, paging, sending
from notifications.models import ContactMethod, Method, Page
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def incident(commander):
    return make.incident(Sev.SEV2)


@pytest.fixture
def hook(commander, internal):
    return ContactMethod.objects.create(
        person=commander,
        method=Method.WEBHOOK,
        address=internal,
        secret=SECRET,
        verified_at=timezone.now(),
    )


def broken(monkeypatch, error):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(mails.EmailMultiAlternatives, "send", fail)


def test_a_page_by_mail_carries_what_tells_a_repeat_and_a_thread(incident, engine, mailoutbox):
    engine.work()
    (mail,) = mailoutbox
    page = Page.objects.get()
    assert mail.extra_headers["Message-ID"] == f"<{page.key}@localhost>"
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"
    assert mail.subject == f"[Andon] SEV 2 {incident.codename}: please acknowledge"


def test_all_mails_of_an_incident_stand_in_one_thread(incident, engine, mailoutbox):
    make.incident(Sev.SEV2)
    make.judged(incident, Sev.SEV1)
    engine.work()
    threads = [mail.extra_headers["References"] for mail in mailoutbox]
    assert len(threads) >= 2
    mine = {
        mail.extra_headers["References"] for mail in mailoutbox if incident.codename in mail.subject
    }
    assert len(mine) == 1
    assert len(set(threads)) == 2


def test_a_mail_names_an_undetermined_severity_and_a_drill(commander, engine, mailoutbox):
    make.incident(Sev.SEV2, program=None, is_drill=True)
    engine.work()
    (mail,) = mailoutbox
    assert mail.subject.startswith("[Andon] Drill, undetermined severity, counts as SEV")
    assert mail.body.startswith("This is a drill. ")


def test_each_attempt_is_kept_with_its_answer(incident, engine, monkeypatch):
    with monkeypatch.context() as patch:
        broken(patch, smtplib.SMTPServerDisconnected("Connection lost"))
        engine.work()
    page = Page.objects.get()
    assert (page.state, page.attempts) == (Page.State.SENDING, 1)
    engine.forward(seconds=3)
    page.refresh_from_db()
    assert (page.state, page.answer) == (Page.State.SENT, "taken by the mail server")
    answers = list(page.tries.values_list("answer", flat=True))
    assert answers == ["mail server: SMTPServerDisconnected", "taken by the mail server"]


@pytest.mark.parametrize("error", [OSError("x"), smtplib.SMTPException("x"), ValueError("x")])
def test_whatever_the_mail_server_says_the_page_is_tried_again(
    incident, engine, monkeypatch, error
):
    broken(monkeypatch, error)
    engine.work()
    row = Due.objects.get(kind="notifications.send_page")
    assert (row.state, row.last_error) == (Due.State.SCHEDULED, "NotSent")


def test_the_pages_of_one_person_are_of_one_lane(incident, engine):
    engine.work()
    row = Due.objects.get(kind="notifications.send_page")
    page = Page.objects.get(pk=row.payload["page"])
    assert row.payload["lane"] == f"person-{page.person_id}"


def test_a_page_that_never_leaves_is_given_up_where_people_see_it(incident, engine, monkeypatch):
    broken(monkeypatch, OSError("no route"))
    engine.work()
    for _ in range(10):
        engine.forward(minutes=11)
    page = Page.objects.filter(state=Page.State.FAILED).first()
    assert (page.attempts, page.answer) == (8, "mail server: OSError")
    line = incident.timeline.filter(text__contains="could not be paged by email").first()
    assert "after 8 attempts" in line.text


def test_a_page_that_was_dropped_while_it_was_being_tried_is_not_tried_again(
    incident, commander, engine, monkeypatch, mailoutbox
):
    with monkeypatch.context() as patch:
        broken(patch, OSError("no route"))
        engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    # Long enough for another try, and too short to be asked whether one is still on it.
    engine.forward(minutes=30)
    page = Page.objects.get()
    assert (page.state, page.attempts) == (Page.State.DROPPED, 1)
    assert not mailoutbox


def test_a_page_that_was_sent_is_not_sent_again(incident, engine, mailoutbox):
    engine.work()
    sending.send_page(Page.objects.get().pk)()
    assert len(mailoutbox) == 1


def test_a_crash_after_the_attempt_began_leaves_a_trace_of_it(incident, engine, monkeypatch):
    paging.open_for(incident.pk)
    paging.take_step(incident.escalations.get().pk, 0)
    monkeypatch.setattr(channels, "send", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    page = Page.objects.get()
    with pytest.raises(KeyboardInterrupt):
        sending.send_page(page.pk)
    attempt = page.tries.get()
    assert (attempt.number, attempt.ended_at) == (1, None)


def test_every_page_has_a_key_of_its_own_that_stays(incident, commander, engine, monkeypatch):
    make.user(*commander.functions)
    keys = []
    send = channels.send
    monkeypatch.setattr(
        channels, "send", lambda m, message: keys.append(message.key) or send(m, message)
    )
    engine.work()
    engine.forward(minutes=11)
    stored = list(Page.objects.values_list("key", flat=True))
    assert sorted(keys) == sorted(stored)
    assert len(set(stored)) == len(stored) >= 2


def test_a_webhook_is_signed_so_that_the_usual_library_believes_it(
    hook, incident, engine, receiver
):
    engine.work()
    _path, headers, body = receiver.got[0]
    told = Webhook(SECRET).verify(body, {k.lower(): v for k, v in headers.items()})
    assert told["type"] == "page"
    assert told["data"]["codename"] == incident.codename
    assert headers["webhook-id"] == Page.objects.get().key


def test_a_webhook_whose_body_was_changed_is_not_believed(hook, incident, engine, receiver):
    engine.work()
    _path, headers, body = receiver.got[0]
    headers = {k.lower(): v for k, v in headers.items()}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"SEV 2", b"SEV 5"), headers)
    other = "whsec_" + "A" * 32
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_a_webhook_that_is_not_taken_is_tried_again(hook, incident, engine, receiver, status):
    receiver.status = status
    engine.work()
    page = Page.objects.get()
    assert page.state == Page.State.SENDING
    assert page.tries.get().answer == f"answered {status}"
    receiver.status = 200
    engine.forward(seconds=3)
    page.refresh_from_db()
    assert page.state == Page.State.SENT
    ids = {headers["webhook-id"] for _path, headers, _body in receiver.got}
    assert ids == {page.key}


@pytest.mark.parametrize("secret", ["", "a", "!!!"])
def test_a_webhook_without_a_usable_secret_says_so(hook, incident, engine, receiver, secret):
    hook.secret = secret
    hook.save()
    engine.work()
    assert "cannot sign" in Page.objects.get().tries.get().answer
    assert not receiver.got


def test_an_address_that_leads_inside_is_refused_when_sending(hook, incident, engine, settings):
    hook.address = "https://127.0.0.1/hook"
    hook.save()
    engine.work()
    assert "leads inside" in Page.objects.get().tries.get().answer


def test_an_address_with_a_line_break_cannot_add_a_header(commander, incident, engine, mailoutbox):
    ContactMethod.objects.create(
        person=commander,
        method=Method.EMAIL,
        address="a@demo.example\nBcc: all@demo.example",
        verified_at=timezone.now(),
    )
    engine.work()
    assert not mailoutbox
    assert "ValueError" in Page.objects.get().tries.get().answer or (
        "BadHeaderError" in Page.objects.get().tries.get().answer
    )


def test_the_message_says_where_to_answer_and_where_to_read_on(incident, engine, mailoutbox):
    engine.work()
    body = mailoutbox[0].body
    assert "http://localhost:8000/acknowledge/" in body
    assert f"http://localhost:8000/incidents/{incident.ref}/" in body
    assert json.dumps(body)
