"""To break the glass: at once, for an hour, in sight of others."""

from datetime import timedelta

import pytest

from accounts.functions import Function
from audit.models import Entry
from incidents import access, glass
from incidents.access import Level
from incidents.models import GlassBreak, TimelineEntry
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
WHY = "The export runs tonight and must be stopped."


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def guard():
    return make.user(Function.SECURITY)


def smash(incident, by, reason=WHY):
    return glass.smash(incident.number, reason=reason, actor=make.actor(by))


def test_who_is_on_duty_reads_it_for_an_hour_and_no_longer(incident, guard, engine):
    made = smash(incident, guard)
    assert access.may_which(guard, incident) == {Level.VIEW}
    assert made.grant.expires_at - made.broken_at < timedelta(minutes=61)
    engine.forward(minutes=59)
    assert access.may(guard, Level.VIEW, incident)
    engine.forward(minutes=2)
    assert not access.may(guard, Level.VIEW, incident)


def test_it_stands_in_the_story_and_in_the_record(incident, guard):
    smash(incident, guard)
    entry = incident.timeline.filter(kind=TimelineEntry.Kind.ACCESS).latest("pk")
    assert WHY in entry.text
    assert Entry.objects.filter(action="access.glass_broken").count() == 1


@pytest.mark.parametrize("function", [None, Function.RESPONDER, Function.EXECUTIVE, Function.HR])
def test_nobody_else_breaks_it(incident, function):
    with pytest.raises(glass.Refused, match="Only security"):
        smash(incident, make.user(*([function] if function else [])))
    assert not GlassBreak.objects.exists()


def test_a_superuser_sees_nothing_without_it(incident):
    root = make.user(is_superuser=True)
    assert not access.may(root, Level.VIEW, incident)
    smash(incident, root)
    assert access.may(root, Level.VIEW, incident)


@pytest.mark.parametrize("reason", ["", "Because I want to.", "x" * 301])
def test_it_needs_a_reason_that_says_something(incident, guard, reason):
    with pytest.raises(glass.Refused, match="reason: say what you must see"):
        smash(incident, guard, reason=reason)


def test_what_is_open_anyway_is_not_broken(incident):
    with pytest.raises(glass.Refused, match="may read"):
        smash(incident, make.user(Function.PRIVACY_OFFICER))


def test_the_privacy_officers_hear_of_it_and_who_broke_it_does_not(
    incident, guard, engine, mailoutbox
):
    officer = make.user(Function.PRIVACY_OFFICER)
    smash(incident, guard)
    engine.work()
    told = [mail.to for mail in mailoutbox if "broke the glass" in mail.subject]
    assert [officer.email] in told
    assert [guard.email] not in told


def test_a_second_person_says_whether_it_was_right(incident):
    both = make.user(Function.SECURITY, Function.AUDITOR)
    made = smash(incident, both)
    with pytest.raises(glass.Refused, match="You broke the glass yourself"):
        glass.review(made, justified=True, note="", actor=make.actor(both))
    with pytest.raises(glass.Refused, match="Only privacy officers and auditors"):
        glass.review(made, justified=True, note="", actor=make.actor(make.user(Function.LEGAL)))
    auditor = make.actor(make.user(Function.AUDITOR))
    with pytest.raises(glass.Refused, match="note: say what was not right"):
        glass.review(made, justified=False, note=" ", actor=auditor)
    made = glass.review(made, justified=False, note="It could wait.", actor=auditor)
    assert made.verdict == GlassBreak.Verdict.UNJUSTIFIED
    with pytest.raises(glass.Refused, match="not justified already"):
        glass.review(made, justified=True, note="", actor=auditor)


def test_what_was_not_right_ends_at_once(incident, guard):
    made = smash(incident, guard)
    auditor = make.actor(make.user(Function.AUDITOR))
    glass.review(made, justified=False, note="It could wait.", actor=auditor)
    assert not access.may(guard, Level.VIEW, incident)
    again = smash(incident, guard)
    glass.review(again, justified=True, note="", actor=auditor)
    assert access.may(guard, Level.VIEW, incident)


def test_whoever_broke_it_five_times_waits_for_a_review(guard):
    made = [smash(make.incident(), guard) for _each in range(5)]
    with pytest.raises(glass.Refused, match="nobody has looked at it yet"):
        smash(make.incident(), guard)
    auditor = make.actor(make.user(Function.AUDITOR))
    glass.review(made[0], justified=True, note="", actor=auditor)
    assert smash(make.incident(), guard)


def test_it_is_asked_for_each_week_until_somebody_has_looked(incident, guard, engine, mailoutbox):
    officer = make.user(Function.PRIVACY_OFFICER)
    made = smash(incident, guard)

    def asked():
        ours = [mail for mail in mailoutbox if mail.to == [officer.email]]
        return len([mail for mail in ours if "waits for review" in mail.subject])

    engine.forward(days=7)
    assert asked() == 1
    glass.review(
        made, justified=True, note="", actor=make.actor(make.user(Function.PRIVACY_OFFICER))
    )
    engine.forward(days=7)
    assert asked() == 1
