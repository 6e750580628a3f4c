"""Legal clocks on pages: stated, decided and filed without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import filings, legalcase, legalevents, legalwords, lifecycle
from incidents.filings import Sent
from incidents.models import Obligation
from severity.clocks import placenames
from severity.clocks.stated import LISTED, WORDED
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def officer():
    return reader(Function.PRIVACY_OFFICER)


def typed(moment):
    return f"{moment:%Y-%m-%dT%H:%M}"


def aware(incident):
    at = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(incident, aware_at=at, rationale="Logs.", actor=make.officer())
    return at


def test_the_head_the_panel_and_the_list_show_the_next_end(incident, officer):
    due = aware(incident) + timedelta(hours=72)
    page = officer.reads(url(incident))
    assert "Next legal deadline" in page
    assert f"{due:%d}" in page
    assert "not legal advice" in page
    everywhere = officer.reads("/obligations/")
    assert f"{incident.ref} {incident.title}" in everywhere
    assert "None, of the incidents that you may see." in reader().reads("/obligations/")
    assert "None, of" in officer.reads("/obligations/?which=overdue")


TICKED = ["Germany (DE), California (US-CA)", "Keystrokes", "None of these"]


def test_facts_are_stated_and_the_answer_says_what_changed(incident, officer):
    aware(incident)
    fields = {
        "jurisdictions": ["DE", "US-CA"],
        "role": "controller",
        "internal_only": "no",
        "unintelligible": "no",
        "risk": "high",
        "individuals": "700",
        "individuals_in": "US-CA 600",
        "categories": ["keystrokes"],
        "sectors": ["none"],
        "is_sec_registrant": "no",
        "reason": "Counsel.",
    }
    answer = officer.client.post(url(incident, "clocks/facts/"), fields, follow=True)
    page = words(answer)
    assert "Stated. GDPR Art. 33(1), (3), (4): Running, was May apply." in page
    assert "California Civil Code (SB 446) § 1798.82" in page
    stated = incident.legal_facts.get().facts
    assert (stated["sectors"], stated["individuals_in"]) == ([], {"US-CA": 600})
    # The form comes back as it was said.
    assert 'value="US-CA 600"' in answer.content.decode()
    ticked = answer.context["facts_form"].lists
    assert [words for _field, words in ticked] == TICKED


@pytest.mark.parametrize(
    ("path", "fields", "status", "said"),
    [
        ("facts/", {"jurisdictions": "Atlantis", "reason": "R"}, 422, "Atlantis"),
        ("facts/", {"sectors": ["none", "retail"], "reason": "R"}, 422, "goes with nothing else"),
        ("facts/", {"individuals_in": "many", "reason": "R"}, 422, "Each a code and a number"),
        ("facts/", {"individuals": "8500000001", "reason": "R"}, 422, "from 0 to 8,500,000,000"),
        ("facts/", {"individuals_in": "US-CA 8500000001", "reason": "R"}, 409, "8500000000"),
        ("events/", {"kind": "aware", "moment": "2026-01-01T10:00"}, 422, "aware"),
        (
            "events/",
            {"kind": "suspected", "moment": "2090-01-01T10:00", "rationale": "R"},
            409,
            "Lies in the future",
        ),
    ],
)
def test_what_cannot_be_is_shown_at_its_field(incident, officer, path, fields, status, said):
    answer = officer.post(url(incident, f"clocks/{path}"), **fields)
    assert answer.status_code == status
    assert said in words(answer)


def test_a_duty_goes_its_way_by_two_people(incident, officer):
    aware(incident)
    other = reader(Function.LEGAL)
    row = Obligation.objects.get()
    at = url(incident, f"clocks/{row.pk}/")
    assert officer.post(f"{at}decide/", reportable="yes", decision="Risk.").status_code == 302
    assert officer.post(f"{at}draft/", draft="Evidence 3").status_code == 302
    refused = officer.post(f"{at}approve/")
    assert (refused.status_code, "Another person must approve" in words(refused)) == (409, True)
    assert other.post(f"{at}approve/").status_code == 302
    moment = typed(timezone.now() - timedelta(minutes=2))
    assert other.post(f"{at}submit/", moment=moment).status_code == 409
    sent = {"moment": moment, "reference": "LfDI-7", "in_part": "on"}
    assert other.post(f"{at}submit/", **sent).status_code == 302
    assert other.post(f"{at}confirm/", receipt="Letter").status_code == 302
    page = officer.reads(at)
    assert "Receipt confirmed: " in page
    assert "What follows it" in page
    assert "Legal clock" in officer.reads(url(incident, "history/"))


def test_what_was_filed_in_time_by_another_awareness_says_so(incident, officer):
    aware(incident)
    row, by = Obligation.objects.get(), make.officer()
    filings.decide(row, reportable=True, reason="Risk.", actor=by)
    filings.draft(row, where="Evidence 3", actor=by)
    filings.approve(row, actor=make.officer())
    filings.submit(row, Sent(at=timezone.now(), reference="LfDI-7"), actor=by)
    at = url(incident, f"clocks/{row.pk}/")
    assert "What was stated since" not in officer.reads(at)
    for hours, late in ((2, False), (80, True)):
        moment = timezone.now() - timedelta(hours=hours)
        lifecycle.decide_awareness(incident, aware_at=moment, rationale="Older.", actor=by)
        page = officer.reads(at)
        assert "What was stated since would have made it due" in page
        assert ("it was filed later than that" in page) == late


def test_who_runs_the_incident_states_moments_and_files_nothing(incident):
    commander = reader(Function.COMMANDER)
    fields = {"kind": "occurred", "moment": "2026-01-01T10:00", "rationale": "Logs."}
    assert commander.post(url(incident, "clocks/events/"), **fields).status_code == 302
    assert "Exposure began 1 Jan" in commander.reads(url(incident, "clocks/"))
    aware(incident)
    row = Obligation.objects.get()
    assert "Privacy officers and counsel decide" in commander.reads(
        url(incident, f"clocks/{row.pk}/")
    )
    refused = commander.post(url(incident, f"clocks/{row.pk}/decide/"), reportable="no")
    assert refused.status_code == 403


def test_a_drill_stands_in_no_list_of_what_is_owed(officer):
    drill = make.incident(Sev.SEV2, program=make.program(is_drill=True), is_drill=True)
    aware(drill)
    assert drill.ref not in officer.reads("/obligations/")
    assert drill.ref not in officer.reads("/obligations/?which=all")
    assert drill.ref in officer.reads("/obligations/?which=drills")


def test_the_board_shows_the_next_end_to_whoever_may_see_it(incident, officer):
    due = aware(incident) + timedelta(hours=72)
    page = officer.reads("/")
    assert f"Next legal deadline {due.day} {due:%b} {incident.ref}" in page
    assert incident.ref not in reader().reads("/")
    assert "none runs, as far as you may see" in reader().reads("/")


def test_mail_about_the_clocks_of_a_drill_says_so(officer, mailoutbox, engine):
    drill = make.incident(Sev.SEV2, program=make.program(is_drill=True), is_drill=True)
    aware(drill)
    engine.forward(hours=37)
    told = [mail for mail in mailoutbox if "legal clock" in mail.subject]
    assert told
    for mail in told:
        assert mail.subject.startswith(f"[Andon] Drill, {drill.codename}: ")
        assert mail.body.startswith("This is a drill. ")


def test_what_the_rules_call_by_codes_is_told_in_words(incident, officer):
    aware(incident)
    duty = incident.obligations.first()
    page = officer.reads(url(incident, f"clocks/{duty.pk}/"))
    assert "Calendar hours, without a break" in page
    assert "Source the law was read" in page
    form = officer.reads(url(incident, "clocks/"))
    assert "Austria (AT)" in form
    assert "Alabama (US-AL)" in form


IN_CODES = {
    "jurisdictions": ["EU", "US-CA"],
    "risk": "high",
    "internal_only": True,
    "categories": ["mouse_movements"],
    "sectors": ["financial_services", "of_our_own"],
    "individuals_in": {"US-CA": 600},
    "sec_registrant": False,
}


def test_facts_and_moments_are_told_in_words_and_not_by_the_codes_of_the_rules(incident, officer):
    by = make.officer()
    legalevents.state_facts(incident, IN_CODES, reason="Counsel.", actor=by)
    at = timezone.now() - timedelta(hours=5)
    for moment in (at, at + timedelta(hours=1)):
        legalevents.set_event(incident, "suspected", moment, rationale="Logs.", actor=by)
    page = officer.reads(url(incident, "clocks/"))
    for said in (
        *("First signal", "Breach suspected", "Where the people live and you are regulated EU,"),
        *("California (US-CA)", "Risk to the people A high risk", "Kinds of data Mouse movements"),
        *("Your sectors Financial services, of_our_own", "California (US-CA): 600"),
        *("Seen inside the organisation alone Yes", "Files with the SEC No"),
    ):
        assert said in page
    html = officer.get(url(incident, "clocks/")).content.decode()
    # Codes are what a form sends, and no words.
    for code in ("first_signal", "suspected", "mouse_movements", "financial_services"):
        assert f">{code}" not in html
    assert "Breach suspected (there were reasonable grounds" in officer.reads(url(incident))


def test_every_calendar_source_and_place_of_the_rules_has_words():
    rules = legalcase.rules()
    assert legalwords.EVENTS.keys() == rules.events.keys()
    assert legalwords.FACTS.keys() == {*WORDED, *LISTED, *rules.flags}
    assert legalwords.SECTORS.keys() == rules.sectors.keys() - {"none"}
    assert legalwords.CATEGORIES.keys() == rules.categories.keys()
    for rule in rules.rules.values():
        told = Obligation(calendar=rule.calendar or "", verified=rule.verified)
        assert told.source_words != str(rule.verified)
        assert not rule.calendar or told.calendar_words != str(rule.calendar)
    unnamed = {each.code for each in rules.atlas.by_code.values() if each.name == each.code}
    assert unnamed - placenames.NAMES.keys() <= {"EU"}
    assert placenames.NAMES.keys() <= unnamed
