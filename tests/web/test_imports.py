"""A file of the past on pages: handed in, looked at, confirmed, followed, rejects taken out."""

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from incidents import importing
from incidents.models import Import, Incident
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db
OPEN = "/imports/"
GOOD = "nr,title,reported_at,sev\n7,Folder open,2025-03-01,2\n8,Key leaked,2025-13-01,2\n"


@pytest.fixture
def officer():
    return reader(Function.PRIVACY_OFFICER)


def sends(officer, content, name="old.csv", **fields):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    fields = {"form": "csv", "source": "Old tracker"} | fields
    return officer.client.post(OPEN, {"file": file} | fields, follow=True)


def test_a_file_is_mapped_looked_at_confirmed_and_followed(officer):
    page = words(sends(officer, GOOD))
    assert "Choose a column for: source_id" in page
    run = Import.objects.get()
    at = f"{OPEN}{run.pk}/"
    fields = {"source_id": "0", "title": "1", "reported_at": "2", "severity": "3"}
    page = words(officer.client.post(f"{at}columns/", fields, follow=True))
    assert "Of the first 2 rows 1 can be filed and 1 cannot." in page
    assert "Row 3 (8): reported_at '2025-13-01' is no day of the calendar" in page
    assert not Incident.objects.exists()
    page = words(officer.client.post(f"{at}confirm/", follow=True))
    assert "Running" in page
    importing.work(run.pk, 1)
    page = officer.reads(at)
    assert "Done" in page
    assert "Row 3 (8)" in page
    lines = officer.get(f"{at}rejects/").getvalue().decode().splitlines()
    assert lines[0] == "row,source_id,field,reason,taken,text"
    assert lines[1].startswith("3,8,reported_at,")
    assert Incident.objects.get().sev == 2
    assert "1 filed, 1 refused" in officer.reads(OPEN)


def test_what_would_come_of_a_file_is_what_comes_of_it(officer):
    head = "source_id,title,reported_at,program\n"
    first = "7,Folder open,2025-03-02,\n"
    sends(officer, head + first)
    importing.confirm(Import.objects.get(), actor=make.officer())
    importing.work(Import.objects.get().pk, 1)
    page = words(sends(officer, f"{head}{first}8,Link,2025-03-02,none-such\n9,Mail,2025-03-02,\n"))
    told = "Of the first 3 rows 1 can be filed and 1 cannot. 1 was told before in the same words."
    assert told in page
    assert "Row 3 (8): program there is no program" in page
    run = Import.objects.latest("pk")
    importing.confirm(run, actor=make.officer())
    importing.work(run.pk, 1)
    run.refresh_from_db()
    assert (run.made, run.repeated, run.refused) == (1, 1, 1)


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (b"", {}, "The file is empty."),
        ("id,title\n".encode("utf-16"), {}, "The file is UTF-16"),
        (b"id,title\n", {}, "Holds no rows."),
        (GOOD, {"source": ""}, "This field is required"),
        (GOOD, {"form": "xml"}, "Select a valid choice"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_sentence(officer, content, fields, said):
    answer = sends(officer, content, **fields)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_refused_on_its_way_in(officer, settings):
    settings.EVIDENCE = replace(settings.EVIDENCE, largest=1000)
    answer = sends(officer, GOOD + "x" * 2000)
    assert answer.status_code == 413
    assert "The file is too large." in words(answer)
    assert not Import.objects.exists()


def test_a_file_that_is_dropped_or_confirmed_twice_says_so(officer):
    sends(officer, GOOD.replace("nr", "source_id"))
    at = f"{OPEN}{Import.objects.get().pk}/"
    officer.client.post(f"{at}drop/")
    answer = officer.client.post(f"{at}confirm/")
    assert answer.status_code == 409
    assert "This import is dropped." in words(answer)


def test_others_than_privacy_officers_import_nothing():
    commander = reader(Function.COMMANDER)
    assert commander.get(OPEN).status_code == 403
    assert sends(commander, GOOD).status_code == 403
