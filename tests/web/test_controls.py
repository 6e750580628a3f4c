"""Controls on pages: a checklist for everybody, evidence for few, and two people for each yes."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.functions import Function
from programs import attestation
from programs.controlset import ControlSet
from programs.evidence import Shown
from programs.models import Attestation
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]

PURPOSE = ControlSet.current().get("G01")


def path(program, ending=""):
    return f"/programs/{program.slug}/{ending}"


@pytest.fixture
def program():
    return make.draft()


@pytest.fixture
def owner(program):
    return Reader(program.owner)


def pdf(content=b"%PDF-1.7 signed", name="Purpose v2.pdf"):
    return SimpleUploadedFile(name, content, content_type="text/html")


def attested(program, **shown):
    shown = Shown(**({"note": "Signed by Otto."} | shown))
    return attestation.attest(program, PURPOSE, shown, actor=make.actor(program.owner))


def test_a_file_is_handed_in_agreed_to_and_stands_on_the_checklist(program, owner, officer):
    answer = owner.post(path(program, "controls/G01/attest/"), file=pdf())
    assert answer["Location"] == path(program, "controls/G01/")
    row = Attestation.objects.get()
    assert "Purpose v2.pdf" in officer.reads(path(program, "controls/G01/"))
    officer.post(path(program, "controls/G01/approve/"), attestation=row.pk)
    page = owner.reads(path(program))
    assert "G01 Purpose and necessity ✓ Approved" not in page  # the shape is not read out
    assert "G01 Purpose and necessity Approved" in page
    assert f"decided by {officer.person.name}" in page
    assert "23 controls block:" in page


def test_the_checklist_says_what_blocks_and_shows_only_that_when_asked(program, owner):
    page = owner.reads(path(program))
    assert "24 controls block: G01, G02," in page
    assert "G24 Independent audit" in page
    only = owner.reads(path(program, "?controls=blocking"))
    assert "G24 Independent audit" not in only
    assert "G25 Authorisation to start" in only


def test_everybody_sees_how_the_controls_of_a_running_program_stand_but_no_evidence(reporter):
    program = make.program()
    row = attested(program, link="https://wiki.example/secret")
    page = reporter.reads(path(program, "controls/G01/"))
    assert "Waits for approval" in page
    assert "Signed by Otto." not in page
    assert "wiki.example" not in page
    assert reporter.get(path(program, f"evidence/{row.pk}/")).status_code == 403


def test_evidence_is_an_attachment_that_can_do_nothing(program, owner):
    owner.post(path(program, "controls/G01/attest/"), file=pdf())
    answer = owner.get(path(program, f"evidence/{Attestation.objects.get().pk}/"))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 signed"
    assert answer["Content-Disposition"] == 'attachment; filename="Purpose v2.pdf"'
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_evidence_that_somebody_changed_is_not_handed_out(program, owner):
    owner.post(path(program, "controls/G01/attest/"), file=pdf())
    row = Attestation.objects.get()
    with open(row.file.path, "wb") as stored:
        stored.write(b"%PDF-1.7 forged")
    answer = owner.get(path(program, f"evidence/{row.pk}/"))
    assert answer.status_code == 409
    assert "no longer the one that was attested" in words(answer)


def test_evidence_of_another_program_is_missing(program, owner):
    other = make.draft()
    row = attested(other)
    assert owner.get(path(program, f"evidence/{row.pk}/")).status_code == 404
    assert owner.get(path(other, f"evidence/{row.pk}/")).status_code == 404


@pytest.mark.parametrize(
    ("sent", "words_said"),
    [
        ({}, "Give a file, a link, or at least a note"),
        ({"link": "javascript:alert(1)"}, "Give an address that starts with https"),
        ({"note": "x", "as_of": "2020-01-01"}, "G01 counts for 365 days, and this is older"),
    ],
)
def test_odd_evidence_is_refused_at_its_field(program, owner, sent, words_said):
    answer = owner.post(path(program, "controls/G01/attest/"), **sent)
    assert answer.status_code == 409
    assert words_said in words(answer)


def test_a_file_that_is_too_large_never_reaches_the_disk(program, owner, monkeypatch):
    monkeypatch.setattr("programs.evidence.LARGEST", 1000)
    large = pdf(b"%PDF-".ljust(1001, b" "))
    answer = owner.post(path(program, "controls/G01/attest/"), file=large, note="See the file.")
    assert answer.status_code == 409
    assert "File: At most" in words(answer)
    assert not Attestation.objects.exists()


def test_a_program_gone_wrong_is_refused_where_the_reader_is(program, owner):
    attested(program)
    answer = owner.post(path(program, "controls/G01/attest/"), note="Again.")
    assert answer.status_code == 409
    assert "G01 waits for approval already" in words(answer)


def test_what_ends_within_two_weeks_is_marked(program, owner, officer):
    row = attested(program, as_of=timezone.now() - timedelta(days=352))
    attestation.approve(row, actor=make.actor(officer.person))
    assert "Purpose and necessity Approved Ends soon" in owner.reads(path(program))


ACTS = ["attest/", "approve/", "reject/", "revoke/"]


@pytest.mark.parametrize("act", ACTS)
def test_who_may_do_what_to_a_control(act):
    program = make.program()
    row = attested(program)
    for person in (reader(), reader(Function.RESPONDER), reader(Function.PROGRAM_OWNER)):
        answer = person.post(path(program, f"controls/G01/{act}"), attestation=row.pk, reason="x")
        assert answer.status_code == 403
    row.refresh_from_db()
    assert row.state == Attestation.State.SUBMITTED


@pytest.mark.parametrize("act", ["", *ACTS])
def test_a_hidden_program_and_an_unknown_control_are_missing(program, reporter, owner, act):
    ask = reporter.post if act else reporter.get
    assert ask(path(program, f"controls/G01/{act}")).status_code == 404
    ask = owner.post if act else owner.get
    assert ask(path(program, f"controls/G99/{act}")).status_code == 404


@pytest.mark.parametrize("sent", ["", "x", "0", "9" * 30])
def test_an_attestation_that_is_none_is_missing(program, officer, sent):
    answer = officer.post(path(program, "controls/G01/approve/"), attestation=sent)
    assert answer.status_code == 404


def test_a_person_agrees_to_what_they_saw_and_to_nothing_newer(program, owner, officer):
    seen = attested(program)
    owner.post(path(program, "controls/G01/reject/"), attestation=seen.pk, reason="Wrong file.")
    attested(program, note="Another one.")
    answer = officer.post(path(program, "controls/G01/approve/"), attestation=seen.pk)
    assert answer.status_code == 409
    assert "rejected already" in words(answer)


def test_it_is_turned_down_with_a_reason_and_ended_with_one(program, owner, officer):
    row = attested(program)
    reject = path(program, "controls/G01/reject/")
    assert officer.post(reject, attestation=row.pk, reason="").status_code == 422
    officer.post(reject, attestation=row.pk, reason="No signature.")
    assert "No signature." in owner.reads(path(program, "controls/G01/"))
    attestation.approve(attested(program), actor=make.actor(officer.person))
    owner.post(path(program, "controls/G01/revoke/"), reason="The notice changed.")
    assert "Expired" in owner.reads(path(program, "controls/G01/"))


def test_its_owner_changes_the_program_and_is_told_what_must_be_attested_anew(program, owner):
    officer = make.actor(make.user(Function.PRIVACY_OFFICER))
    attestation.approve(attested(program), actor=officer)
    form = owner.get(path(program, "edit/")).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value is not None}
    sent |= {"purpose": "Sell it.", "trains_models": "no", "jurisdictions": "DE"}
    answer = owner.client.post(path(program, "edit/"), sent, follow=True)
    assert "To be attested anew: G01." in words(answer)
    program.refresh_from_db()
    assert (program.purpose, program.trains_models) == ("Sell it.", False)
    assert (program.of_workers, program.jurisdictions) == (None, ["DE"])
    assert owner.get(path(program, "edit/")).context["form"]["jurisdictions"].value() == "DE"


def test_a_change_is_the_owners_to_make(program, officer, owner):
    assert officer.get(path(program, "edit/")).status_code == 403
    assert owner.post(path(program, "edit/"), purpose="").status_code == 422


def test_a_control_is_left_aside_on_its_page_and_everybody_reads_why(program, owner, officer):
    asked = path(program, "controls/G24/waive/")
    assert owner.post(asked, reason="", days=9).status_code == 422
    owner.post(asked, reason="The auditor comes in May.", days=9)
    waiver = program.waivers.get()
    auditor = reader(Function.AUDITOR)
    for person in (officer, auditor):
        assert "Agree to leave it aside" in person.reads(path(program, "controls/G24/"))
        person.post(path(program, "controls/G24/waive/agree/"), waiver=waiver.pk)
    page = owner.reads(path(program))
    assert "G24 Independent audit Waived The auditor comes in May." in page


def test_a_waiver_is_turned_down_with_a_reason(program, owner, officer):
    owner.post(path(program, "controls/G24/waive/"), reason="No time.", days=9)
    refuse = path(program, "controls/G24/waive/refuse/")
    pk = program.waivers.get().pk
    assert officer.post(refuse, waiver=pk, reason="").status_code == 422
    officer.post(refuse, waiver=pk, reason="Find another auditor.")
    assert "Find another auditor." in owner.reads(path(program, "controls/G24/"))


def test_who_may_waive(program, owner):
    other = Reader(make.user(Function.SECURITY))
    assert other.post(path(program, "controls/G24/waive/"), reason="x", days=3).status_code == 403
    owner.post(path(program, "controls/G24/waive/"), reason="x", days=3)
    pk = program.waivers.get().pk
    for act in ("agree", "refuse"):
        answer = other.post(path(program, f"controls/G24/waive/{act}/"), waiver=pk, reason="x")
        assert answer.status_code == 403
        missing = owner.post(path(program, f"controls/G24/waive/{act}/"), waiver=pk + 1)
        assert missing.status_code == 404
    refused = owner.post(path(program, "controls/G01/waive/"), reason="x", days=3)
    assert refused.status_code == 409
    assert "G01 blocks, and is never waived" in words(refused)


def test_a_dataset_is_added_on_a_page_that_says_what_that_ends(program, owner, officer):
    new = path(program, "datasets/new/")
    assert officer.get(new).status_code == 403
    assert "must be attested anew" in owner.reads(new)
    assert owner.post(new, name="Lake", slug="", store="s3://x").status_code == 422
    sent = {"name": "Lake", "slug": "lake", "store": "s3://lake"}
    assert owner.post(new, **sent).status_code == 302
    assert "Lake" in owner.reads(path(program))
    again = owner.post(new, **sent)
    assert again.status_code == 409
    assert "has a dataset 'lake' already" in words(again)
