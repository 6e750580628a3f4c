"""The timeline on the page: updates, pins, the picture, and whom an update is for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import lifecycle, pinning, timeline
from incidents.models import Incident, Status
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", first_name="Hal", last_name="Per")


def write(incident, text="The share is closed.", **fields):
    return timeline.write(incident, "update", text, actor=make.actor(make.user()), **fields)


def sent(**fields):
    return {"text": "The share is closed.", "audience": "responders"} | fields


def test_an_update_can_say_when_it_happened(incident, helper):
    helper.post(url(incident, "update/"), **sent(occurred_at="2026-06-18T08:00"))
    entry = incident.timeline.get(kind="update")
    assert f"{entry.occurred_at:%Y-%m-%d %H:%M}" == "2026-06-18 08:00"
    assert "18 Jun 08:00 UTC The share is closed. Update · Hal Per · recorded" in helper.reads(
        url(incident)
    )


def test_an_update_from_the_future_is_refused_at_its_field(incident, helper):
    answer = helper.post(url(incident, "update/"), **sent(occurred_at="2099-06-18T08:00"))
    assert answer.status_code == 409
    assert "When it happened: Lies in the future; give a time until now." in words(answer)


def test_an_update_to_a_closed_incident_is_refused_with_a_sentence(helper):
    incident = make.incident(Sev.SEV3)
    person = let_in(incident, "contribute")
    lifecycle.move(incident, Status.DISMISSED, reason="No.", actor=make.actor(person.person))
    answer = person.post(url(incident, "update/"), **sent())
    assert answer.status_code == 409
    assert "is dismissed; reopen it to write an update." in words(answer)


@pytest.mark.parametrize(
    ("length", "status", "said"),
    [(900_000, 422, "at most 10000 characters (it has 900000)"), (1_048_576, 413, "too large")],
)
def test_a_megabyte_of_markdown_gets_a_clear_sentence(incident, helper, length, status, said):
    answer = helper.post(url(incident, "update/"), **sent(text="*" * length))
    assert answer.status_code == status
    assert said in words(answer)
    assert not incident.timeline.filter(kind="update").exists()


def test_a_late_update_stands_in_the_head_and_in_the_list(incident, helper):
    due = timezone.now() - timedelta(minutes=5)
    lifecycle.plan_update(incident, next_update_at=due, actor=make.SYSTEM)
    assert "Late:" in helper.reads(url(incident, "live/head/"))
    assert "Update late" in helper.reads("/incidents/")
    Incident.objects.filter(pk=incident.pk).update(next_update_at=timezone.now() + timedelta(1))
    assert "Update late" not in helper.reads("/incidents/")


def test_an_entry_is_pinned_and_unpinned_by_who_contributes(incident, helper):
    entry = write(incident)
    helper.post(url(incident, f"timeline/{entry.pk}/pin/"))
    assert "Pinned" in helper.reads(url(incident, "live/story/"))
    helper.post(url(incident, f"timeline/{entry.pk}/unpin/"))
    assert pinning.pinned(incident) == []
    executive = reader(Function.EXECUTIVE)
    assert executive.post(url(incident, f"timeline/{entry.pk}/pin/")).status_code == 403


@pytest.mark.parametrize("path", ["pin/", "unpin/", "correct/"])
def test_an_entry_under_another_incident_is_missing(incident, path):
    entry, other = write(incident), make.incident(Sev.SEV2)
    both = reader(Function.PRIVACY_OFFICER)
    answer = both.post(url(other, f"timeline/{entry.pk}/{path}"), text="x")
    assert answer.status_code == 404


def test_what_was_corrected_is_not_corrected_again(incident, helper):
    entry = write(incident)
    fields = {"text": "Closed at 14:20.", "occurred_at": "2026-06-18T08:00"}
    helper.post(url(incident, f"timeline/{entry.pk}/correct/"), **fields)
    answer = helper.post(url(incident, f"timeline/{entry.pk}/correct/"), **fields)
    assert answer.status_code == 409
    assert "This entry was corrected already; correct the newer one." in words(answer)


def test_who_was_told_reads_what_is_for_them_and_nothing_else(incident):
    texts = {each: f"Written for {each}." for each in ("responders", "leadership", "told")}
    for audience, text in texts.items():
        write(incident, text, audience=audience)
    corrected = write(incident, "You are not concernd.", audience="told")
    timeline.correct(corrected, text="You are not concerned.", actor=make.SYSTEM)
    page = Reader(incident.reporter).reads(f"/receipts/{incident.uuid}/")
    assert texts["told"] in page
    assert "You are not concerned." in page
    for text in (texts["responders"], texts["leadership"], "concernd", "Paged"):
        assert text not in page


def test_the_picture_can_be_read_as_a_table_with_the_legal_clock(incident, helper):
    aware = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(
        incident, aware_at=aware, rationale="The mail.", actor=make.officer()
    )
    page = helper.reads(url(incident))
    assert "Legal clocks GDPR Art. 33(1), (3), (4)" in page
    assert f"Collection paused {incident.program.name} paused" in page
    assert "goes on" in page
