"""By which ways a person is paged: verified first, in their order, quiet when they want quiet."""

import smtplib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as mails
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due, Entry
from notifications import channels, contacts, trying, ways, working
from notifications.contacts import Refused, Terms
from notifications.models import ContactMethod, ContactTry, Method, Page
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db
ADDRESS = "oncall@demo.example"
NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}


@pytest.fixture
def person(commander):
    commander.zone = "Europe/Berlin"
    commander.save()
    return commander


@pytest.fixture
def by_mail(person):
    return contacts.add(person, Method.EMAIL, ADDRESS, terms=Terms(), actor=make.SYSTEM)


def verified(person, address=ADDRESS, **terms):
    made = contacts.add(person, Method.EMAIL, address, terms=Terms(**terms), actor=make.SYSTEM)
    contacts.verify(made, actor=make.SYSTEM)
    return made


def hints(person, **about):
    return [way.hint for way in ways.ways(person, **about)]


def said(mail):
    return mail.body.split()[0]


def test_what_is_not_verified_is_used_beside_the_account_until_something_is(person, by_mail):
    assert hints(person) == ["o…@demo.example", "p…@demo.example"]
    assert not ways.is_sure(person)
    verified(person, "sure@demo.example")
    assert hints(person) == ["s…@demo.example"]
    assert ways.is_sure(person)


def test_a_method_is_verified_by_the_code_that_came_by_it_and_good_once(
    by_mail, engine, mailoutbox
):
    trying.ask(by_mail, ContactTry.Kind.CODE)
    engine.work()
    code = said(mailoutbox[0])
    assert mailoutbox[0].to == [ADDRESS]
    assert code not in str(list(Due.objects.values())) + str(list(ContactTry.objects.values()))
    trying.confirm(by_mail, f" {code} ", actor=make.SYSTEM)
    by_mail.refresh_from_db()
    assert by_mail.verified_at
    assert by_mail.last_success_at
    with pytest.raises(Refused, match="have one sent first"):
        trying.confirm(by_mail, code, actor=make.SYSTEM)


def test_after_five_wrong_codes_or_ten_minutes_the_right_one_is_no_good(
    by_mail, engine, mailoutbox
):
    trying.ask(by_mail, ContactTry.Kind.CODE)
    engine.work()
    for _ in range(5):
        with pytest.raises(Refused, match="is not the one"):
            trying.confirm(by_mail, "é23456", actor=make.SYSTEM)
    with pytest.raises(Refused, match="no longer good"):
        trying.confirm(by_mail, said(mailoutbox[0]), actor=make.SYSTEM)
    late = trying.ask(by_mail, ContactTry.Kind.CODE)
    ContactTry.objects.filter(pk=late.pk).update(asked_at=timezone.now() - timedelta(minutes=11))
    engine.work()
    with pytest.raises(Refused, match="no longer good"):
        trying.confirm(by_mail, said(mailoutbox[1]), actor=make.SYSTEM)


def test_nobody_is_sent_more_than_ten_codes_and_tests_an_hour(by_mail):
    for _ in range(10):
        trying.ask(by_mail, ContactTry.Kind.TEST)
    with pytest.raises(Refused, match="an hour"):
        trying.ask(by_mail, ContactTry.Kind.CODE)


@pytest.mark.parametrize(
    ("method", "address", "terms", "wrong"),
    [
        (Method.EMAIL, "ada", Terms(), "address: give an e-mail address"),
        (Method.WEBHOOK, "http://a.example/", Terms(), "address: must start with https"),
        (Method.WEBHOOK, "https://169.254.169.254/", Terms(), "address: leads inside"),
        (Method.EMAIL, ADDRESS, Terms(quiet_from=time(1)), "quiet_until: give both"),
        (Method.EMAIL, ADDRESS, Terms(mildest=9), "mildest: a level"),
    ],
)
def test_what_reaches_nobody_is_refused_by_name(person, method, address, terms, wrong):
    with pytest.raises(Refused, match=wrong):
        contacts.add(person, method, address, terms=terms, actor=make.SYSTEM)
    assert not ContactMethod.objects.exists()


def test_the_same_address_is_not_added_twice_and_comes_back_after_it_was_off(by_mail):
    with pytest.raises(Refused, match="among your contact methods"):
        verified(by_mail.person)
    contacts.switch(by_mail, on=False, actor=make.SYSTEM)
    assert verified(by_mail.person).pk == by_mail.pk


def test_people_put_their_methods_in_order(person):
    for name in ("a", "b", "c"):
        last = verified(person, f"{name}@demo.example")
    contacts.move_up(last, actor=make.SYSTEM)
    assert [hint[0] for hint in hints(person)] == ["a", "c", "b"]


def test_a_method_for_grave_things_alone_leaves_the_milder_ones_to_the_account(person):
    verified(person, mildest=1)
    assert hints(person, level=1) == ["o…@demo.example"]
    assert hints(person, level=2) == ["p…@demo.example"]


@pytest.mark.parametrize(
    ("local", "until"),
    [
        (datetime(2026, 6, 1, 21, 59), None),
        (datetime(2026, 6, 1, 22, 0), datetime(2026, 6, 2, 7, 0)),
        (datetime(2026, 6, 2, 6, 59), datetime(2026, 6, 2, 7, 0)),
        (datetime(2026, 6, 2, 7, 0), None),
        # The night in which clocks go forward.
        (datetime(2026, 3, 28, 23, 0), datetime(2026, 3, 29, 7, 0)),
    ],
)
def test_quiet_hours_are_those_of_the_persons_clock(person, local, until):
    contact = verified(person, **NIGHT)
    berlin = ZoneInfo("Europe/Berlin")
    at = local.replace(tzinfo=berlin).astimezone(UTC)
    found = ways.quiet_until(contact, ways.zone_of(person), at)
    assert found == (until.replace(tzinfo=berlin) if until else None)


def asleep(person, **fields):
    """A method that is quiet at this very moment."""
    now = timezone.now().astimezone(ZoneInfo("Europe/Berlin"))
    about = [(now + timedelta(hours=hours)).time() for hours in (-1, 1)]
    return verified(person, quiet_from=about[0], quiet_until=about[1], **fields)


def test_what_quiet_hours_hold_back_stands_in_the_log_and_the_next_step_is_taken(
    person, engine, mailoutbox
):
    officer = make.user(Function.PRIVACY_OFFICER)
    asleep(person)
    make.incident(Sev.SEV2)
    engine.work()
    held = Page.objects.get(person=person)
    assert held.state == Page.State.HELD
    assert held.held_until > timezone.now()
    told = [mail.to for mail in mailoutbox]
    assert [officer.email] in told
    assert [ADDRESS] not in told


def test_sev_1_is_never_quiet(person, engine, mailoutbox):
    asleep(person)
    make.incident(Sev.SEV1)
    engine.work()
    assert [ADDRESS] in [mail.to for mail in mailoutbox]


def bounces(monkeypatch, address, code=550):
    take = mails.EmailMultiAlternatives.send

    def send(mail, **more):
        if mail.to == [address]:
            raise smtplib.SMTPRecipientsRefused({address: (code, b"5.1.1 no such user")})
        return take(mail, **more)

    monkeypatch.setattr(mails.EmailMultiAlternatives, "send", send)


def test_who_bounces_is_marked_and_paged_otherwise_and_others_are_paged(
    person, engine, monkeypatch
):
    other = make.user(*person.functions)
    contact = verified(person)
    bounces(monkeypatch, ADDRESS)
    make.incident(Sev.SEV2)
    engine.work()
    contact.refresh_from_db()
    assert contact.bounced_at
    pages = Page.objects.filter(person=person).order_by("pk")
    assert [page.state for page in pages] == [Page.State.FAILED, Page.State.SENT]
    assert (pages[0].attempts, pages[0].answer) == (1, "mail server: 550, not taken")
    assert pages[1].hint == "p…@demo.example"
    assert Page.objects.get(person=other).state == Page.State.SENT
    assert hints(person) == ["p…@demo.example"]


def test_an_account_whose_address_bounces_is_not_mailed_again(person, engine, monkeypatch):
    bounces(monkeypatch, person.email)
    make.incident(Sev.SEV2)
    engine.work()
    assert hints(person) == []
    assert Entry.objects.filter(action="contact.bounced").count() == 1


def test_a_mailbox_that_is_full_is_tried_again(person, engine, monkeypatch):
    contact = verified(person)
    bounces(monkeypatch, ADDRESS, code=452)
    make.incident(Sev.SEV2)
    engine.work()
    contact.refresh_from_db()
    assert contact.bounced_at is None
    assert contact.last_failure == "mail server: 452, not taken"
    assert Page.objects.get(person=person).state == Page.State.SENDING


def test_a_channel_that_breaks_says_so_without_quoting_and_stops_nobody_else(
    person, engine, monkeypatch
):
    other = make.user(*person.functions)
    send = channels.send

    def broken(method, message):
        if message.address == person.email:
            raise RuntimeError("Kookaburra")
        return send(method, message)

    monkeypatch.setattr(channels, "send", broken)
    make.incident(Sev.SEV2)
    engine.work()
    assert Page.objects.get(person=person).tries.get().answer == "RuntimeError"
    assert Page.objects.get(person=other).state == Page.State.SENT


def test_more_pages_a_minute_than_anybody_reads_wait_and_grave_ones_do_not(
    person, engine, monkeypatch
):
    monkeypatch.setattr("notifications.crowding.most_a_minute", lambda: 1)
    make.incident(Sev.SEV2)
    make.incident(Sev.SEV2)
    make.incident(Sev.SEV1)
    engine.work()
    mine = Page.objects.filter(person=person)
    waits = mine.get(state=Page.State.PENDING)
    assert waits.held_until > timezone.now()
    assert mine.filter(state=Page.State.SENT).count() == 2
    monkeypatch.setattr("notifications.crowding.most_a_minute", lambda: 5)
    engine.forward(minutes=1)
    waits.refresh_from_db()
    assert waits.state == Page.State.SENT


def test_mail_is_looked_at_each_day_without_any_being_sent(by_mail, engine, mailoutbox):
    working.look_after(by_mail.pk)
    engine.forward(days=1, minutes=1)
    assert by_mail.tries.get(kind="look").state == "sent"
    assert not mailoutbox


def test_what_was_off_for_days_is_looked_at_each_day_once_it_is_on_again(by_mail, engine):
    working.look_after(by_mail.pk)
    contacts.switch(by_mail, on=False, actor=make.SYSTEM)
    engine.forward(days=3)
    # The clock of this test stands still, and what was done would have the name of tomorrow's.
    assert Due.objects.filter(kind=working.LOOK, state=Due.State.DONE).delete()[0]
    contacts.switch(by_mail, on=True, actor=make.SYSTEM)
    engine.forward(days=1, minutes=1)
    assert by_mail.tries.filter(kind="look").count() == 1


def test_the_daily_look_finds_who_is_gone_before_anybody_pages_there(by_mail, engine, monkeypatch):
    def gone(_method, _message):
        raise channels.Bounced("mail server: 550, not taken")

    monkeypatch.setattr(channels, "look", gone)
    working.look_after(by_mail.pk)
    engine.forward(days=1, minutes=1)
    by_mail.refresh_from_db()
    assert by_mail.bounced_at
    assert by_mail.tries.get(kind="look").state == "failed"


def test_operators_are_mailed_when_a_daily_look_fails_that_did_not_before(
    by_mail, engine, monkeypatch, mailoutbox
):
    def gone(_method, _message):
        raise channels.Bounced("mail server: 550, not taken")

    operator = make.user(Function.OPERATOR)
    monkeypatch.setattr(channels, "look", gone)
    for _day in range(3):
        trying.look(by_mail.pk)
        engine.work()
    assert by_mail.tries.filter(kind="look", state="failed").count() == 3
    (mail,) = mailoutbox
    assert (mail.to, mail.subject.endswith("may not be reached")) == ([operator.email], True)
    assert "550, not taken" in mail.body
    assert "No verified way to them is left" in mail.body
    assert by_mail.address not in mail.body


def test_the_pages_show_add_verify_and_test_to_their_owner_alone(person, engine, mailoutbox):
    ada, eve = Reader(person), Reader(make.user())
    assert "None of your contact methods is verified" in ada.reads("/profile/contacts/")
    answer = ada.post("/profile/contacts/", method="email", address=ADDRESS, mildest="5")
    there = answer["Location"]
    ada.post(f"{there}do/", do="test")
    engine.work()
    assert "Test page : Sent" in ada.reads(there)
    ada.post(f"{there}do/", do="code")
    engine.work()
    ada.post(f"{there}do/", do="confirm", code=said(mailoutbox[-1]))
    assert "Verified" in ada.reads("/profile/contacts/")
    assert {eve.get(path).status_code for path in (there, f"{there}tries/")} == {404}
    assert eve.post(f"{there}do/", do="off").status_code == 404
    assert ada.post(f"{there}do/", do="\0").status_code == 404
    wrong = ada.post("/profile/contacts/", method="webhook", address="\0", mildest="5")
    assert wrong.status_code == 422


def test_a_mail_has_text_and_html_and_answers_the_first_of_its_incident(person, engine, mailoutbox):
    make.incident(Sev.SEV2)
    engine.work()
    for _ in range(4):
        engine.forward(minutes=40)
    told = [mail for mail in mailoutbox if mail.to == [person.email]]
    # That it must be assessed in full is no page.
    first, second = [mail for mail in told if "full assessment" not in mail.subject][:2]
    html, kind = first.alternatives[0]
    assert kind == "text/html"
    assert "/acknowledge/" in html
    assert "src=" not in html
    assert second.extra_headers["In-Reply-To"] == first.extra_headers["Message-ID"]
    assert first.extra_headers["List-Id"] == "Andon <andon.localhost>"
    assert "In-Reply-To" not in first.extra_headers
