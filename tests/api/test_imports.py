"""Files of historic incidents by API: handed in, looked at, begun, followed, refused rows."""

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.functions import Function
from incidents import importing
from incidents.models import Import, Incident
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db
GOOD = "nr,title,reported_at,sev\n7,Folder open,2025-03-01,2\n8,Key leaked,2025-13-01,2\n"
MAPPING = {"source_id": 0, "title": 1, "reported_at": 2, "severity": 3}
ACTS = {"drop": {}, "begin": {}, "columns": {"mapping": MAPPING}}


@pytest.fixture
def officer():
    return Caller(make.user(Function.PRIVACY_OFFICER))


def sends(caller, content=GOOD, *files, **fields):
    file = SimpleUploadedFile(
        "old.csv", content if isinstance(content, bytes) else content.encode()
    )
    sent = {"file": [file, *files], "form": "csv", "source": "Old tracker"} | fields
    browser = Client(raise_request_exception=False)
    return browser.post("/api/v1/imports", sent, headers=caller.headers)


def test_a_file_is_mapped_looked_at_begun_and_followed(officer):
    answer = sends(officer)
    row = answer.json()
    assert (answer.status_code, row["state"], row["rows"]) == (201, "uploaded", 2)
    at = f"/imports/{row['id']}"
    assert officer.get(f"{at}/preview").json()["missing"] == ["source_id"]
    assert "source_id" in problem(officer.post(f"{at}/begin"), 409)["detail"]
    chosen = officer.post(f"{at}/columns", {"mapping": MAPPING}).json()
    assert chosen["mapping"] == MAPPING
    told = officer.get(f"{at}/preview").json()
    assert [told[name] for name in ("looked_at", "good", "repeated", "wrong")] == [2, 1, 0, 1]
    assert (told["cases"][0]["title"], told["cases"][0]["severity"]) == ("Folder open", 2)
    assert (told["faults"][0]["row"], told["faults"][0]["field"]) == (3, "reported_at")
    assert not Incident.objects.exists()
    assert officer.post(f"{at}/begin").json()["state"] == "running"
    importing.work(row["id"], 1)
    done = officer.get(at).json()
    assert (done["state"], done["made"], done["refused"], done["percent"]) == ("done", 1, 1, 100)
    rejects = officer.get(f"{at}/rejects")
    lines = rejects.getvalue().decode().splitlines()
    assert lines[0] == "row,source_id,field,reason,taken,text"
    assert lines[1].startswith("3,8,reported_at,")
    assert [each["id"] for each in officer.get("/imports").json()] == [row["id"]]
    assert officer.get(f"/imports?before={row['id']}").json() == []


@pytest.mark.parametrize(
    ("content", "fields", "field"),
    [
        (b"", {}, "file"),
        ("id,title\n".encode("utf-16"), {}, "file"),
        (b"id,title\n", {}, "file"),
        (GOOD, {"source": " "}, "source"),
        (GOOD, {"source": "x" * 101}, "source"),
        (GOOD, {"form": "xml"}, "form"),
        (GOOD, {"file": ""}, "file"),
    ],
)
def test_a_file_that_is_none_is_refused_at_its_field(officer, content, fields, field):
    assert problem(sends(officer, content, **fields), 422)["field"] == field
    assert not Import.objects.exists()


def test_one_file_at_a_time(officer):
    second = SimpleUploadedFile("more.csv", GOOD.encode())
    assert problem(sends(officer, GOOD, second), 422)["field"] == "file"
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_refused_on_its_way_in(officer, settings):
    settings.EVIDENCE = replace(settings.EVIDENCE, largest=1000)
    assert problem(sends(officer, "x" * 2000), 413)["field"] == "file"
    settings.EVIDENCE = replace(settings.EVIDENCE, largest=30 * 1024 * 1024)
    # As large as evidence may be, and larger than other uploads.
    row = f"1,{'x' * 180_000},2025-03-01,2\n"
    large = GOOD.partition("\n")[0] + "\n" + row * 120
    assert len(large) > 20 * 1024 * 1024
    assert sends(officer, large).status_code == 201


@pytest.mark.parametrize("mapping", [{"title": 9}, {"gossip": 0}, {"title": -1}, {"title": "x"}])
def test_a_column_that_is_none_is_refused(officer, mapping):
    at = f"/imports/{sends(officer).json()['id']}"
    answer = officer.post(f"{at}/columns", {"mapping": mapping})
    assert problem(answer, 422)["field"].startswith("mapping")
    kept = Import.objects.get().mapping
    assert "source_id" not in kept


def test_what_is_dropped_is_not_begun(officer):
    at = f"/imports/{sends(officer).json()['id']}"
    assert officer.post(f"{at}/drop").json()["state"] == "dropped"
    for act, body in ACTS.items():
        answer = officer.post(f"{at}/{act}", body)
        assert "is dropped" in problem(answer, 409)["detail"]
    looked = problem(officer.get(f"{at}/preview"), 409)["detail"]
    assert looked == "This import is dropped: only one that was not begun can be looked at."


def test_nobody_but_privacy_officers_imports_or_looks(officer):
    row = sends(officer).json()
    at = f"/imports/{row['id']}"
    for caller in (Caller(make.user(Function.COMMANDER)), Caller(make.user())):
        assert problem(sends(caller), 403)
        for path in ("/imports", at, f"{at}/preview", f"{at}/rejects"):
            assert problem(caller.get(path), 403)
        for act, body in ACTS.items():
            assert problem(caller.post(f"{at}/{act}", body), 403)
    assert Import.objects.get().state == "uploaded"


def test_a_token_for_some_programs_imports_nothing(officer):
    program = make.program()
    text = token(officer.person, programs=[program.slug])
    officer.headers = {"Authorization": f"Bearer {text}"}
    assert "a token for all programs" in problem(sends(officer), 403)["detail"]
    assert officer.get("/imports").status_code == 403


def test_an_import_that_is_not_there_is_missing(officer):
    for path in ("", "/preview", "/rejects"):
        assert problem(officer.get(f"/imports/999999999{path}"), 404)
    for act, body in ACTS.items():
        answer = officer.post(f"/imports/999999999/{act}", body)
        assert problem(answer, 404)
