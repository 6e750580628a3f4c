"""What people hear of because they asked: if they may see it, until they end it."""

import pytest
from django.test import Client

from accounts.functions import Function
from audit.models import Due
from incidents import grants, lifecycle, timeline
from incidents.models import Status, TimelineEntry
from notifications import channels, policies, subscribing, telling
from notifications.models import News
from notifications.subscribing import Wish
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db
ALL = tuple(News.values)


def subscribe(person, **wish):
    wish = {"about": ALL} | wish
    return subscribing.subscribe(person, Wish(**wish), actor=make.actor(person))


@pytest.fixture
def officer():
    """Lets herself be told of everything, and sees every incident."""
    person = make.user(Function.PRIVACY_OFFICER)
    subscribe(person)
    return person


@pytest.fixture
def told(engine, mailoutbox):
    def what(person):
        engine.work()
        mine = [mail for mail in mailoutbox if mail.to == [person.email]]
        return [m.subject.removeprefix("[Andon] ") for m in mine if m.extra_headers.get(HEADER)]

    return what


HEADER = "List-Unsubscribe"


def test_from_the_report_to_the_end_each_thing_is_told_once(officer, told):
    incident = make.incident(Sev.SEV3)
    name = incident.codename
    assert told(officer) == [f"{name} was opened, SEV 3"]
    incident = make.judged(incident, Sev.SEV2)
    timeline.write(incident, "update", "We look.", actor=make.actor(officer))
    news = told(officer)[1:]
    assert f"{name} is SEV 2 now, it was SEV 3" in news
    assert f"{name} has an update, SEV 2" in news
    assert f"{incident.program.name} is paused: nothing is collected" in news
    timeline.write(incident, "report", "Of a monitor.", actor=make.actor(officer))
    assert len(told(officer)) == 4
    mild = make.incident(Sev.SEV3)
    lifecycle.move(mild, Status.DISMISSED, reason="No.", actor=make.actor(officer))
    assert f"{mild.codename} is over: dismissed" in told(officer)


def test_a_mail_holds_the_codename_and_never_what_happened(officer, engine, mailoutbox):
    incident = make.incident(Sev.SEV3, title="Zebra transcripts", detail="Quagga")
    timeline.write(incident, "update", "Okapi", actor=make.actor(officer))
    engine.work()
    said = "".join(str(mail.message()) for mail in mailoutbox)
    assert incident.codename in said
    assert not [word for word in ("Zebra", "Quagga", "Okapi") if word in said]


def test_nothing_is_told_that_its_person_may_not_see(told):
    stranger, viewer = make.user(), make.user()
    subscribe(stranger)
    subscribe(viewer)
    incident = make.incident()
    assert told(stranger) == []
    grants.admit(incident, person=viewer, level="view", reason="Asks.", actor=make.SYSTEM)
    timeline.write(incident, "update", "One.", actor=make.SYSTEM, audience="leadership")
    assert told(viewer) == [f"{incident.codename} has an update, SEV 3"]
    timeline.write(incident, "update", "Two.", actor=make.SYSTEM)
    assert len(told(viewer)) == 1
    assert told(stranger) == []


@pytest.mark.parametrize("how", ["let out", "shut out", "ended", "other things"])
def test_who_lost_it_between_the_news_and_the_mail_gets_nothing(engine, told, how):
    person, incident = make.user(), make.incident()
    subscription = subscribe(person)
    grant = grants.admit(incident, person=person, level="close", reason="r", actor=make.SYSTEM)
    timeline.write(incident, "update", "One.", actor=make.SYSTEM)
    telling.updated({"incident": incident.pk, "audience": TimelineEntry.Audience.LEADERSHIP})
    assert Due.objects.filter(kind=telling.SEND).count() == 1
    if how == "let out":
        grants.end(grant, actor=make.SYSTEM)
    elif how == "shut out":
        type(person).objects.filter(pk=person.pk).update(is_active=False)
    elif how == "ended":
        subscribing.end(subscription, actor=make.SYSTEM)
    else:
        subscribing.change(subscription, Wish([News.CLOSED]), actor=make.SYSTEM)
    assert told(person) == []
    assert not Due.objects.filter(kind=telling.SEND).waiting().exists()


def test_a_level_and_a_program_narrow_it(told):
    program = make.program()
    person = make.user(Function.PRIVACY_OFFICER)
    subscribe(person, mildest=2)
    subscribe(person, program=program, mildest=5, about=[News.OPENED])
    other = make.incident(Sev.SEV3)
    assert told(person) == []
    make.judged(other, Sev.SEV2)
    assert f"{other.codename} is SEV 2 now, it was SEV 3" in told(person)
    here = make.incident(Sev.SEV3, program=program)
    # Both fit when it is grave: one mail.
    assert [s for s in told(person) if here.codename in s] == [f"{here.codename} was opened, SEV 2"]


def test_a_drill_and_a_first_start_are_no_news(officer, told):
    make.incident(Sev.SEV2, program=make.program(is_drill=True), is_drill=True)
    make.program()
    assert told(officer) == []


def test_that_a_program_goes_on_is_told(told):
    person, program = make.user(), make.program()
    subscribe(person, program=program)
    pauses.pull_the_cord(program, reason="x", actor=make.actor(person))
    assert told(person) == [f"{program.name} is paused: nothing is collected"]
    make.resumed(program)
    then = told(person)[1:]
    assert then
    assert all(each.startswith(f"{program.name} goes on") for each in then)


def test_one_click_ends_it_without_a_sign_in_and_looking_does_not(officer, engine, mailoutbox):
    make.incident()
    engine.work()
    mail = next(m for m in mailoutbox if m.to == [officer.email] and HEADER in m.extra_headers)
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail.extra_headers[HEADER].strip("<>").removeprefix("http://localhost:8000")
    client = Client(enforce_csrf_checks=True)
    assert b"Send no more of them" in client.get(path).content
    assert subscribing.of(officer).exists()
    answer = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert b"gets no more of these mails" in answer.content
    assert not subscribing.of(officer).exists()
    assert client.post(path[:-2] + "/").status_code == 404


def test_a_page_carries_no_such_link(engine, mailoutbox):
    policies.ensure_general_policies(actor=make.SYSTEM)
    commander = make.user(Function.COMMANDER)
    make.incident(Sev.SEV2)
    engine.work()
    assert [m for m in mailoutbox if m.to == [commander.email]]
    assert not [m for m in mailoutbox if HEADER in m.extra_headers]


def test_where_nobody_is_nothing_is_sent_again(officer, engine, monkeypatch):
    tries = []

    def bounces(_method, message):
        tries.append(message.address)
        raise channels.Bounced("nobody")

    monkeypatch.setattr(channels, "send", bounces)
    make.incident()
    make.incident()
    engine.work()
    make.incident()
    engine.work()
    assert officer.contact_methods.get().bounced_at
    assert tries.count(officer.email) <= 2


def test_what_cannot_be_subscribed_to_is_refused_with_the_field():
    person, draft = make.user(), make.draft()
    wishes = {
        "about": Wish([]),
        "mildest": Wish(ALL, mildest=6),
        "ways": Wish(ALL, at_once=False),
        "program": Wish(ALL, program=draft),
    }
    for field, wish in wishes.items():
        with pytest.raises(subscribing.Refused, match=f"^{field}: "):
            subscribing.subscribe(person, wish, actor=make.actor(person))
    subscribe(person)
    with pytest.raises(subscribing.Refused, match="already"):
        subscribe(person)


def test_a_person_manages_their_own_on_pages_and_nobody_elses():
    ada, bo, program = Reader(make.user()), Reader(make.user()), make.program()
    path = "/profile/subscriptions/"
    said = {"program": program.pk, "mildest": "2", "about": ["opened", "level"], "ways": "at_once"}
    assert ada.post(path, **said).status_code == 302
    assert program.name in ada.reads(path)
    assert "SEV 0 – 2" in ada.reads(path)
    again = ada.post(path, **said)
    assert again.status_code == 422
    assert b"already" in again.content
    pk = subscribing.of(ada.person).get().pk
    assert bo.get(f"{path}{pk}/").status_code == bo.post(f"{path}{pk}/end/").status_code == 404
    ada.post(f"{path}{pk}/", **(said | {"program": "", "about": ["closed"]}))
    assert subscribing.of(ada.person).get().about == ["closed"]
    ada.post(f"{path}{pk}/end/")
    assert "You are told of nothing yet" in ada.reads(path)
