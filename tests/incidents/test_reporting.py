"""What a report makes, at once and in one piece."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents import reporting
from incidents.models import Audience, Incident, StillOpen
from programs.models import State, StopProof
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def file(report, reporter, key=""):
    return reporting.file_report(report, reporter=reporter, actor=make.actor(reporter), key=key)


def test_a_severe_report_stops_the_program_in_its_own_transaction():
    program = make.program()
    collector = make.collector(program)
    assert make.lease(collector)

    incident = make.incident(Sev.SEV2, program=program)

    program.refresh_from_db()
    assert program.state == State.PAUSED
    hold = program.pauses.in_force().get()
    assert hold.holder == incident.ref
    assert hold.rule.startswith("pause-sev2")
    assert not make.lease(collector)


def test_a_stop_order_lists_every_collector_that_ran():
    program = make.program()
    ran = make.collector(program)
    make.collector(program)
    make.lease(ran)

    make.incident(Sev.SEV2, program=program)

    proof = program.stop_orders.get().proofs.get()
    assert (proof.collector, proof.state) == (ran, StopProof.State.UNKNOWN)


def test_a_mild_report_does_not_stop_the_program_at_once():
    program = make.program(participants=50)
    incident = make.incident(Sev.SEV3, program=program)
    program.refresh_from_db()
    assert incident.level == Sev.SEV3
    assert program.state == State.COLLECTING


def test_a_reporter_may_pull_the_cord_whatever_the_severity():
    program = make.program(participants=50)
    incident = make.incident(Sev.SEV3, program=program, pull_cord=True)
    program.refresh_from_db()
    assert program.state == State.PAUSED
    assert program.pauses.in_force().get().label == incident.codename


def test_a_report_that_fails_half_way_leaves_nothing(monkeypatch):
    program = make.program()
    before = (Entry.objects.count(), OutboxEvent.objects.count())
    monkeypatch.setattr("incidents.firing.pauses.pause", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make.incident(Sev.SEV2, program=program)
    assert not Incident.objects.exists()
    assert (Entry.objects.count(), OutboxEvent.objects.count()) == before


def test_the_same_key_twice_makes_one_incident():
    reporter, report = make.user(), make.report()
    first = file(report, reporter, key="form-1")
    again = file(report, reporter, key="form-1")
    assert again.incident == first.incident
    assert (first.is_new, again.is_new) == (True, False)


def test_a_key_that_comes_with_another_report_is_refused():
    reporter = make.user()
    file(make.report(), reporter, key="form-1")
    with pytest.raises(reporting.KeyUsedBefore, match="another report"):
        file(make.report(), reporter, key="form-1")
    assert Incident.objects.count() == 1


def test_the_same_key_of_another_person_is_another_report():
    report = make.report()
    first = file(report, make.user(), key="1")
    assert file(report, make.user(), key="1").incident != first.incident


def test_the_same_words_again_make_one_incident_even_with_another_key():
    reporter, report = make.user(), make.report()
    first = file(report, reporter, key="form-1")
    assert file(report, reporter, key="form-2").incident == first.incident
    assert file(report, reporter).incident == first.incident


def test_the_same_words_an_hour_later_are_a_new_report(time_machine):
    reporter, report = make.user(), make.report()
    time_machine.move_to(timezone.now(), tick=False)
    first = file(report, reporter)
    time_machine.shift(timedelta(hours=1))
    assert file(report, reporter).incident != first.incident


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"title": "  "}, "title", "say in a line"),
        ({"title": "x" * 201}, "title", "at most 200"),
        ({"detail": "x" * 10_001}, "detail", "at most 10000"),
        ({"reference": "x" * 201}, "reference", "at most 200"),
        ({"audience": "everybody"}, "audience", "few_inside"),
        ({"still_open": "perhaps"}, "still_open", "unknown"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(wrong, field, words):
    with pytest.raises(reporting.Refused, match=words) as refusal:
        file(make.report(**wrong), make.user())
    assert refusal.value.field == field
    assert not Incident.objects.exists()


def test_an_exposure_that_begins_tomorrow_is_refused():
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(reporting.Refused, match="future"):
        file(make.report(occurred_from=tomorrow), make.user())


def test_a_dataset_of_another_program_is_refused():
    other = make.dataset(make.program())
    with pytest.raises(reporting.Refused, match="one of the program"):
        file(make.report(program=make.program(), dataset=other), make.user())


def test_numbers_have_no_gaps_even_when_a_report_fails(monkeypatch):
    first = make.incident()
    with monkeypatch.context() as patch:
        patch.setattr("incidents.reporting.judgement.announce", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make.incident()
    assert make.incident().number == first.number + 1


def test_a_codename_says_nothing_of_the_incident():
    incident = make.incident(title="Payroll export readable")
    assert not set(incident.codename.lower().split()) & set(incident.title.lower().split())


def test_an_unknown_program_is_counted_at_its_worst_and_stays_undetermined():
    make.program()
    incident = file(reporting.Report(title="I can see things"), make.user()).incident
    assert incident.sev is None
    assert incident.level == Sev.SEV1


def test_a_report_opens_the_room_to_those_who_must_be_there():
    officer, commander = make.user(Function.PRIVACY_OFFICER), make.user(Function.COMMANDER)
    stranger = make.user(Function.RESPONDER)
    incident = make.incident(Sev.SEV2)
    assert make.sees(officer, incident)
    assert make.sees(commander, incident)
    assert not make.sees(stranger, incident)
    assert not make.sees(incident.reporter, incident)


def test_a_repeat_says_what_still_stands():
    reporter, report = make.user(), make.report(Sev.SEV2, program=make.program())
    first = file(report, reporter)
    assert file(report, reporter).paused == first.paused == [report.program.name]
    make.resumed(report.program)
    assert file(report, reporter).paused == []


def test_a_detail_added_later_is_counted_without_our_own_words():
    incident = make.incident()
    longest = reporting.LONGEST_ADDED
    by = make.actor(incident.reporter)
    with pytest.raises(reporting.Refused) as refusal:
        reporting.add_detail(incident, "x" * (longest + 1), actor=by)
    assert str(refusal.value) == f"detail: {longest + 1} characters; at most {longest} are allowed."
    reporting.add_detail(incident, "x" * longest, actor=by)
    with pytest.raises(reporting.Refused, match="^detail: write what you want to add"):
        reporting.add_detail(incident, " ", actor=by)


def test_html_in_a_report_is_kept_as_it_is():
    incident = make.incident(title="<script>alert(1)</script>")
    incident.refresh_from_db()
    assert incident.title == "<script>alert(1)</script>"


def test_the_answers_of_the_reporter_are_kept():
    incident = make.incident(Sev.SEV2)
    assert (incident.audience, incident.still_open) == (Audience.EVERYONE, StillOpen.YES)
