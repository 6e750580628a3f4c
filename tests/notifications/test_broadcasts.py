"""Updates for stakeholders: nothing before a second person, each copy once, apart from others."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due, OutboxEvent
from incidents import exposures, grants
from incidents.models import TimelineEntry
from notifications import broadcasts, channels, copies, stakeholders, subscribing
from notifications.models import Broadcast, BroadcastCopy, News
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller
from tests.web.conftest import Reader, let_in

pytestmark = pytest.mark.django_db
State = Broadcast.State


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


@pytest.fixture
def author(incident):
    return let_in(incident, "contribute").person


@pytest.fixture
def officer(incident):
    person = make.user(Function.PRIVACY_OFFICER)
    grants.admit(incident, person=person, level="close", reason="r", actor=make.SYSTEM)
    return person


@pytest.fixture
def told():
    return make.user(first_name="Ada", last_name="Obi")


@pytest.fixture
def waiting(incident, author, told):
    return write(incident, author, people=[told])


def said(**fields):
    return broadcasts.Said(**({"subject": "What we know", "text": "Access is closed."} | fields))


def write(incident, by, **fields):
    return broadcasts.draft(incident, said(**fields), actor=make.actor(by))


def approve(row, by, version=1):
    return broadcasts.approve(row, version=version, actor=make.actor(by))


def got(mailoutbox, subject="What we know"):
    return [mail.to[0] for mail in mailoutbox if subject in mail.subject]


def entries(incident):
    rows = incident.timeline.filter(audience=TimelineEntry.Audience.TOLD).order_by("pk")
    return [row.text for row in rows]


def test_nothing_leaves_before_a_second_person_and_then_one_copy_each(
    incident, author, officer, told, engine, mailoutbox
):
    council = stakeholders.add("Council", "council@demo.example", actor=make.SYSTEM)
    team = Group.objects.create(name="storage")
    team.user_set.add(told, author)
    row = write(incident, author, people=[told], teams=[team], stakeholders=[council])
    engine.work()
    assert (got(mailoutbox), entries(incident)) == ([], [])
    approve(row, officer)
    engine.work()
    assert sorted(got(mailoutbox)) == sorted([told.email, author.email, "council@demo.example"])
    mail = next(m for m in mailoutbox if m.to == ["council@demo.example"])
    assert "Access is closed." in mail.body
    assert f"/incidents/{incident.ref}/" not in mail.body
    row.refresh_from_db()
    assert row.state == State.SENT
    first, last = entries(incident)
    assert "for 3 recipients" in first
    assert "Access is closed." in first
    assert last == "The update for stakeholders was sent to 3 of 3."
    assert not OutboxEvent.objects.filter(payload__text__isnull=False).exists()


def test_who_wrote_any_of_it_or_is_neither_commander_nor_officer_cannot_approve(
    incident, author, officer, waiting
):
    manager = let_in(incident, "manage").person
    refusals = {author: "commander or a privacy officer", manager: "commander or a privacy officer"}
    for person, sentence in refusals.items():
        with pytest.raises(broadcasts.Refused, match=sentence):
            approve(waiting, person)
    broadcasts.edit(waiting, said(people=[author]), version=1, actor=make.actor(officer))
    broadcasts.edit(waiting, said(people=[author]), version=2, actor=make.actor(author))
    with pytest.raises(broadcasts.Refused, match="second person"):
        approve(waiting, officer, version=3)
    assert not BroadcastCopy.objects.exists()


def test_a_change_after_the_approval_voids_it(waiting, author, officer, told, engine, mailoutbox):
    approve(waiting, officer)
    changed = said(text="All is well.", people=[told])
    broadcasts.edit(waiting, changed, version=1, actor=make.actor(author))
    engine.work()
    assert got(mailoutbox) == []
    with pytest.raises(broadcasts.Refused, match="changed it meanwhile"):
        approve(waiting, officer, version=1)
    approve(waiting, officer, version=2)
    engine.work()
    assert got(mailoutbox) == [told.email]
    assert "All is well." in mailoutbox[-1].body
    with pytest.raises(broadcasts.Refused, match="write another one"):
        broadcasts.edit(waiting, changed, version=2, actor=make.actor(author))
    with pytest.raises(broadcasts.Refused, match="sent to some"):
        broadcasts.withdraw(waiting, version=2, actor=make.actor(author))


def test_it_waits_for_its_time_and_may_be_withdrawn_till_then(
    incident, author, officer, told, engine, mailoutbox
):
    later = timezone.now() + timedelta(hours=2)
    first = approve(write(incident, author, people=[told], send_at=later), officer)
    second = approve(write(incident, author, people=[told], send_at=later), officer)
    engine.work()
    broadcasts.withdraw(second, version=1, actor=make.actor(author))
    assert got(mailoutbox) == []
    Due.objects.filter(kind=copies.SEND, state="scheduled").update(due_at=timezone.now())
    engine.work()
    assert got(mailoutbox) == [told.email]
    assert set(Broadcast.objects.values_list("pk", "state")) == {
        (first.pk, "sent"),
        (second.pk, "withdrawn"),
    }


def test_where_exposed_data_lie_is_not_told_until_the_fix_is_verified(
    incident, author, officer, told, engine, mailoutbox
):
    by = make.actor(officer)
    place = exposures.Said(what="Logs", location="s3://Lake-7/raw", until=timezone.now())
    exposed = exposures.add(incident, place, actor=by)
    row = write(incident, author, people=[told], text="It was in S3://lake-7/RAW.")
    with pytest.raises(broadcasts.Refused, match="where exposed data lie"):
        approve(row, officer)
    exposures.verify(exposed, how="Looked.", actor=by)
    approve(row, officer)
    exposures.add(incident, place, actor=by)
    engine.work()
    assert got(mailoutbox) == []
    assert BroadcastCopy.objects.get().state == "withheld"


def test_subscribers_get_it_only_if_they_may_see_the_incident_when_it_is_sent(
    incident, author, officer, engine, mailoutbox
):
    seeing, stranger, leaves = make.user(), make.user(), make.user()
    for person in (seeing, stranger, leaves):
        wish = subscribing.Wish([News.UPDATE], program=incident.program)
        subscribing.subscribe(person, wish, actor=make.actor(person))
    for person in (seeing, leaves):
        grants.admit(incident, person=person, level="view", reason="r", actor=make.SYSTEM)
    approve(write(incident, author, subscribers=True), officer)
    grants.leave(incident, actor=make.actor(leaves))
    engine.work()
    assert got(mailoutbox) == [seeing.email]
    mail = next(m for m in mailoutbox if "What we know" in m.subject)
    assert "List-Unsubscribe" in mail.extra_headers
    assert "was sent to 1 of 3." in entries(incident)[-1]


def test_one_bad_address_holds_up_nobody(incident, author, officer, told, engine, monkeypatch):
    other, gone, sent = make.user(), make.user(), []

    def sends(_method, message):
        if message.address == told.email:
            raise channels.NotSent("busy")
        if message.address == gone.email:
            raise channels.Bounced("nobody")
        sent.append((message.address, message.key))
        return "taken"

    monkeypatch.setattr(channels, "send", sends)
    approve(write(incident, author, people=[told, other, gone]), officer)
    for _hour in range(10):
        engine.forward(hours=1)
    assert [address for address, key in sent if key.startswith("broadcast-")] == [other.email]
    states = dict(BroadcastCopy.objects.values_list("person", "state"))
    assert states == {told.pk: "failed", other.pk: "sent", gone.pk: "failed"}
    assert "sent to 1 of 3." in entries(incident)[-1]
    assert "Ada Obi: the mail server did not take it, 8 times" in entries(incident)[-1]


def test_bad_input_is_refused_with_its_field(incident, author, told):
    wrong = {
        "subject": {"subject": "a\nb"},
        "text": {"text": "x" * 5001},
        "people": {},
        "send_at": {"people": [told], "send_at": timezone.now() - timedelta(hours=1)},
    }
    for field, fields in wrong.items():
        with pytest.raises(broadcasts.Refused, match=f"^{field}: "):
            write(incident, author, **fields)
    for name, address in (("Council", "not-an-address"), ("", "a@demo.example")):
        with pytest.raises(stakeholders.Refused, match="^(address|name): "):
            stakeholders.add(name, address, actor=make.SYSTEM)


def test_it_is_written_returned_and_approved_on_pages(incident, author, officer, told, engine):
    writer, decider, path = (
        Reader(author),
        Reader(officer),
        f"/incidents/{incident.ref}/broadcasts/",
    )
    form = {"subject": "What we know", "text": "Closed.", "people": f"{told.username}\nnobody"}
    assert b"Nobody has this user name" in writer.post(path, **form).content
    form["people"] = told.email
    answer = writer.post(path, **form)
    row = Broadcast.objects.get()
    one = f"{path}{row.pk}/"
    assert answer["Location"] == one
    assert "Approve and send" not in writer.reads(one)
    assert "For: Ada Obi" in decider.reads(one)
    assert "Approve and send" in decider.reads(one)
    decider.post(f"{one}decide/", do="return", version="1", words="Say when.")
    assert "Say when." in writer.reads(one)
    writer.post(one, **form, version="1")
    assert decider.post(f"{one}decide/", do="approve", version="1").status_code == 409
    decider.post(f"{one}decide/", do="approve", version="2")
    engine.work()
    assert "Ada Obi Sent" in decider.reads(one)
    assert "Ada Obi Sent" in decider.reads(f"/incidents/{incident.ref}/deliveries/")


def test_more_people_than_are_told_are_not_even_looked_up(
    incident, author, django_assert_max_num_queries
):
    form = {"subject": "s", "text": "t", "people": "nobody\n" * 5_000}
    with django_assert_max_num_queries(100):
        answer = Reader(author).post(f"/incidents/{incident.ref}/broadcasts/", **form)
    assert b"At most 200; name a team instead." in answer.content


def test_operators_list_who_outside_may_be_told():
    operator = Reader(make.user(Function.OPERATOR))
    operator.post("/stakeholders/", name="Council", address="council@demo.example")
    assert "Council c…@demo.example" in operator.reads("/stakeholders/")
    row = stakeholders.listed().get()
    assert "council@" not in row.sealed_address
    operator.post(f"/stakeholders/{row.pk}/remove/")
    assert not stakeholders.listed().exists()


def test_it_is_written_and_approved_by_api(incident, author, officer, told, engine, mailoutbox):
    path = f"/incidents/{incident.ref}/broadcasts"
    body = {"subject": "What we know", "text": "Closed.", "people": [told.username]}
    made = Caller(author).post(path, body)
    assert made.status_code == 201
    pk = made.json()["id"]
    assert Caller(author).post(path, body | {"people": ["x"]}).json()["field"] == "people"
    assert Caller(author).post(f"{path}/{pk}/approve", {"version": 1}).status_code == 403
    assert Caller(officer).post(f"{path}/{pk}/return", {"version": 1}).json()["field"] == "words"
    assert (
        Caller(officer).post(f"{path}/{pk}/approve", {"version": 1}).json()["state"] == "approved"
    )
    engine.work()
    assert got(mailoutbox) == [told.email]
    assert Caller(officer).get(path).json()[0]["copies"][0]["state"] == "sent"
    assert Caller(officer).post(f"{path}/{pk}/approve", {"version": 1}).status_code == 409
