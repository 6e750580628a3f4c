"""Exposures on pages; and where data lie, which few may read before the fix is verified."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due, Entry, OutboxEvent, Remark
from incidents import evidence, exposures
from incidents.exposures import Said
from incidents.models import Exposure
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db
CANARY = "s3://canary-4711/payroll"


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", first_name="Hal", last_name="Per")


@pytest.fixture
def chief(incident):
    return let_in(incident, "manage", first_name="Ada", last_name="Obi")


def add(incident, by=None, **said):
    actor = make.actor(by) if by else make.SYSTEM
    return exposures.add(incident, Said(**({"what": "Transcripts"} | said)), actor=actor)


def sent(**fields):
    usual = {"what": "Transcripts", "whose": "unknown", "effective_audience": "unknown"}
    return usual | {"accessed": "unknown"} | fields


def test_whoever_contributes_writes_an_exposure_down_and_it_stands_in_the_side_column(
    incident, helper
):
    fields = sent(people_known="1500", whose="employees", effective_audience="everyone_inside")
    answer = helper.post(url(incident, "exposures/"), **fields, since="2026-06-18T08:00")
    assert answer["Location"] == f"/incidents/{incident.ref}/exposures/"
    for page in (helper.reads(url(incident)), helper.reads(url(incident, "exposures/"))):
        assert "Transcripts Open" in page
        assert "Employees: 1500 people" in page
        assert "Everyone inside" in page
        assert "18 Jun 08:00 UTC – still open" in page


def test_the_head_counts_by_what_was_written_down(incident, helper):
    since = timezone.now() - timezone.timedelta(days=3)
    add(incident, since=since, since_is_estimate=True)
    assert "Exposed for 3 d 0 h (estimate)" in helper.reads(url(incident, "live/head/"))


def test_what_makes_no_sense_comes_back_with_what_was_typed(incident, helper):
    fields = sent(people_min="9", people_max="3", location=CANARY)
    answer = helper.post(url(incident, "exposures/"), **fields)
    assert answer.status_code == 409
    assert "3 is fewer than 9" in words(answer)
    assert f'value="{CANARY}"' in answer.content.decode()
    assert not Exposure.objects.exists()


@pytest.mark.parametrize("count", ["-1", "8500000001", "4611686018427387904", "9" * 5000, "1.5"])
def test_more_people_than_live_are_refused_with_the_field_and_what_is_allowed(
    count, incident, helper
):
    answer = helper.post(url(incident, "exposures/"), **sent(people_max=count))
    assert answer.status_code == 422
    said = "At most: A whole number from 0 to 8,500,000,000; more people do not live."
    assert said in words(answer)
    assert not Exposure.objects.exists()


def test_as_many_people_as_live_are_written_down(incident, helper):
    fields = sent(people_known="3000000000", people_max="8500000000")
    assert helper.post(url(incident, "exposures/"), **fields).status_code == 302
    assert Exposure.objects.get().people_max == 8_500_000_000


def test_evidence_of_another_incident_is_no_choice(incident, helper):
    def log(of):
        upload = SimpleUploadedFile("a.log", f"{of.ref}\n".encode(), "text/plain")
        return evidence.add(of, upload, actor=make.SYSTEM)

    own, foreign = log(incident), log(make.incident())
    answer = helper.post(url(incident, "exposures/"), **sent(files=[foreign.pk]))
    assert answer.status_code == 422
    helper.post(url(incident, "exposures/"), **sent(files=[own.pk]))
    row = Exposure.objects.get()
    assert row.files == [own.pk]
    assert "a.log" in helper.reads(url(incident, f"exposures/{row.pk}/"))


def test_an_exposure_under_another_incident_is_missing(incident):
    row, other = add(incident), make.incident(Sev.SEV2)
    both = reader(Function.PRIVACY_OFFICER)
    assert both.get(url(incident, f"exposures/{row.pk}/")).status_code == 200
    assert both.get(url(other, f"exposures/{row.pk}/")).status_code == 404
    assert both.post(url(other, f"exposures/{row.pk}/"), **sent(reason="x")).status_code == 404
    assert both.post(url(other, f"exposures/{row.pk}/verify/"), how="x").status_code == 404


def test_who_only_reads_writes_nothing_and_who_contributes_verifies_nothing(incident, helper):
    row, executive = add(incident, until=timezone.now()), reader(Function.EXECUTIVE)
    page = executive.reads(url(incident, "exposures/"))
    assert "Transcripts" in page
    assert "Add an exposure" not in page
    assert executive.post(url(incident, "exposures/"), **sent()).status_code == 403
    assert executive.post(url(incident, f"exposures/{row.pk}/"), **sent()).status_code == 403
    assert helper.post(url(incident, f"exposures/{row.pk}/verify/"), how="Seen").status_code == 403


def test_a_correction_keeps_what_it_said_before(incident, helper):
    row = add(incident, people_known=7)
    fields = sent(people_known="9", reason="Counted again.")
    helper.post(url(incident, f"exposures/{row.pk}/"), **fields)
    page = helper.reads(url(incident, f"exposures/{row.pk}/"))
    assert "People, as far as known 7 9" in page
    assert "Hal Per · by page · Counted again." in page


def test_two_who_correct_an_exposure_lose_neither_correction(incident, helper):
    row = add(incident, people_known=7)
    path = url(incident, f"exposures/{row.pk}/")
    read = {"people_known": "7", "reason": "Counted again.", "based_on": "1"}
    helper.post(path, **sent(**read | {"people_max": "9"}))
    helper.post(path, **sent(**read | {"accessed": "accessed", "accessed_source": "Logs."}))
    row.refresh_from_db()
    assert (row.people_known, row.people_max, row.accessed_source) == (7, 9, "Logs.")


def test_of_the_same_part_of_an_exposure_the_second_is_shown_what_the_first_wrote(incident, helper):
    row = add(incident, people_known=7)
    path = url(incident, f"exposures/{row.pk}/")
    read = {"people_known": "7", "reason": "Counted again.", "based_on": "1"}
    helper.post(path, **sent(**read | {"people_known": "9", "people_max": "20"}))
    answer = helper.post(path, **sent(**read | {"people_known": "8"}))
    assert answer.status_code == 409
    assert "Somebody changed this after you opened it, to “9”" in words(answer)
    form = answer.context["correct_form"]
    found = [form.initial[name] for name in ("people_known", "people_max", "based_on")]
    assert found == [8, 20, 2]


def test_a_moment_that_was_not_touched_keeps_its_seconds_and_what_was_verified(incident):
    closed = timezone.now() - timedelta(hours=1)
    row, chief = add(incident, until=closed), reader(Function.COMMANDER)
    exposures.verify(row, how="Looked.", actor=make.actor(chief.person))
    until = f"{closed:%Y-%m-%dT%H:%M}"
    path = url(incident, f"exposures/{row.pk}/")
    chief.post(path, **sent(until=until, people_max="9", reason="Counted."))
    row.refresh_from_db()
    assert (row.people_max, row.until) == (9, closed)
    assert row.verified_at


def everything_read(person, incident, row):
    """All that a person is told of an incident, by any door."""
    under = ["", "?all=1", "live/story/", "live/head/", "exposures/", "history/"]
    under += [f"exposures/{row.pk}/"]
    pages = [url(incident, each) for each in under]
    pages += ["/", "/incidents/", f"/incidents/?q={CANARY}", "/audit/"]
    pages += [f"/programs/{incident.program.slug}/"]
    pages += [f"/programs/{incident.program.slug}/for-participants/"]
    told = [person.get(page).content.decode() for page in pages]
    api = Caller(person.person)
    for path in ("", "/timeline", "/evidence", "/exposures"):
        told.append(api.get(f"/incidents/{incident.ref}{path}").content.decode())
    return [text.replace(f"?q={CANARY}", "").replace(f'value="{CANARY}"', "") for text in told]


def everything_sent():
    """All that leaves or is kept outside of the incident's own rows."""
    stored = [entry.body for entry in Entry.objects.all()]
    stored += Remark.objects.values_list("text", flat=True)
    for rows in (OutboxEvent.objects.all(), Due.objects.all()):
        stored += [json.dumps(row.payload) for row in rows]
    return stored + [f"{letter.subject} {letter.body}" for letter in mail.outbox]


def test_where_data_lie_is_told_to_nobody_else_by_any_door(incident, helper, engine):
    row = add(incident, by=make.user(), location=CANARY)
    auditor = let_in(incident, "view", Function.AUDITOR)
    helper.post(url(incident, f"exposures/{row.pk}/"), **sent(people_known="9", reason="Seen."))
    engine.work()
    for person in (helper, auditor):
        told = everything_read(person, incident, row)
        assert any("withheld until the fix is verified" in text for text in told)
        assert not [text for text in told if CANARY in text]
    assert not [text for text in everything_sent() if CANARY in text]


def test_who_runs_the_incident_and_who_entered_it_read_where_data_lie(incident, helper, chief):
    row = add(incident, by=helper.person, location=CANARY)
    other = let_in(incident, "contribute")
    for person, reads in ((helper, True), (chief, True), (other, False)):
        for path in ("exposures/", f"exposures/{row.pk}/", "history/"):
            assert (CANARY in person.reads(url(incident, path))) is reads
        answer = Caller(person.person).get(f"/incidents/{incident.ref}/exposures").json()[0]
        assert answer["location"] == (CANARY if reads else None)
        assert answer["location_withheld"] is not reads


def test_once_the_fix_is_verified_all_who_see_the_incident_read_it_and_then_no_more(
    incident, helper, chief
):
    row = add(incident, by=make.user(), location=CANARY, until=timezone.now())
    chief.post(url(incident, f"exposures/{row.pk}/verify/"), how="Opened it: refused.")
    assert CANARY in helper.reads(url(incident, f"exposures/{row.pk}/"))
    helper.post(url(incident, f"exposures/{row.pk}/"), **sent(reason="It is open again."))
    assert Exposure.objects.get().verified_at is None
    other = let_in(incident, "contribute")
    assert CANARY not in other.reads(url(incident, f"exposures/{row.pk}/"))
    assert CANARY not in other.reads(url(incident, "history/"))
