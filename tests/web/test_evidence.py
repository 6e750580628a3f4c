"""Evidence on pages: added by who contributes, read by who sees, held by few, run by no browser."""

from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from incidents import evidence
from incidents.models import Evidence, Look, Status
from incidents.models.evidence import storage
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db
LOG = b"10:02 export opened by everyone\n"


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", first_name="Hal", last_name="Per")


@pytest.fixture
def keeping(settings):
    """Sets what may be kept."""

    def keep(**changed):
        settings.EVIDENCE = replace(django_settings.EVIDENCE, **changed)

    return keep


def file(content=LOG, name="access.log", declared="text/plain"):
    return SimpleUploadedFile(name, content, declared)


def kept(incident, content=LOG, name="access.log", declared="text/plain"):
    return evidence.add(incident, file(content, name, declared), actor=make.actor(make.user()))


def read(answer):
    """To its end, as a browser does: only then Django's client lets go of it as it should."""
    return b"".join(answer.streaming_content)


def test_a_file_is_added_and_stands_on_the_page_with_who_when_and_size(incident, helper):
    answer = helper.post(url(incident, "evidence/"), file=file(), note="From the proxy.")
    assert answer["Location"] == f"/incidents/{incident.ref}/#evidence"
    page = helper.reads(url(incident))
    assert "access.log From the proxy. 32 bytes" in page.replace("\xa0", " ")
    assert "Hal Per Not scanned" in page
    assert "1 of 200 files" in page
    assert "Evidence added: access.log." in page


def test_the_page_of_a_file_shows_its_hash_and_who_had_it_in_hands(incident, helper):
    row = kept(incident)
    read(helper.get(url(incident, f"evidence/{row.pk}/file/")))
    page = helper.reads(url(incident, f"evidence/{row.pk}/"))
    assert row.sha256 in page
    assert "Downloaded Hal Per by page" in page
    assert page.index("Downloaded") < page.index("Added")
    assert Look.objects.get(person=helper.person).times == 1


def test_evidence_is_an_attachment_that_can_do_nothing(incident, helper):
    row = kept(incident, name='Größe; "x".log')
    answer = helper.get(url(incident, f"evidence/{row.pk}/file/"))
    assert read(answer) == LOG
    named = "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%3B%20%22x%22.log"
    assert answer["Content-Disposition"] == named
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Length"] == str(len(LOG))


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (b"<html><script>alert(1)</script>", "page.html", "text/html"),
        (b"<svg onload='alert(1)'/>", "logo.svg", "image/svg+xml"),
        (b"MZ\x90", "tool.exe", "application/x-msdownload"),
        (b"alert(1)", "leak.js", "text/javascript"),
    ],
)
def test_what_could_run_is_given_out_as_mere_bytes(incident, helper, content, name, declared):
    helper.post(url(incident, "evidence/"), file=file(content, name, declared))
    row = Evidence.objects.get()
    answer = helper.get(url(incident, f"evidence/{row.pk}/file/"))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert read(answer) == content


def test_whoever_only_reads_takes_out_and_adds_nothing(incident):
    row, executive = kept(incident), reader(Function.EXECUTIVE)
    page = executive.reads(url(incident))
    assert "access.log" in page
    assert "Add a file" not in page
    assert executive.post(url(incident, "evidence/"), file=file(b"x")).status_code == 403
    answer = executive.get(url(incident, f"evidence/{row.pk}/file/"))
    assert read(answer) == LOG


@pytest.mark.parametrize("ending", ["", "file/"])
def test_evidence_under_another_incident_is_missing(incident, ending):
    row, other = kept(incident), make.incident(Sev.SEV2)
    both = reader(Function.PRIVACY_OFFICER)
    assert both.get(url(incident, f"evidence/{row.pk}/")).status_code == 200
    assert both.get(url(other, f"evidence/{row.pk}/{ending}")).status_code == 404


@pytest.mark.parametrize("ending", ["hold/", "release/", "check/"])
def test_evidence_under_another_incident_is_not_held(incident, ending):
    row, other = kept(incident), make.incident(Sev.SEV2)
    both = reader(Function.PRIVACY_OFFICER)
    answer = both.post(url(other, f"evidence/{row.pk}/{ending}"), reason="x")
    assert answer.status_code == 404


def test_what_is_stored_is_checked_now_and_the_log_says_what_came_of_it(incident, helper):
    row = kept(incident)
    path = url(incident, f"evidence/{row.pk}/")
    assert "Check now" in helper.reads(path)
    assert reader(Function.EXECUTIVE).post(f"{path}check/").status_code == 403
    assert helper.client.post(f"{path}check/", follow=True).status_code == 200
    assert row.custody.filter(act="verified").count() == 1
    with row.file.storage.open(row.file.name, "wb") as stored:
        stored.write(b"Something else")
    page = words(helper.client.post(f"{path}check/", follow=True))
    assert "It is no longer what was handed in." in page
    assert row.custody.filter(act="damaged").count() == 1


def test_counsel_sets_and_lifts_a_hold_that_everybody_sees(incident, helper):
    row, counsel = kept(incident), reader(Function.LEGAL)
    path = url(incident, f"evidence/{row.pk}/")
    counsel.post(f"{path}hold/", reason="Claim 7.")
    assert "Legal hold Claim 7." in helper.reads(path)
    assert "Legal hold" in helper.reads(url(incident)).partition(" older ")[0]
    assert counsel.post(f"{path}hold/", reason="Again.").status_code == 409
    counsel.post(f"{path}release/", reason="Settled.")
    assert "Legal hold lifted" in helper.reads(path)


def test_a_hold_without_a_reason_is_refused_at_its_field(incident):
    row, counsel = kept(incident), reader(Function.LEGAL)
    answer = counsel.post(url(incident, f"evidence/{row.pk}/hold/"), reason="")
    assert answer.status_code == 422
    assert "Reason: This field is required." in words(answer)


def test_others_are_offered_no_hold_and_set_none(incident, helper):
    row = kept(incident)
    path = url(incident, f"evidence/{row.pk}/")
    assert "Set a legal hold" not in helper.reads(path)
    answer = helper.post(f"{path}hold/", reason="x")
    assert answer.status_code == 403
    assert "Only the commander, legal counsel and privacy officers" in words(answer)


def test_what_was_changed_where_it_lies_is_not_handed_out(incident, helper):
    row = kept(incident)
    with open(storage().path(str(row.file)), "ab") as stored:
        stored.write(b"x")
    answer = helper.get(url(incident, f"evidence/{row.pk}/file/"))
    assert answer.status_code == 409
    assert "no longer what was handed in" in words(answer)
    assert "Changed" in helper.reads(url(incident))


@pytest.mark.parametrize(
    ("sent", "words_said", "status"),
    [
        ({}, "File: Choose a file.", 422),
        ({"file": file(b"")}, "File: It is empty.", 422),
        ({"file": file(b"<html>", "x.png", "image/png")}, "File: Its name ends in “png”", 422),
        ({"file": [file(b"1"), file(b"2")]}, "File: One file at a time", 422),
        ({"file": file(), "note": "x" * 501}, "at most 500 characters", 422),
    ],
)
def test_odd_files_are_refused_at_their_field(incident, helper, sent, words_said, status):
    answer = helper.post(url(incident, "evidence/"), **sent)
    assert answer.status_code == status
    assert words_said in words(answer)
    assert not Evidence.objects.exists()


def test_the_same_bytes_again_lead_to_where_they_are(incident, helper):
    row = kept(incident)
    answer = helper.post(url(incident, "evidence/"), file=file())
    assert answer.status_code == 409
    assert f"These bytes are here already: no. {row.pk}, “access.log”" in words(answer)


def test_a_closed_incident_says_that_it_must_be_reopened(incident, helper):
    incident.status = Status.CLOSED
    incident.save(update_fields=["status"])
    assert "Add a file" not in helper.reads(url(incident))
    answer = helper.post(url(incident, "evidence/"), file=file())
    assert answer.status_code == 409
    assert "is closed; reopen it to add evidence" in words(answer)


def test_a_file_that_is_too_large_is_dropped_while_it_comes_in(incident, helper, keeping):
    keeping(largest=100_000)
    answer = helper.post(url(incident, "evidence/"), file=file(b"a" * 100_001))
    assert answer.status_code == 413
    assert "File: At most 0.0953674 MiB." in words(answer)
    assert not Evidence.objects.exists()


def test_evidence_may_be_larger_than_that_of_a_control(incident, helper, monkeypatch):
    monkeypatch.setattr("programs.evidence.LARGEST", 1000)
    assert helper.post(url(incident, "evidence/"), file=file(b"a" * 1001)).status_code == 302


def test_two_gigabytes_are_refused_by_their_length_before_any_is_read(incident, helper):
    class Unread:
        def read(self, *_):
            raise AssertionError("it was read")

        readline = read

    answer = helper.client.post(
        url(incident, "evidence/"),
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2 * 1024**3),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert "At most 25 MiB are taken. Nothing of it was kept." in words(answer)
    assert "no-store" in answer["Cache-Control"]


def test_a_length_that_is_no_number_is_none(helper):
    assert helper.client.get("/", CONTENT_LENGTH="x").status_code == 200


def test_older_files_are_one_click_away(incident, helper):
    for number in range(9):
        kept(incident, f"{number}".encode(), name=f"part-{number}.log")
    page = helper.reads(url(incident)).partition("9 of 200 files")[2]
    assert page.index("part-8.log") < page.index("1 older file") < page.index("part-0.log")
