"""A list that is sent grows old: it is asked for each day, and never called clean meanwhile."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.functions import Function
from accounts.models import Scope
from audit.models import Due, OutboxEvent
from notifications import channels
from programs import lifecycle
from programs.models import WatchSource
from programs.watch import awaiting, looking, standing, watching
from tests import make
from tests.api.conftest import Caller
from tests.audit import plant

pytestmark = pytest.mark.django_db
CLEAN = b"principal,kind,group,grant\nana,,,share\n"
WIDE = b"principal,kind,group,grant\nana,,,share\nguest,outside,,link\n"


@pytest.fixture
def owner(dataset):
    return make.actor(dataset.program.owner)


@pytest.fixture
def listed(dataset, owner):
    return watching.add(dataset, terms(), actor=owner)


def terms(**changed):
    fixed = {"name": "Share", "kind": WatchSource.Kind.LIST, "expected_days": 7}
    return watching.Terms(**(fixed | changed))


def send(source, owner, body=CLEAN):
    return looking.receive(source, body, actor=owner)


def days_pass(engine, days):
    """Let days pass one by one, for what was written down as for what waits."""
    for _day in range(days):
        plant.sql("UPDATE programs_snapshot SET taken_at = taken_at - interval '1 day'")
        plant.sql("UPDATE programs_watchsource SET created_at = created_at - interval '1 day'")
        engine.forward(days=1)


def told():
    return OutboxEvent.objects.filter(topic="program.list_overdue").count()


def shown(source):
    found = standing.of_source(WatchSource.objects.get(pk=source.pk))
    return found.state, found.words, found.is_clean


def test_a_list_is_asked_for_each_day_from_when_it_is_overdue(listed, owner, engine):
    send(listed, owner)
    days_pass(engine, 6)
    assert told() == 0
    days_pass(engine, 1)
    assert told() == 1
    days_pass(engine, 2)
    assert told() == 3


def test_whoever_owns_the_program_gets_a_mail_with_the_place_to_send_it(
    listed, owner, engine, mailoutbox
):
    send(listed, owner)
    days_pass(engine, 7)
    mail = next(each for each in mailoutbox if "a new list of readers" in each.subject)
    assert mail.to == [owner.user.email]
    assert f"/sources/{listed.pk}/" in mail.body


def test_operators_are_reminded_where_no_mail_reaches_the_owner(listed, owner, engine, mailoutbox):
    operator = make.user(Function.OPERATOR)
    make.user(Function.OPERATOR, email="")
    owner.user.is_active = False
    owner.user.save()
    days_pass(engine, 7)
    mails = [each for each in mailoutbox if "a new list of readers" in each.subject]
    assert [mail.to for mail in mails] == [[operator.email]]


def test_the_reminder_tells_the_time_by_the_clock_of_its_reader(listed, owner, engine, mailoutbox):
    owner.user.zone = "Asia/Kathmandu"
    owner.user.save()
    days_pass(engine, 7)
    mail = next(each for each in mailoutbox if "a new list of readers" in each.subject)
    due = awaiting.due_at(listed)
    there = due.astimezone(ZoneInfo("Asia/Kathmandu"))
    told = re.search(r"was due on (\w+ \d+ \w+ \d+ \d\d:\d\d) \+0545 \((.*) UTC\)", mail.body)
    begun = datetime.strptime(told[1], "%a %d %b %Y %H:%M").replace(tzinfo=there.tzinfo)
    assert f"{begun.astimezone(UTC):%d %b %H:%M}" == told[2]


def test_an_owner_whose_address_is_gone_is_noted_and_operators_hear_the_next_day(
    listed, owner, engine, mailoutbox, monkeypatch
):
    operator = make.user(Function.OPERATOR)
    real = channels.send

    def send(method, message):
        if message.address == owner.user.email:
            raise channels.Bounced("550 no such user")
        return real(method, message)

    monkeypatch.setattr(channels, "send", send)
    days_pass(engine, 8)
    assert owner.user.contact_methods.get().bounced_at
    mails = [each for each in mailoutbox if "a new list of readers" in each.subject]
    assert [mail.to for mail in mails] == [[operator.email]]


def test_a_new_list_ends_the_reminders(listed, owner, engine):
    days_pass(engine, 8)
    assert told() == 2
    send(listed, owner)
    days_pass(engine, 6)
    assert told() == 2
    assert not awaiting.overdue_since(listed)


def test_an_old_list_is_shown_as_not_seen_since_and_never_as_clean(listed, owner, engine):
    send(listed, owner)
    assert shown(listed) == ("look_clean", "As declared", True)
    days_pass(engine, 7)
    day = f"{timezone.now() - timedelta(days=7):%Y-%m-%d}"
    assert shown(listed) == ("look_old", f"Not seen since {day}", False)
    assert standing.worst_of(listed.dataset)[0] == "look_old"


def test_what_was_too_wide_stays_so_however_old_it_is(listed, owner, engine):
    send(listed, owner, WIDE)
    days_pass(engine, 8)
    assert shown(listed) == ("look_exposed", "Wider than declared", False)


def test_a_list_that_was_never_sent_is_owed_as_well(listed, engine):
    days_pass(engine, 7)
    assert shown(listed)[:2] == ("look_old", "No list was ever sent")


@pytest.mark.parametrize("days", [0, 367])
def test_the_days_have_an_end(listed, owner, days):
    with pytest.raises(watching.Refused, match="expected_days: from 1 to 366"):
        watching.change(listed, terms(expected_days=days), actor=owner)


def test_a_postgresql_owes_no_list(dataset, owner, place):
    asked = terms(kind=WatchSource.Kind.POSTGRES, place=place)
    with pytest.raises(watching.Refused, match="expected_days: Andon looks"):
        watching.add(dataset, asked, actor=owner)


def test_nobody_is_reminded_of_what_is_not_expected_switched_off_or_over(
    listed, dataset, owner, engine
):
    watching.change(listed, terms(expected_days=None), actor=owner)
    days_pass(engine, 10)
    watching.change(listed, terms(), actor=owner)
    watching.switch(listed, on=False, actor=owner)
    days_pass(engine, 10)
    watching.switch(listed, on=True, actor=owner)
    send(listed, owner)
    lifecycle.end(lifecycle.lock(dataset.program), actor=owner, why="over")
    days_pass(engine, 10)
    assert told() == 0


def test_a_reminder_that_was_lost_is_planned_anew(listed):
    Due.objects.filter(kind=awaiting.REMIND).delete()
    (found,) = awaiting.forgotten()
    assert (found.key, found.mended) == (str(listed.pk), True)
    assert not list(awaiting.forgotten())


def test_the_api_says_since_when_and_that_it_is_not_clean(listed, owner, engine):
    send(listed, owner)
    days_pass(engine, 7)
    where = f"/programs/{listed.dataset.program.slug}/datasets/{listed.dataset.slug}/looks"
    (look,) = Caller(owner.user, Scope.READ).get(where).json()
    assert look["clean"] is False
    assert look["overdue_since"].startswith(f"{timezone.now():%Y-%m-%d}")
