"""The receipt: the reporter's own, and nothing of the response on it."""

import pytest

from incidents import timeline
from incidents.models import TimelineEntry
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, let_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(reporter):
    return make.incident(Sev.SEV2, reporter=reporter.person)


def receipt(incident):
    return f"/receipts/{incident.uuid}/"


def test_it_names_the_number_the_codename_and_what_was_paused(reporter, incident):
    page = reporter.reads(receipt(incident))
    assert incident.ref in page
    assert incident.codename in page
    assert f"{incident.program.name} was paused" in page
    assert "People are being paged" in page


@pytest.fixture
def mild(reporter):
    """A report that pages nobody."""
    program = make.program(categories=["mouse_movements"], participants=5)
    made = make.incident(Sev.SEV3, reporter=reporter.person, program=program)
    assert made.counts_as > Sev.SEV3
    return made


def test_a_report_that_pages_nobody_does_not_claim_it_does(reporter, mild):
    page = reporter.reads(receipt(mild))
    assert "People are being paged" not in page
    assert "People who handle exposures can see it now." in page


def test_a_severity_raised_later_does_not_show(reporter, mild):
    make.judged(mild, Sev.SEV3)
    assert "People are being paged" not in reporter.reads(receipt(mild))


def test_it_never_tells_who_responds_or_what_they_write(reporter, incident):
    before = reporter.reads(receipt(incident))
    commander = make.user(first_name="Secret", last_name="Commander")
    timeline.write(
        incident, TimelineEntry.Kind.UPDATE, "The cause is known.", actor=make.actor(commander)
    )
    assert reporter.reads(receipt(incident)) == before


def test_nobody_else_reads_it(incident):
    other = let_in(incident)
    assert other.get(receipt(incident)).status_code == 404


def test_the_reporter_adds_detail_without_being_let_in(reporter, incident):
    answer = reporter.post(receipt(incident), detail="It is in the export as well.")
    assert answer.status_code == 302
    assert incident.timeline.filter(text__endswith="It is in the export as well.").exists()
    assert reporter.get(f"/incidents/{incident.ref}/").status_code == 404


def test_an_empty_detail_is_refused(reporter, incident):
    before = incident.timeline.count()
    answer = reporter.post(receipt(incident), detail=" ")
    assert answer.status_code == 422
    assert "Write what you want to add." in words(answer)
    assert incident.timeline.count() == before


def test_whoever_may_open_the_incident_is_led_there(incident, reporter):
    assert "Open the incident" not in reporter.reads(receipt(incident))
    seeing = make.incident(reporter=make.user())
    own = let_in(seeing)
    seeing.reporter = own.person
    seeing.save(update_fields=["reporter"])
    assert "Open the incident" in own.reads(receipt(seeing))


def test_a_reporter_finds_the_receipts_again(reporter, incident):
    other = make.incident()
    page = reporter.reads("/receipts/")
    assert incident.ref in page
    assert other.ref not in page


def test_without_a_report_the_list_says_what_would_be_here():
    assert "What you report is listed here" in Reader(make.user()).reads("/receipts/")


def test_a_program_that_did_not_collect_is_not_said_to_be_paused(reporter):
    draft = make.draft(owner=reporter.person)
    incident = make.incident(Sev.SEV2, reporter=reporter.person, program=draft)
    page = reporter.reads(receipt(incident))
    assert f"{draft.name} does not collect now, and is kept from starting" in page
    assert "was paused" not in page
