"""A digest tells each person once a day or week what happened that they may see."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due
from incidents import (
    grants,
    leading,
    leadtiles,
    lifecycle,
    measuring,
    spans,
    tasking,
    timeline,
)
from incidents.models import Incident
from incidents.totals import Scope
from notifications import channels, digesting, digests, periods
from notifications.models import Digest, DigestPlan, News, Subscription
from notifications.subscribing import Wish, subscribe
from severity.ladder import Sev
from tests import make
from tests.faults.points import Failpoints, play, tell
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


def daily(hour, zone, by):
    return periods.latest(periods.Rhythm(periods.DAILY, hour, 0, zone), by)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_are_those_of_the_persons_clock_when_it_changes():
    short = daily(7, BERLIN, at("2026-03-29T12:00"))
    assert (short.since, short.until) == (at("2026-03-28T06:00"), at("2026-03-29T05:00"))
    long = daily(7, BERLIN, at("2026-10-25T12:00"))
    assert (long.since, long.until) == (at("2026-10-24T05:00"), at("2026-10-25T06:00"))
    # 02:00 is left out in March, and comes twice in October: the first counts.
    assert daily(2, BERLIN, at("2026-03-29T12:00")).until == at("2026-03-29T01:00")
    assert daily(2, BERLIN, at("2026-10-25T12:00")).until == at("2026-10-25T00:00")
    assert daily(7, KOLKATA, at("2026-06-01T01:30")).until == at("2026-06-01T01:30")
    assert daily(7, KOLKATA, at("2026-06-01T01:29")).day == date(2026, 5, 31)


def test_no_moment_of_a_year_is_left_out_or_told_twice():
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"):
        for kind in (periods.DAILY, periods.WEEKLY):
            rhythm = periods.Rhythm(kind, 2, 6, ZoneInfo(zone))
            period = periods.latest(rhythm, at("2026-12-31T23:00"))
            while period.until > at("2026-01-01T00:00"):
                before = periods.latest(rhythm, period.since)
                assert before.until == period.since < period.until
                period = before


@pytest.fixture
def leader():
    return make.user(Function.EXECUTIVE, zone="Europe/Berlin")


def of(person, days=1):
    now = timezone.now()
    return digesting.of(person, now - days * DAY, now)


def lines(contents, title):
    [section] = [each for each in contents.sections if each.title == title]
    return [f"{line.name}: {line.words}" for line in section.lines]


def test_it_says_what_happened_and_what_is_late(leader):
    grave = make.active(Sev.SEV2)
    grants.admit(grave, person=leader, level="contribute", reason="r", actor=make.SYSTEM)
    make.judged(make.judged(grave, Sev.SEV1), Sev.SEV0)
    timeline.write(grave, "update", "One.", actor=make.SYSTEM)
    past = timezone.now() - timedelta(hours=1)
    lifecycle.plan_update(grave, next_update_at=past, actor=make.SYSTEM)
    soon = timezone.now() + timedelta(minutes=1)
    task = tasking.add(grave, title="Zebra", due_at=soon, actor=make.SYSTEM)
    type(task).objects.filter(pk=task.pk).update(due_at=past)
    contents = of(leader)
    name = grave.codename
    assert lines(contents, "Opened")[0].startswith(f"{name}: SEV 0, Active, ")
    assert lines(contents, "Level changed") == [f"{name}: SEV 0, it was SEV 2"]
    assert lines(contents, "Updates")[0].startswith(f"{name}: 1 update, ")
    assert grave.program.name in lines(contents, "Collection stopped")[0]
    assert "proven" in lines(contents, "Collection stopped")[0]
    [late] = lines(contents, "Overdue")
    assert late.startswith(f"{name}: update, due ")
    assert late.endswith("; 1 task")
    assert "Europe/Berlin)" in late
    assert "Zebra" not in repr(contents)
    assert contents.counts == ["SEV 0: 1"]


def test_who_leads_counts_what_they_may_not_read_and_nobody_else_does(leader):
    make.incident(Sev.SEV2)
    hidden = make.incident(Sev.SEV3)
    assert of(leader).counts == ["SEV 2: 1", "SEV 3: 1, of which 1 are not named here"]
    other = of(make.user())
    assert other.counts == lines(other, "Opened") == lines(other, "Overdue") == []
    assert hidden.codename not in repr(of(leader))


def test_chosen_subscriptions_narrow_it():
    officer, program = make.user(Function.PRIVACY_OFFICER), make.program(participants=50)
    here, there = make.incident(Sev.SEV3, program=program), make.incident(Sev.SEV3)
    assert len(lines(of(officer), "Opened")) == 2
    wish = Wish([News.OPENED], program=program, at_once=False, in_digest=True)
    subscribe(officer, wish, actor=make.actor(officer))
    assert DigestPlan.objects.get(person=officer).rhythm == "daily"
    contents = of(officer)
    assert [each.partition(":")[0] for each in lines(contents, "Opened")] == [here.codename]
    assert there.codename not in repr(contents)


def choose(person, rhythm="daily", **wish):
    plan = digests.choose(person, digests.Wish(rhythm, **wish), actor=make.actor(person))
    DigestPlan.objects.filter(pk=plan.pk).update(since=timezone.now() - 8 * DAY)
    return plan


def sent(mailoutbox, person):
    return [m for m in mailoutbox if m.to == [person.email] and "Digest of" in m.subject]


def planned(engine):
    """Let the sweep and the digests that it made run, whatever the hour is."""
    ours = Due.objects.waiting().filter(kind__in=[digests.PLAN, digests.SEND])
    ours.update(due_at=F("due_at") - DAY)
    engine.work()
    ours.update(due_at=F("due_at") - DAY)
    engine.work()


def test_each_gets_one_a_day_and_it_holds_what_they_may_see(engine, mailoutbox):
    officer, stranger = make.user(Function.PRIVACY_OFFICER, zone="Asia/Kolkata"), make.user()
    choose(officer)
    choose(stranger, skips_empty=False)
    incident = make.incident(Sev.SEV3, title="Zebra")
    Incident.objects.filter(pk=incident.pk).update(reported_at=timezone.now() - DAY)
    planned(engine)
    digests.plan({})
    planned(engine)
    [mine], [theirs] = sent(mailoutbox, officer), sent(mailoutbox, stranger)
    said = str(mine.message()) + mine.body
    assert incident.codename in mine.body
    assert "Asia/Kolkata" in mine.body
    assert "Zebra" not in said
    assert mine.extra_headers["List-Unsubscribe"].startswith("<http://localhost:8000/unsubscribe/")
    assert "Nothing happened." in theirs.body
    assert incident.codename not in theirs.body
    states = set(Digest.objects.filter(person=officer).values_list("state", flat=True))
    assert states == {"sent"}


@pytest.mark.parametrize("how", ["left", "off", "empty", "function"])
def test_one_that_is_not_wanted_any_more_is_not_sent(engine, mailoutbox, how, leader):
    if how == "function":
        digests.plan({})
        DigestPlan.objects.update(since=timezone.now() - 8 * DAY)
    else:
        choose(leader, "weekly", skips_empty=how == "empty")
    digests.plan({})
    assert Digest.objects.get().state == "waiting"
    if how == "left":
        type(leader).objects.filter(pk=leader.pk).update(is_active=False)
    elif how == "off":
        digests.stop(leader, actor=make.SYSTEM)
    elif how == "function":
        leader.groups.clear()
    planned(engine)
    assert sent(mailoutbox, leader) == []
    assert Digest.objects.get().state == ("empty" if how == "empty" else "dropped")


def test_it_is_due_at_the_hour_of_its_persons_clock(leader):
    choose(leader, hour=9)
    with time_machine.travel(at("2026-03-29T06:30"), tick=False):
        period = periods.latest(digests._rhythm(leader.digest_plan), timezone.now() + DAY / 24)
    assert period.until == at("2026-03-29T07:00")
    digests.plan({})
    row = Digest.objects.get()
    assert row.until.astimezone(BERLIN).hour == 9
    assert Due.objects.get(kind=digests.SEND).due_at == row.until


def test_after_an_outage_it_tells_from_where_the_last_one_ended(leader):
    choose(leader)
    now = timezone.now()
    gone = Digest(person=leader, day=(now - 5 * DAY).date(), since=now - 6 * DAY)
    gone.until = now - 5 * DAY
    gone.save()
    digests.plan({})
    assert Digest.objects.first().since == gone.until


def test_wherever_it_is_killed_each_digest_is_sent_once(engine, monkeypatch):
    officer = make.user(Function.PRIVACY_OFFICER)
    make.incident(Sev.SEV3)
    engine.work()
    choose(officer, skips_empty=False)
    Due.objects.waiting().exclude(kind=digests.PLAN).delete()
    mail.outbox.clear()
    for number in count(1):
        points, sid = Failpoints(kill_at=number), transaction.savepoint()
        with monkeypatch.context() as patch:
            patch.setattr(channels, "send", points.around(channels.send))
            play(lambda: planned(engine), points)
        letters = [m.extra_headers["Message-ID"] for m in mail.outbox]
        days = list(Digest.objects.values_list("day", "state"))
        assert len(set(letters)) == len(days) == len(set(days)) > 0, tell(points)
        assert {state for _day, state in days} == {"sent"}, tell(points)
        assert len(letters) - len(set(letters)) <= 1, tell(points)
        passed = len(points.passed)
        transaction.savepoint_rollback(sid)
        mail.outbox.clear()
        if passed < number:
            break
    assert number > 5


def test_the_page_previews_it_and_takes_the_rhythm(leader):
    page, incident = Reader(leader), make.incident(Sev.SEV2)
    assert incident.codename in page.reads("/profile/digest/")
    said = {"rhythm": "weekly", "weekday": "4", "hour": "17", "skips_empty": "on"}
    assert page.post("/profile/digest/", **said).status_code == 302
    plan = DigestPlan.objects.get(person=leader)
    assert (plan.rhythm, plan.weekday, plan.hour, plan.by_function) == ("weekly", 4, 17, False)
    assert page.post("/profile/digest/", **(said | {"hour": "25"})).status_code == 422
    assert Subscription.objects.count() == 0


def test_leadership_reads_the_same_figures_as_on_its_page(leader):
    incidents = [make.incident(Sev.SEV3) for _ in range(6)]
    measuring.refigure(incidents=[incident.pk for incident in incidents])
    day = timezone.now()
    contents = digesting.of(leader, day - DAY, day + DAY)
    period = spans.Period((day - DAY).date(), day.date())
    found = leading.of(leader, Scope(period))
    assert contents.figures == leadtiles.lines(found)
    assert "Incidents: 6 (before: 0)" in contents.figures


def test_a_small_hidden_group_is_few_in_the_mail_too(leader):
    incident = make.incident(Sev.SEV3)
    measuring.refigure(incidents=[incident.pk])
    day = timezone.now()
    hidden = not make.sees(leader, incident)
    contents = digesting.of(leader, day - DAY, day + DAY)
    assert hidden
    assert "Incidents: few" in contents.figures


def test_nobody_else_reads_figures():
    person = make.user(Function.COMMANDER)
    make.incident(Sev.SEV3)
    day = timezone.now()
    assert digesting.of(person, day - DAY, day).figures == []
