"""The pages of the severity rules: read a version, write the next, see what it would move."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from severity import inforce
from severity.ladder import Sev
from severity.loading import CURRENT
from severity.models import RuleSetVersion
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db
NEW, ONE = "/severity/rules/new/", "/severity/rules/by/2026.12-1/"


@pytest.fixture
def commander(db):
    return reader(Function.COMMANDER)


@pytest.fixture
def security(db):
    return reader(Function.SECURITY)


def text(answer, status=200):
    assert answer.status_code == status, words(answer)
    return words(answer)


def sent(*changes, **fields):
    written = inforce.text_of(CURRENT).replace('version: "2026.11-1"', 'version: "2026.12-1"')
    for before, after in changes:
        written = written.replace(before, after)
    return {"text": written, "based_on": CURRENT, "reason": "We learned.", "act": "save"} | fields


STRICTER = ('{sev: 2, osi_from: "3"}', '{sev: 2, osi_from: "2.25"}')


def test_the_version_in_force_is_shown_and_read(commander):
    page = text(commander.get("/severity/rules/"))
    assert f"{CURRENT} comes with Andon Decides now" in page
    assert "SEV 0 stops every program" in text(commander.get(f"/severity/rules/by/{CURRENT}/"))
    assert commander.get("/severity/rules/by/1999.01-1/").status_code == 404


def test_one_writes_a_version_and_another_publishes_it(commander, security):
    make.incident(Sev.SEV2)
    text(commander.post(NEW, **sent(STRICTER)), 302)
    page = text(commander.get(ONE))
    assert "levels[2].osi_from old: 3 new: 2.25" in page
    assert "another commander, privacy officer or security officer publishes it" in page
    assert "a second person" in text(commander.post(f"{ONE}publish/"), 409)
    text(security.post(f"{ONE}publish/"), 302)
    assert RuleSetVersion.objects.get().state == RuleSetVersion.State.PUBLISHED
    assert "Published" in text(commander.get("/severity/rules/"))


def test_a_look_first_says_what_changes_and_what_would_move_and_keeps_nothing(commander):
    incident = make.incident(Sev.SEV2)
    graver = [
        ('{sev: 0, osi_from: "6"}', '{sev: 0, osi_from: "2.5"}'),
        ('{sev: 1, osi_from: "4.5"}', '{sev: 1, osi_from: "2"}'),
        ('{sev: 2, osi_from: "3"}', '{sev: 2, osi_from: "1.5"}'),
        ('{sev: 3, osi_from: "2"}', '{sev: 3, osi_from: "1.25"}'),
    ]
    page = text(commander.post(NEW, **sent(*graver, act="preview")))
    assert "levels[0].osi_from old: 6 new: 2.5" in page
    assert f"{incident.ref} {incident.title} SEV 2 → SEV 0" in page
    assert not RuleSetVersion.objects.exists()


def test_a_file_stands_in_place_of_the_text(commander):
    written = sent(STRICTER)
    file = SimpleUploadedFile("rules.yaml", written.pop("text").encode(), "application/yaml")
    text(commander.post(NEW, file=file, **written), 302)
    assert RuleSetVersion.objects.get().version == "2026.12-1"
    odd = SimpleUploadedFile("rules.yaml", b"\xff\xfe", "application/yaml")
    assert "UTF-8" in text(commander.post(NEW, file=odd, **sent()), 422)


@pytest.mark.parametrize(
    ("changes", "fields", "said"),
    [
        ([('  - {sev: 4, osi_from: "1"}\n', "")], {}, "levels"),
        ([('osi_from: "4.5"', "osi_from: 4.5")], {}, "must be a decimal in quotes"),
        ([], {"text": "a: [b"}, "not plain YAML"),
        ([], {"text": ""}, "must be a mapping"),
        ([], {"reason": ""}, "This field is required"),
        ([], {"based_on": "2020.01-1"}, "meanwhile"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(commander, changes, fields, said):
    answer = commander.post(NEW, **sent(*changes, **fields))
    assert answer.status_code in (409, 422)
    assert said in words(answer)
    assert not RuleSetVersion.objects.exists()


def test_others_read_them_and_do_not_write(security):
    auditor, nobody = reader(Function.AUDITOR), reader()
    assert auditor.get("/severity/rules/").status_code == 200
    assert auditor.get(NEW).status_code == 403
    assert nobody.get("/severity/rules/").status_code == 403


def test_the_reason_is_asked_for_as_needed_and_only_once_it_is_proposed(commander):
    form = commander.get(NEW).content.decode()
    label = form.partition("Why is it changed?")[2].partition("</label>")[0]
    assert "(optional)" not in label
    assert "required" in form.partition('name="reason"')[2].partition(">")[0]
    looked = commander.post(NEW, **sent(STRICTER, reason="", act="preview"))
    assert "It can be proposed as it is" in text(looked)
    assert "(optional)" not in looked.content.decode().partition("Why is it changed?")[2][:80]
    refused = commander.post(NEW, **sent(STRICTER, reason="", act="save"))
    assert "Why is it changed?" in text(refused, 422).partition("There is a problem")[2]
    assert not RuleSetVersion.objects.exists()


@pytest.fixture
def refused(commander, security):
    """A version in force of an earlier release, which let a severity be undetermined for longer."""
    text(commander.post(NEW, **sent(STRICTER)), 302)
    text(security.post(f"{ONE}publish/"), 302)
    row = RuleSetVersion.objects.get()
    later = row.text.replace("    seconds: 900\n", "    seconds: 901\n")
    RuleSetVersion.objects.update(
        text=later, sha256="of another release", effective_from=row.written_at
    )
    inforce.forget()
    assert inforce.rules().version == CURRENT


def next_one(**fields):
    version = ('version: "2026.12-1"', 'version: "2026.12-2"')
    return sent(version, STRICTER, based_on="2026.12-1", **fields)


def test_a_version_that_this_release_refuses_is_shown_with_the_reason(refused, security):
    listed = text(security.get("/severity/rules/"))
    assert "2026.12-1 Published Not read by this release" in listed
    assert f"{CURRENT} comes with Andon Decides now" in listed
    page = text(security.get(ONE))
    assert "This release does not read it, so it decides nothing." in page
    assert "is 901; to pause when nobody determines the severity allows: 1 to 900" in page
    assert "We learned." in page
    assert "seconds: 901" in page
    assert "levels[2].osi_from old: 3 new: 2.25" in page


def test_what_follows_a_version_that_this_release_refuses_is_looked_at_and_read(refused, commander):
    looked = text(commander.post(NEW, **next_one(act="preview")))
    assert "It can be proposed as it is." in looked
    assert "old: 901 new: 900" in looked
    text(commander.post(NEW, **next_one()), 302)
    page = text(commander.get("/severity/rules/by/2026.12-2/"))
    assert "Against 2026.12-1" in page
    assert "nothing can be assessed by both" in page
    assert "were assessed anew" not in page


def test_a_version_that_waits_and_is_refused_meanwhile_can_be_withdrawn(commander, security):
    text(commander.post(NEW, **sent(STRICTER)), 302)
    later = RuleSetVersion.objects.get().text.replace("    seconds: 900\n", "    seconds: 902\n")
    RuleSetVersion.objects.update(text=later, sha256="waits since another release")
    assert "is 902" in text(security.post(f"{ONE}publish/"), 409)
    text(security.post(f"{ONE}withdraw/"), 302)
    assert RuleSetVersion.objects.get().state == RuleSetVersion.State.WITHDRAWN
