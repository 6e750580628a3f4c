"""Write a runbook in a browser without scripts: rows are moved, faults said, nothing lost."""

import pytest

from accounts.functions import Function
from incidents import library
from incidents.models import RunbookVersion
from tests import make
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db
ONE = "/runbooks/by/internal-access/"
EVIL = "<script>alert(1)</script>[x](javascript:alert(1))"


@pytest.fixture
def commander():
    return reader(Function.COMMANDER)


def fields(*steps, **whole):
    """What the form sends for these steps."""
    sent = {"count": len(steps), "title": "Too wide", "reason": "We learned.", "act": "save"}
    sent["based_on"] = library.version_now("internal-access")
    for at, step in enumerate(steps):
        usual = {"role": "IC", "action": "Look.", "minutes": "5", "hooks": "", "gate": ""}
        sent |= {f"step-{at}-{name}": value for name, value in (usual | step).items()}
    return sent | whole


def test_who_has_a_function_reads_them_and_a_reporter_does_not(commander):
    assert "Access inside is too wide" in commander.reads("/runbooks/")
    assert "Write a new one" not in reader(Function.RESPONDER).reads("/runbooks/")
    assert reader().get("/runbooks/").status_code == 403
    assert reader().get(ONE).status_code == 403


@pytest.mark.parametrize("path", [f"{ONE}edit/", "/runbooks/new/"])
def test_only_those_who_may_write_get_the_form(path, commander):
    assert commander.get(path).status_code == 200
    assert reader(Function.RESPONDER).get(path).status_code == 403
    assert reader(Function.RESPONDER).post(path, **fields({})).status_code == 403


def test_a_version_is_written_and_published_by_two(commander):
    answer = commander.post(f"{ONE}edit/", **fields({"hooks": "program.pause, hold.apply"}))
    assert answer["Location"] == ONE
    assert "a second person" in commander.reads(ONE)
    assert ">Publish<" not in commander.get(ONE).content.decode()
    row = RunbookVersion.objects.get()
    refused = commander.post(f"{ONE}versions/1/publish/")
    assert (refused.status_code, "a second person must publish" in words(refused)) == (409, True)
    reader(Function.SECURITY).post(f"{ONE}versions/1/publish/")
    row.refresh_from_db()
    assert row.state == "published"
    assert row.document["steps"][0]["hooks"] == ["program.pause", "hold.apply"]


@pytest.mark.parametrize(
    ("act", "order"),
    [("up-1", "BAC"), ("down-1", "ACB"), ("remove-1", "AC"), ("add-0", "A BC"), ("up-0", "ABC")],
)
def test_rows_are_moved_without_a_script_and_nothing_is_kept(commander, act, order):
    sent = fields({"action": "A"}, {"action": "B"}, {"action": "C"}, act=act)
    answer = commander.post(f"{ONE}edit/", **sent)
    rows = [row["action"].value() or " " for row in answer.context["draft"].steps]
    assert "".join(rows) == order
    assert answer.context["draft"].book["reason"].value() == "We learned."
    assert not RunbookVersion.objects.exists()


def test_faults_stand_at_their_fields_and_nothing_is_lost(commander):
    sent = fields({"role": "Chef", "minutes": "soon"}, {"action": ""}, reason="")
    answer = commander.post(f"{ONE}edit/", **sent)
    assert answer.status_code == 422
    first, second = answer.context["draft"].steps
    assert "'Chef' is none of: IC" in first.errors["role"][0]
    assert "A whole number from 0" in first.errors["minutes"][0]
    assert "Say what to do" in second.errors["action"][0]
    assert first["role"].value() == "Chef"


def test_it_is_looked_at_first_with_the_incidents_it_would_fit(commander):
    incident = make.incident()
    sent = fields({"minutes": "9"}, {"minutes": "3"}, act="preview", sev_at_least="5")
    page = words(commander.post(f"{ONE}edit/", **sent))
    assert "Step 2 is due before a step that stands above it." in page
    assert f"{incident.ref} {incident.title}" in page
    assert not RunbookVersion.objects.exists()
    outsider = reader(Function.SECURITY)
    assert incident.ref not in words(outsider.post(f"{ONE}edit/", **sent))


def test_it_says_how_many_incidents_were_looked_at(commander, monkeypatch):
    make.incident(), make.incident()
    sent = fields({}, act="preview", sev_at_least="5")
    assert "newest" not in words(commander.post(f"{ONE}edit/", **sent))
    monkeypatch.setattr(library, "MOST_LOOKED_AT", 1)
    page = words(commander.post(f"{ONE}edit/", **sent))
    assert "It fits 1 open incident that you may see:" in page
    assert "Only the newest open incident that you may see was looked at." in page


def test_a_new_one_needs_a_short_name_that_is_free(commander):
    answer = commander.post("/runbooks/new/", **fields({}, id="internal-access", based_on=""))
    assert "choose another id" in words(answer)
    answer = commander.post("/runbooks/new/", **fields({}, id="Bad Name", based_on=""))
    assert "3 to 20 small letters" in words(answer)
    answer = commander.post("/runbooks/new/", **fields({}, id="lost-laptop", based_on=""))
    assert answer["Location"] == "/runbooks/by/lost-laptop/"


@pytest.mark.parametrize(
    ("odd", "status", "said"),
    [
        ({"count": "9" * 5_000}, 422, "From 1 to 60 are allowed; there are 0."),
        ({"sev_at_least": "2" * 5_000}, 422, "From 0, the worst, to 5."),
        ({"sev_at_least": "worst"}, 422, "From 0, the worst, to 5."),
        ({"id": "lost\0laptop"}, 422, "3 to 20 small letters"),
        ({"step-0-action": "Look.\0"}, 422, "May hold any character but NUL."),
        ({"step-0-role": "SME \0"}, 422, "May hold any character but NUL."),
        ({"programs": "a\0b"}, 422, "May hold any character but NUL."),
        ({"reason": "We\0learned."}, 409, "May hold any character but NUL."),
    ],
)
def test_odd_input_is_refused_in_a_sentence(commander, odd, status, said):
    sent = fields({}, id="lost-laptop", based_on="") | odd
    answer = commander.post("/runbooks/new/", **sent)
    assert (answer.status_code, said in words(answer)) == (status, True)
    assert not RunbookVersion.objects.exists()


def test_a_reason_to_retire_or_restore_holds_no_nul(commander):
    commander.post(f"{ONE}edit/", **fields({}))
    reader(Function.SECURITY).post(f"{ONE}versions/1/publish/")
    for path in (f"{ONE}retire/", f"{ONE}versions/1/restore/"):
        answer = commander.post(path, reason="We\0learned.")
        assert (answer.status_code, "reason: may hold any" in words(answer)) == (409, True)


def test_no_markup_of_the_writer_comes_through(commander):
    commander.post(
        f"{ONE}edit/", **fields({"action": EVIL, "gate": EVIL}, title="<b>x", reason=EVIL)
    )
    reader(Function.SECURITY).post(f"{ONE}versions/1/publish/")
    incident = make.incident()
    pages = [ONE, f"{ONE}versions/1/", f"{ONE}edit/", "/runbooks/", url(incident)]
    for path in pages:
        page = commander.get(path).content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert "<b>x" not in page
    assert "&lt;script&gt;alert" in commander.get(url(incident)).content.decode()


def test_a_version_is_retired_restored_and_withdrawn_on_its_page(commander):
    second = reader(Function.PRIVACY_OFFICER)
    commander.post(f"{ONE}edit/", **fields({}))
    second.post(f"{ONE}versions/1/publish/")
    assert "reason: say why" in words(commander.post(f"{ONE}retire/", reason=""))
    commander.post(f"{ONE}retire/", reason="Split in two.")
    second.post(f"{ONE}versions/2/withdraw/")
    commander.post(f"{ONE}versions/1/restore/", reason="It was better.")
    states = RunbookVersion.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["published", "withdrawn", "waiting"]
    assert commander.get("/runbooks/by/nothing/").status_code == 404


def test_another_is_attached_on_the_incident_by_who_manages_it():
    incident = make.incident()
    path = url(incident, "runbooks/")
    sent = {"runbook": "credential-leak", "reason": "A key leaked."}
    assert let_in(incident, "contribute").post(path, **sent).status_code == 403
    runner = let_in(incident, "manage")
    assert runner.post(path, **sent)["Location"] == url(incident, "#runbook")
    assert "has it already" in words(runner.post(path, **sent))
    assert incident.runbooks.count() == 2
