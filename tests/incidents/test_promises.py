"""Who hears that a promised update is late: at once and again by severity, until it is written."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.functions import Function
from audit import outbox
from audit.models import Due
from incidents import admission, grants, lifecycle, promises, roles, timeline
from incidents.models import Incident, Role, Status, TimelineEntry
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
HOUR = {"minutes": 61}


@pytest.fixture
def incident():
    return make.incident()


@pytest.fixture
def writer(incident):
    person = make.user()
    grants.admit(incident, person=person, level="manage", reason="Helps.", actor=make.SYSTEM)
    return person


@pytest.fixture
def told(incident, writer, mailoutbox, engine):
    promise(incident, writer)

    def who(**passes):
        # Only the reminders: what a step of the runbook or a policy wants is not looked at here.
        ours = Due.objects.waiting().filter(kind=promises.REMIND)
        ours.update(due_at=F("due_at") - timedelta(**passes))
        engine.work()
        return [mail.to[0] for mail in mailoutbox if "update is late" in mail.subject]

    return who


def write(incident, by, **fields):
    kind = TimelineEntry.Kind.UPDATE
    return timeline.write(incident, kind, "Grants removed.", actor=make.actor(by), **fields)


def promise(incident, by, **ahead):
    write(incident, by)
    due = timezone.now() + timedelta(**(ahead or {"hours": 1}))
    lifecycle.plan_update(incident, next_update_at=due, actor=make.actor(by))


def lines(incident):
    return incident.timeline.filter(kind="escalation", text__contains="is late")


def test_who_wrote_last_hears_when_it_is_due_and_at_most_five_times(incident, writer, told):
    assert told(minutes=59) == []
    assert told(minutes=2) == [writer.email]
    assert told(minutes=59) == [writer.email]
    assert len(told(minutes=2)) == 2
    for _ in range(6):
        heard = told(**HOUR)
    assert heard == [writer.email] * 5
    assert not Due.objects.waiting().filter(kind=promises.REMIND).exists()
    said = lines(incident).get()
    assert writer.name in said.text
    assert said.audience == TimelineEntry.Audience.RESPONDERS


def test_the_lead_of_communications_comes_before_the_commander(incident, writer, told):
    commander, lead = make.user(Function.COMMANDER), make.user(Function.RESPONDER)
    roles.give(incident, Role.COMMANDER, person=commander, actor=make.SYSTEM)
    assert told(**HOUR) == [commander.email]
    roles.give(incident, Role.COMMS, person=lead, actor=make.SYSTEM)
    assert told(**HOUR) == [commander.email, lead.email]


def test_the_mail_carries_codename_level_and_link_alone(incident, told, mailoutbox):
    told(**HOUR)
    mail = next(mail for mail in mailoutbox if "update is late" in mail.subject)
    assert mail.subject == f"[Andon] {incident.codename}: SEV 3, the next update is late"
    assert f"/incidents/INC-{incident.number}/" in mail.body
    assert incident.title not in mail.body
    assert incident.program.name not in mail.body


@pytest.mark.parametrize("ends", ["update", "promise", "none", "over"])
def test_what_ends_the_reminders(incident, writer, told, ends):
    told(**HOUR)
    if ends == "update":
        write(incident, writer)
    elif ends == "promise":
        promise(incident, writer, days=9)
    elif ends == "none":
        lifecycle.plan_update(incident, next_update_at=None, actor=make.SYSTEM)
    else:
        lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test account.")
        assert Incident.objects.get().next_update_at is None
    assert told(days=2) == [writer.email]


def test_a_correction_is_no_update_and_who_manages_hears_in_place_of_who_was_let_out(
    incident, writer, told
):
    said = incident.timeline.filter(kind=TimelineEntry.Kind.UPDATE).get()
    timeline.correct(said, text="Grants are gone.", actor=make.actor(writer))
    assert told(**HOUR) == [writer.email]
    for grant in incident.grants.filter(person=writer):
        grants.end(grant, actor=make.SYSTEM)
    managing = [person.email for person in admission.managers(incident)]
    assert writer.email not in managing
    assert told(**HOUR) == [writer.email, *managing]


def test_a_crash_in_the_middle_tells_nobody_twice(incident, writer, told, monkeypatch):
    publish, crashes = outbox.publish, iter([True])

    def once(topic, **payload):
        if topic == "incident.update_late" and next(crashes, False):
            raise RuntimeError
        return publish(topic, **payload)

    monkeypatch.setattr(outbox, "publish", once)
    assert told(**HOUR) == []
    assert not lines(incident).exists()
    assert told(seconds=3) == [writer.email]
    done = Due.objects.get(kind=promises.REMIND, payload__number=0).payload
    promises.remind(
        incident.pk, promised=done["promised"], since=done["since"], number=done["number"]
    )
    assert told(seconds=3) == [writer.email]
    assert Due.objects.waiting().filter(kind=promises.REMIND).count() == 1


@pytest.mark.parametrize(
    ("level", "minutes"), [(0, 15), (1, 15), (2, 60), (3, 60), (4, 1440), (5, 1440)]
)
def test_the_graver_the_sooner(level, minutes):
    assert promises.pause_between(Sev(level)) == timedelta(minutes=minutes)
