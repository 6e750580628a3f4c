"""Drafts on pages: begun, written, compared, approved by two, taken out, named at the filing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import exposures, filings, lifecycle
from incidents.models import Draft
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


def begin(incident, officer, **fields):
    fields = {"kind": "authority"} | fields
    answer = officer.client.post(url(incident, "drafts/"), fields, follow=True)
    return Draft.objects.get(), words(answer)


def at(incident, draft, ending=""):
    return url(incident, f"drafts/{draft.pk}/{ending}")


def test_a_draft_is_begun_written_compared_and_taken_out(incident, officer):
    draft, page = begin(incident, officer)
    assert "things are not known" in page
    assert "[UNKNOWN: name of the authority]" in page
    fields = {"text": "# To the authority\n\nAll is known.", "based_on": "1"}
    page = words(officer.client.post(at(incident, draft, "write/"), fields, follow=True))
    assert "Two others must approve it." in page
    assert "0 of 2 approved" in page
    compared = officer.get(at(incident, draft, "versions/2/")).content.decode()
    assert "All is known.</ins>" in compared
    assert "NOT APPROVED" in compared
    answer = officer.get(at(incident, draft, "versions/2/markdown/"))
    assert answer.content.decode() == "# To the authority\n\nAll is known.\n"
    assert answer["Content-Disposition"].endswith('-authority-v2.md"')
    assert officer.get(at(incident, draft, "versions/7/")).status_code == 404


def test_what_somebody_wrote_meanwhile_is_not_overwritten(incident, officer):
    draft, _page = begin(incident, officer)
    fields = {"text": "# One", "based_on": "1"}
    officer.client.post(at(incident, draft, "write/"), fields)
    other = reader(Function.PRIVACY_OFFICER)
    answer = other.client.post(at(incident, draft, "write/"), fields | {"text": "# Two"})
    assert answer.status_code == 409
    assert "wrote version 2 meanwhile" in words(answer)
    # What they typed is still there, to be saved upon the newest.
    assert "# Two" in answer.content.decode()
    assert 'name="based_on" value="2"' in answer.content.decode()
    assert officer.client.post(at(incident, draft, "write/"), {}).status_code == 422


def test_two_others_approve_it_and_the_filing_names_it(incident, officer):
    moment = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(incident, aware_at=moment, rationale="R", actor=make.officer())
    row = incident.obligations.get(rule="eu-gdpr-33")
    filings.decide(row, reportable=True, reason="A risk.", actor=make.officer())
    draft, page = begin(incident, officer, obligation=str(row.pk))
    assert "two others must approve it" in page
    assert officer.post(at(incident, draft, "versions/1/approve/")).status_code == 409
    for _ in range(2):
        other = reader(Function.LEGAL)
        assert "Approve version 1" in other.reads(at(incident, draft))
        other.post(at(incident, draft, "versions/1/approve/"))
    assert "Approved by two" in officer.reads(at(incident, draft))
    clock = url(incident, f"clocks/{row.pk}/")
    assert "Written elsewhere" in officer.reads(clock)
    fields = {
        "moment": f"{timezone.now():%Y-%m-%dT%H:%M}",
        "reference": "AZ-1",
        "text": str(draft.versions.get().pk),
    }
    page = words(officer.client.post(f"{clock}submit/", fields, follow=True))
    assert "Text: Notification to the authority, Art. 33(3), 1" in page


def test_whoever_only_reads_writes_and_approves_nothing(incident, officer):
    draft, _page = begin(incident, officer)
    executive = reader(Function.EXECUTIVE)
    page = executive.reads(at(incident, draft))
    assert "Write the next version" not in page
    assert "Approve version 1" not in page
    fields = {"text": "# x", "based_on": "1"}
    assert executive.client.post(at(incident, draft, "write/"), fields).status_code == 403
    assert executive.post(at(incident, draft, "versions/1/approve/")).status_code == 409
    stranger = reader(Function.RESPONDER)
    assert stranger.get(at(incident, draft)).status_code == 404


def test_a_draft_of_another_incident_is_missing(incident, officer):
    draft, _page = begin(incident, officer)
    other = make.incident(Sev.SEV3)
    assert officer.get(at(other, draft)).status_code == 404
    assert officer.get(at(other, draft, "versions/1/")).status_code == 404


def test_a_place_that_became_known_later_is_on_no_page_and_is_not_taken_out(incident, officer):
    draft, _page = begin(incident, officer)
    for text in ("It lies in lake/two.", "It lies in lake/two still."):
        fields = {"text": text, "based_on": draft.versions.count()}
        officer.client.post(at(incident, draft, "write/"), fields)
    said = exposures.Said(what="Transcripts", location="lake/two")
    exposures.add(incident, said, actor=make.officer())
    for ending in ("", "versions/2/", "versions/3/"):
        page = officer.get(at(incident, draft, ending)).content.decode()
        assert "lake/two" not in page
        assert "It lies in [withheld until the fix is verified]" in page
    answer = officer.get(at(incident, draft, "versions/3/markdown/"))
    assert answer.status_code == 409
    assert "lake/two" not in answer.content.decode()
    assert "write a version without that place" in words(answer)
