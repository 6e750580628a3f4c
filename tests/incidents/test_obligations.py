"""Legal clocks of incidents: opened by facts and moments, corrected in sight, filed by two."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents import chart, filings, legalevents, lifecycle, obligations, story
from incidents.filings import Sent
from incidents.models import Incident, LegalEvent, LegalFacts, Obligation, TimelineEntry
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
State, Clock = Obligation.State, Obligation.Clock
EUROPE = {
    "jurisdictions": ["DE"],
    "role": "controller",
    "internal_only": False,
    "unintelligible": False,
    "risk": "high",
    "categories": ["keystrokes"],
    "sectors": ["technology"],
}


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def officer():
    return make.officer()


def ago(**amount):
    return timezone.now() - timedelta(**amount)


def aware(incident, officer, at, why="The logs show it."):
    return lifecycle.decide_awareness(incident, aware_at=at, rationale=why, actor=officer)


def state(incident, officer, **changed):
    return legalevents.state_facts(incident, EUROPE | changed, reason="Counsel.", actor=officer)


def duty(incident, rule="eu-gdpr-33"):
    return incident.obligations.get(rule=rule, phase=1)


def said(incident):
    entries = incident.timeline.filter(kind=TimelineEntry.Kind.LEGAL)
    return [entry.text for entry in entries.order_by("pk")]


def approved(incident, officer, rule="eu-gdpr-33"):
    row = duty(incident, rule)
    filings.decide(row, reportable=True, reason="A risk to people.", actor=officer)
    filings.draft(row, where="Evidence 3", actor=officer)
    return filings.approve(row, actor=make.officer())


def test_awareness_starts_the_clock_that_may_apply_while_no_facts_are_stated(incident, officer):
    moment = ago(hours=2)
    aware(incident, officer, moment)
    row = incident.obligations.get()
    assert (row.rule, row.clock, row.state) == (
        "eu-gdpr-33",
        Clock.UNDETERMINED,
        "to_be_determined",
    )
    assert row.due_at == moment + timedelta(hours=72)
    assert obligations.next_of(incident) == row


def test_facts_open_what_applies_once_and_say_it(incident, officer):
    aware(incident, officer, ago(hours=2))
    changes = state(incident, officer)
    assert "running" in [change.row.clock for change in changes]
    assert duty(incident).clock == Clock.RUNNING
    assert "eu-gdpr-34" in incident.obligations.values_list("rule", flat=True)
    histories = Obligation.history.count()
    before = list(Obligation.objects.values())
    assert obligations.update(incident, actor=officer) == []
    assert list(Obligation.objects.values()) == before
    assert Obligation.history.count() == histories
    assert "GDPR Art. 33(5)" in said(incident)[-1]


def test_the_report_is_the_first_signal_until_somebody_states_one(incident, officer):
    state(incident, officer, jurisdictions=["IN"])
    row = duty(incident, "in-certin")
    assert (row.clock, row.started_at) == (Clock.RUNNING, incident.reported_at)
    assert row.due_at == incident.reported_at + timedelta(hours=6)
    earlier = ago(hours=3)
    legalevents.set_event(incident, "first_signal", earlier, rationale="A call.", actor=officer)
    assert duty(incident, "in-certin").started_at == earlier
    legalevents.set_event(incident, "first_signal", None, rationale="Another.", actor=officer)
    assert duty(incident, "in-certin").clock == Clock.WAITING


def test_what_can_only_follow_a_signal_moves_the_one_that_is_taken_as_given(incident, officer):
    state(incident, officer, jurisdictions=["IN"])
    known = ago(hours=5)
    aware(incident, officer, known)
    assert duty(incident, "in-certin").started_at == known


def test_a_report_that_lies_before_what_happened_is_no_signal(incident, officer):
    state(incident, officer, jurisdictions=["IN"])
    legalevents.set_event(incident, "occurred", timezone.now(), rationale="Logs.", actor=officer)
    assert duty(incident, "in-certin").clock == Clock.WAITING


def test_a_processor_may_have_known_before_anything_reached_us(incident, officer):
    moment = ago(hours=4)
    legalevents.set_event(incident, "first_signal", ago(hours=1), rationale="Mail.", actor=officer)
    legalevents.set_event(incident, "processor_aware", moment, rationale="Mail.", actor=officer)
    assert LegalEvent.objects.get(kind="processor_aware").at == moment


def test_a_corrected_moment_supersedes_moves_what_is_open_and_tells_the_difference(
    incident, officer
):
    first, second = ago(hours=5), ago(hours=9)
    aware(incident, officer, first)
    state(incident, officer)
    aware(incident, officer, second, why="The mail came earlier.")
    row = duty(incident)
    assert row.due_at == second + timedelta(hours=72)
    old, new = (f"{at + timedelta(hours=72):%Y-%m-%d %H:%M} UTC" for at in (first, second))
    assert f"due {new}, was due {old}." in said(incident)[-1]
    former, current = LegalEvent.objects.filter(incident=incident).order_by("pk")
    assert (current.supersedes, former.at, current.set_by) == (former, first, officer.user)
    moved = [each.body for each in Entry.objects.filter(action="obligation.reckoned")]
    assert any((first + timedelta(hours=72)).isoformat() in body for body in moved)


def test_a_clock_that_no_longer_applies_is_marked_with_why_and_may_come_back(incident, officer):
    aware(incident, officer, ago(hours=1))
    state(incident, officer)
    changes = state(incident, officer, jurisdictions=["SG"])
    row = duty(incident)
    assert (row.clock, row.is_owed) == (Clock.NOT_APPLICABLE, False)
    assert "Does not apply" in row.why
    assert any("does not apply any more" in change.sentence for change in changes)
    with pytest.raises(filings.Refused, match="does not apply by the facts"):
        filings.decide(row, reportable=True, reason="All the same.", actor=officer)
    state(incident, officer, individuals=10)
    assert duty(incident).is_owed
    assert LegalFacts.objects.filter(incident=incident, superseded_by=None).count() == 1


@pytest.mark.parametrize(
    ("kind", "hours", "why", "words"),
    [
        ("suspected", -1, "Why.", "at: lies in the future"),
        ("contained", 7, "Why.", "at: .*before occurred"),
        ("noticed", 1, "Why.", "kind: “noticed” is none of occurred"),
        ("aware", 1, "Why.", "kind: a privacy officer decides"),
        ("suspected", 1, " ", "rationale: say why"),
        ("suspected", None, "Why.", "at: give the moment"),
    ],
)
def test_a_moment_that_cannot_be_is_refused_and_leaves_nothing(
    incident, officer, kind, hours, why, words
):
    legalevents.set_event(incident, "occurred", ago(hours=6), rationale="Logs.", actor=officer)
    at = None if hours is None else ago(hours=hours)
    with pytest.raises(legalevents.Refused, match=words):
        legalevents.set_event(incident, kind, at, rationale=why, actor=officer)
    assert LegalEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"jurisdictions": ["Atlantis"]}, "jurisdictions: "),
        ({"individuals": 0}, "risk: .*individuals is 0"),
        ({"individuals": 5, "individuals_in": {"US-CA": 6}}, "individuals_in: "),
        ({"weather": "fine"}, "weather: "),
    ],
)
def test_facts_that_are_unknown_or_contradict_are_refused(incident, officer, facts, words):
    with pytest.raises(legalevents.Refused, match=words):
        state(incident, officer, **facts)
    assert not LegalFacts.objects.exists()


def test_a_moment_that_did_not_happen_is_withdrawn_and_its_clock_waits_again(incident, officer):
    state(incident, officer)
    set_ = legalevents.set_event
    set_(incident, "determined_notifiable", ago(hours=1), rationale="Why.", actor=officer)
    assert duty(incident, "eu-gdpr-34").started_at
    set_(incident, "determined_notifiable", None, rationale="It was not.", actor=officer)
    assert duty(incident, "eu-gdpr-34").clock == Clock.WAITING


def test_only_who_may_contribute_states_and_only_counsel_files(incident, officer):
    stranger, commander = make.actor(make.user()), make.actor(make.user(Function.COMMANDER))
    with pytest.raises(legalevents.Refused, match="may contribute"):
        state(incident, stranger)
    with pytest.raises(lifecycle.Refused, match="Only a privacy officer"):
        aware(incident, commander, ago(hours=1))
    aware(incident, officer, ago(hours=1))
    with pytest.raises(filings.Refused, match="Only privacy officers"):
        filings.decide(duty(incident), reportable=True, reason="Why.", actor=commander)


def test_it_is_decided_with_reasons_approved_by_another_and_filed_with_proof(incident, officer):
    aware(incident, officer, ago(hours=1))
    row = duty(incident)
    with pytest.raises(filings.Refused, match="decision: is needed"):
        filings.decide(row, reportable=False, reason=" ", actor=officer)
    with pytest.raises(filings.Refused, match="must be “Reportable"):
        filings.draft(row, where="Here", actor=officer)
    filings.decide(row, reportable=True, reason="A risk to people.", actor=officer)
    filings.draft(row, where="Evidence 3", actor=officer)
    with pytest.raises(filings.Refused, match="Another person must approve"):
        filings.approve(row, actor=officer)
    sent = Sent(at=timezone.now(), reference="LfDI-7")
    with pytest.raises(filings.Refused, match="must be “Approved”"):
        filings.submit(row, sent, actor=officer)
    filings.approve(row, actor=make.officer())
    with pytest.raises(filings.Refused, match="reference: name"):
        filings.submit(row, Sent(at=timezone.now()), actor=officer)
    row = filings.submit(row, sent, actor=officer)
    assert (row.state, row.was_late, obligations.next_of(incident)) == ("submitted", False, None)
    row = filings.confirm(row, receipt="Letter 12", actor=officer)
    assert row.state == State.CONFIRMED
    acts = Entry.objects.filter(action__startswith="obligation.").values_list("action", flat=True)
    assert [act.removeprefix("obligation.") for act in acts.order_by("pk")] == [
        *("opened", "decided", "drafted", "approved", "submitted", "confirmed")
    ]


def test_what_is_filed_late_says_why_and_moves_no_more(incident, officer):
    aware(incident, officer, ago(hours=80))
    row = approved(incident, officer)
    assert row.is_overdue
    with pytest.raises(filings.Refused, match="lateness: it was due before"):
        filings.submit(row, Sent(at=timezone.now(), reference="A"), actor=officer)
    sent = Sent(at=timezone.now(), reference="A", lateness="The logs were locked.")
    row = filings.submit(row, sent, actor=officer)
    assert row.was_late
    due = row.due_at
    aware(incident, officer, ago(hours=2))
    row.refresh_from_db()
    assert (row.due_at, row.state) == (due, State.SUBMITTED)


def test_what_is_filed_in_part_is_followed_by_the_rest(incident, officer):
    aware(incident, officer, ago(hours=1))
    sent = Sent(at=timezone.now(), reference="A", complete=False)
    row = filings.submit(approved(incident, officer), sent, actor=officer)
    rest = row.followed_by
    assert (rest.phase, rest.state, rest.is_owed) == (2, State.REPORTABLE, True)
    assert obligations.update(incident, actor=officer) == []


def test_what_does_not_apply_cannot_be_decided_to_be_reportable_after_all(incident, officer):
    aware(incident, officer, ago(hours=2))
    state(incident, officer)
    filings.decide(duty(incident), reportable=False, reason="Encrypted.", actor=officer)
    state(incident, officer, risk="unlikely")
    with pytest.raises(filings.Refused, match="does not apply"):
        filings.decide(duty(incident), reportable=True, reason="A risk.", actor=officer)
    assert duty(incident).state == State.NOT_REPORTABLE
    state(incident, officer)
    row = filings.decide(duty(incident), reportable=True, reason="A risk.", actor=officer)
    assert row.is_owed


def test_a_filing_starts_the_clocks_of_its_law_that_count_from_it(incident, officer):
    aware(incident, officer, ago(hours=1))
    state(incident, officer, sectors=["nis2_entity"], significant_incident=True)
    early = duty(incident, "eu-nis2-early")
    filings.decide(early, reportable=True, reason="Significant.", actor=officer)
    filings.draft(early, where="Here", actor=officer)
    filings.approve(early, actor=make.officer())
    final = duty(incident, "eu-nis2-final")
    assert final.clock == Clock.WAITING
    filings.submit(early, Sent(at=timezone.now(), reference="B"), actor=officer)
    final.refresh_from_db()
    assert (final.clock, final.due_at is not None) == (Clock.RUNNING, True)


CALIFORNIA = {"jurisdictions": ["US-CA"], "categories": ["payment"], "individuals": 900}


def test_a_notice_to_the_people_starts_the_clocks_that_count_from_it(incident, officer):
    aware(incident, officer, ago(hours=1))
    state(incident, officer, **CALIFORNIA)
    assert duty(incident, "us-ca-ag").clock == Clock.WAITING
    sent = timezone.now()
    filings.submit(
        approved(incident, officer, "us-ca-individual"),
        Sent(at=sent, reference="Letters"),
        actor=officer,
    )
    row = duty(incident, "us-ca-ag")
    assert (row.clock, row.started_at) == (Clock.RUNNING, sent)


def test_what_tells_an_authority_alone_says_nothing_of_the_people(incident, officer):
    aware(incident, officer, ago(hours=1))
    state(incident, officer, **CALIFORNIA | {"jurisdictions": ["DE", "US-CA"]})
    sent = Sent(at=timezone.now(), reference="A")
    filings.submit(approved(incident, officer), sent, actor=officer)
    assert duty(incident, "us-ca-ag").started_at is None


def test_a_notice_that_was_stated_before_it_was_filed_stays(incident, officer):
    aware(incident, officer, ago(hours=3))
    state(incident, officer, **CALIFORNIA)
    told = ago(hours=2)
    legalevents.set_event(incident, "notified_individuals", told, rationale="Mail.", actor=officer)
    sent = Sent(at=timezone.now(), reference="Letters")
    filings.submit(approved(incident, officer, "us-ca-individual"), sent, actor=officer)
    assert duty(incident, "us-ca-ag").started_at == told


def test_reminders_come_by_share_of_the_time_then_an_alarm_that_pages(incident, officer, engine):
    aware(incident, officer, timezone.now())
    OutboxEvent.objects.all().delete()

    seen = []
    for hours in (35, 2, 55, 66, 73):
        engine.forward(hours=hours)
        seen.append(duty(incident).told_percent)
    assert seen == [0, 50, 75, 90, 100]
    assert "is overdue" in said(incident)[-1]
    topics = list(OutboxEvent.objects.values_list("topic", flat=True))
    assert topics.count("incident.clock_due") == 4
    assert "incident.escalate" in topics


def test_a_moved_end_forgets_the_reminders_of_the_old_one(incident, officer, engine):
    aware(incident, officer, ago(hours=60))
    stale = {"due": duty(incident).due_at.isoformat(), "percent": 90, "since": "before"}
    aware(incident, officer, timezone.now())
    obligations.clockreminders.remind(duty(incident).pk, **stale)
    engine.forward(hours=30)
    assert duty(incident).told_percent == 0
    engine.forward(hours=7)
    assert duty(incident).told_percent == 50
    filings.decide(duty(incident), reportable=False, reason="No risk.", actor=officer)
    engine.forward(hours=90)
    assert duty(incident).told_percent == 50


def test_the_picture_has_the_real_clocks(incident, officer):
    aware(incident, officer, ago(hours=1))
    fresh = Incident.objects.get(pk=incident.pk)
    parts = {"exposures": [], "holds": [], "duties": obligations.all_of(fresh)}
    lanes = chart.draw(fresh, story.happened(fresh), **parts).lanes
    assert [bar.words for bar in lanes[2].bars] == [duty(incident).cited]
