"""Evidence by API: a script hands in a file and learns what is kept."""

import hashlib
from dataclasses import replace
from io import BytesIO

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Scope
from incidents import grants
from incidents.models import Evidence, Status
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

LOG = b"10:02 export opened by everyone\n"
SHA256 = hashlib.sha256(LOG).hexdigest()


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


def let_in(incident, level="contribute", *scopes):
    person = make.user(first_name="Hal", last_name="Per")
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person, *scopes)


@pytest.fixture
def helper(incident):
    return let_in(incident)


def file(content=LOG, name="access.log", declared="text/plain"):
    return SimpleUploadedFile(name, content, declared)


def send(caller, ref, **fields):
    path = f"/api/v1/incidents/{ref}/evidence"
    return caller.client.post(path, fields, headers=caller.headers)


def test_a_file_is_handed_in_and_listed(incident, helper):
    answer = send(helper, incident.ref, file=file(), note="From the proxy.", sha256=SHA256)
    assert answer.status_code == 201
    made = answer.json()
    row = Evidence.objects.get()
    assert made == {
        "id": row.pk,
        "name": "access.log",
        "note": "From the proxy.",
        "type": "text/plain; charset=utf-8",
        "size": len(LOG),
        "sha256": SHA256,
        "added_at": made["added_at"],
        "added_by": "Hal Per",
        "scan": "off",
        "held": False,
        "damaged": False,
        "page": f"http://localhost:8000/incidents/{incident.ref}/evidence/{row.pk}/",
    }
    assert helper.get(f"/incidents/{incident.ref}/evidence").json() == [made]
    assert row.custody.get().via == "api"


def test_a_hidden_incident_answers_like_a_missing_one(incident):
    stranger = Caller(make.user())
    for ask in (
        lambda ref: stranger.get(f"/incidents/{ref}/evidence"),
        lambda ref: send(stranger, ref, file=file()),
    ):
        hidden, missing = ask(incident.ref), ask("INC-4242")
        problem(hidden, 404)
        assert hidden.content == missing.content


def test_whoever_only_reads_adds_nothing(incident):
    reader = let_in(incident, "view")
    assert reader.get(f"/incidents/{incident.ref}/evidence").json() == []
    problem(send(reader, incident.ref, file=file()), 403)


def test_a_token_to_read_adds_nothing(incident):
    problem(send(let_in(incident, "close", Scope.READ), incident.ref, file=file()), 403)
    answer = let_in(incident, "close", Scope.RESPOND).get(f"/incidents/{incident.ref}/evidence")
    problem(answer, 403)


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "file", "file: send one as multipart/form-data."),
        ({"file": "text"}, "file", "file: send one as multipart/form-data."),
        ({"file": [file(b"1"), file(b"2")]}, "file", "file: one at a time; none was added."),
        ({"file": file(b"")}, "file", "file: it is empty."),
        ({"file": file(b"<svg>", "x.png", "image/png")}, "file", "file: its name ends in “png”"),
        ({"file": file(), "sha256": "0" * 64}, "sha256", "sha256: what arrived has another"),
        ({"file": file(), "sha256": "0"}, "sha256", "sha256: "),
        ({"file": file(), "note": "x" * 501}, "note", "note: "),
        ({"file": file(), "note": "a\0b"}, "note", "note: "),
    ],
)
def test_what_is_odd_is_refused_by_its_field(incident, helper, sent, field, said):
    body = problem(send(helper, incident.ref, **sent), 422)
    assert body["field"] == field
    assert body["detail"].startswith(said)
    assert not Evidence.objects.exists()


def test_the_same_bytes_again_are_told_where_they_are(incident, helper):
    made = send(helper, incident.ref, file=file()).json()
    body = problem(send(helper, incident.ref, file=file(name="other.log")), 409)
    assert f"no. {made['id']}, “access.log”" in body["detail"]


def test_a_closed_incident_takes_none(incident, helper):
    incident.status = Status.CLOSED
    incident.save(update_fields=["status"])
    body = problem(send(helper, incident.ref, file=file()), 409)
    assert "reopen it to add evidence" in body["detail"]


def test_what_is_too_large_is_dropped_while_it_comes_in(incident, helper, settings):
    settings.EVIDENCE = replace(django_settings.EVIDENCE, largest=1024)
    body = problem(send(helper, incident.ref, file=file(b"a" * 1025)), 413)
    assert body["field"] == "file"


def test_what_is_far_too_long_is_refused_by_its_length(incident, helper):
    answer = helper.client.post(
        f"/api/v1/incidents/{incident.ref}/evidence",
        content_type="multipart/form-data; boundary=x",
        headers=helper.headers,
        CONTENT_LENGTH=str(2 * 1024**3),
    )
    assert "at most 25 MiB" in problem(answer, 413)["detail"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"--x", "multipart/form-data; boundary=" + "x" * 300),
        (b"{}", "application/json"),
        (LOG, "text/plain"),
    ],
)
def test_a_body_that_is_no_form_is_refused(incident, helper, body, kind):
    path = f"/api/v1/incidents/{incident.ref}/evidence"
    answer = helper.client.post(path, body, content_type=kind, headers=helper.headers)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


@pytest.mark.parametrize("cut", [1, 5, 9, 20, 40, 90])
def test_a_file_whose_sender_broke_off_is_not_taken_for_a_shorter_one(incident, helper, cut):
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.log"\r\n\r\n'
    sent = head + LOG + b"\r\n--x--"
    answer = helper.client.post(
        f"/api/v1/incidents/{incident.ref}/evidence",
        content_type="multipart/form-data; boundary=x",
        headers=helper.headers,
        CONTENT_LENGTH=str(len(sent)),
        **{"wsgi.input": BytesIO(sent[:-cut])},
    )
    # What is cut off behind the boundary is no part of the file.
    whole = cut < 3
    assert answer.status_code == (201 if whole else 422)
    assert Evidence.objects.count() == whole


def test_very_many_files_at_once_are_refused(incident, helper):
    many = {f"file{number}": file(b"x") for number in range(101)}
    problem(send(helper, incident.ref, **many), 400)
