"""The pages of threshold rules: the floor and the rest, writing one, what it did and why."""

import pytest

from accounts.functions import Function
from incidents import rulebook
from incidents.models import RuleFiring
from severity.ladder import Sev
from severity.models import ThresholdVersion
from tests import make
from tests.web.conftest import Reader, let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def commander(db):
    return reader(Function.COMMANDER)


@pytest.fixture
def security(db):
    return reader(Function.SECURITY)


def sent(**changed):
    """What the page sends for a rule that pauses at SEV 4."""
    fields = {
        "id": "strict",
        "name": "Strict",
        "why": "we learned it",
        "levels": ["4"],
        "measure": "current",
        "pauses": ["program"],
        "mode": "automatic",
        "reason": "We learned.",
        "act": "save",
    }
    return fields | changed


def text(answer, status=200):
    assert answer.status_code == status, words(answer)
    return words(answer)


def in_force(author, second, **changed):
    text(author.post("/thresholds/new/", **sent(**changed)), 302)
    rule = changed.get("id", "strict")
    text(second.post(f"/thresholds/by/{rule}/versions/1/publish/"), 302)


def mild(**fields):
    program = make.program(participants=10, categories=["mouse_movements"])
    return make.incident(Sev.SEV3, program=program, **fields)


def test_the_floor_is_marked_and_what_it_does_is_said(commander):
    page = text(commander.get("/thresholds/"))
    assert "pause-sev2 Floor" in page
    assert "SEV 2" in page
    assert "After 30 minutes, unless somebody vetoes it" in page


def test_a_rule_is_written_by_one_and_published_by_another(commander, security):
    text(commander.post("/thresholds/new/", **sent()), 302)
    page = text(commander.get("/thresholds/by/strict/"))
    assert "v1 waits for a second person" in page
    assert "You wrote it" in page
    refused = text(commander.post("/thresholds/by/strict/versions/1/publish/"), 409)
    assert "a second person must publish it" in refused
    text(security.post("/thresholds/by/strict/versions/1/publish/"), 302)
    page = text(security.get("/thresholds/"))
    assert "Strict" in page
    assert "Level now: SEV 4" in page
    assert "Pause: the program" in page


def test_what_loosens_the_floor_is_refused_at_its_field_and_nothing_is_lost(commander):
    page = text(commander.post("/thresholds/new/", **sent(levels=["2"], mode="ask")), 422)
    assert "SEV 2 stops that at once by pause-sev2" in page
    assert "When it acts:" in page
    assert (
        "we learned it"
        in commander.post("/thresholds/new/", **sent(levels=["2"], mode="ask")).content.decode()
    )
    assert not ThresholdVersion.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": "NO"}, "Short name: 3 to 30 small letters"),
        ({"name": ""}, "Name: "),
        ({"pauses": []}, "Pause: At least one of"),
        ({"mode": "automatic_after"}, "How long it may be vetoed"),
        ({"minutes_in_status": "5"}, "Status: Say in which status"),
        ({"reason": " "}, "Why is it changed?: "),
        ({"levels": ["9"]}, "9 is not one of the available choices"),
        ({"people_over": "-1"}, "a whole number from 0 to"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(commander, changed, said):
    answer = commander.post("/thresholds/new/", **sent(**changed))
    assert answer.status_code in (409, 422)
    assert said.lower() in words(answer).lower()
    assert not ThresholdVersion.objects.exists()


def test_a_dry_run_counts_and_lists_only_what_the_reader_may_see(security):
    seen, hidden = mild(), mild()
    author = let_in(seen, "view", Function.SECURITY)
    page = text(author.post("/thresholds/new/", **sent(act="preview", reason="")))
    assert "It would have fired 1 time" in page
    assert seen.title in page
    assert hidden.title not in page
    assert not ThresholdVersion.objects.exists()


def test_a_dry_run_sees_what_an_incident_was_before(commander):
    incident = mild()
    make.judged(incident, Sev.SEV5)
    page = text(commander.post("/thresholds/new/", **sent(act="preview")))
    assert "It would have fired 1 time" in page
    page = text(commander.post("/thresholds/new/", **sent(act="preview", levels=["1"])))
    assert "It would have fired in no incident" in page


def test_a_new_version_begins_with_the_one_before(commander, security):
    in_force(commander, security, categories=["health"], notify=["legal"], undetermined="yes")
    form = commander.get("/thresholds/by/strict/edit/").context["form"]
    fields = {field.name: field.value() for field in form if field.value() is not None}
    fields |= {"reason": "Wider.", "levels": ["4", "5"], "act": "save"}
    text(security.post("/thresholds/by/strict/edit/", **fields), 302)
    waiting = ThresholdVersion.objects.get(state="waiting")
    before = ThresholdVersion.objects.get(state="published").document
    assert waiting.document == before | {"when": before["when"] | {"levels": [4, 5]}}
    page = text(security.get("/thresholds/by/strict/"))
    assert "old: Level now: SEV 4" in page
    assert "new: Level now: SEV 4, SEV 5" in page
    text(security.post("/thresholds/by/strict/versions/2/withdraw/"), 302)
    stale = fields | {"based_on": ""}
    assert "meanwhile" in text(security.post("/thresholds/by/strict/edit/", **stale), 409)


def test_a_rule_is_retired_by_two(commander, security):
    in_force(commander, security)
    text(commander.post("/thresholds/by/strict/retire/", reason="Over."), 302)
    assert [rule.id for rule in rulebook.in_force()] == ["strict"]
    text(security.post("/thresholds/by/strict/versions/2/publish/"), 302)
    assert rulebook.in_force() == []
    assert "Not in force" in text(commander.get("/thresholds/by/strict/"))


def test_the_ledger_says_what_rules_did_where_the_reader_may_look(commander, security):
    in_force(commander, security)
    seen, hidden = mild(), mild()
    auditor = let_in(seen, "view", Function.AUDITOR)
    page = text(auditor.get("/thresholds/firings/?rule=strict"))
    assert "1 act by rule" in page
    assert f"{seen.program.name} paused." in page
    assert hidden.ref not in page
    assert "0 acts" in text(auditor.get("/thresholds/firings/?rule=strict&state=void"))
    assert text(auditor.get("/thresholds/firings/?state=odd"), 422)


def test_why_a_rule_fired_and_why_another_did_not(commander, security):
    in_force(commander, security)
    in_force(commander, security, id="other", name="Other", kinds=["loss"], levels=[])
    incident = mild()
    page = text(let_in(incident, "view", Function.AUDITOR).get(url(incident, "rules/")))
    assert "strict Strict v1 Applies now" in page
    assert "holds: level: asks for SEV 4, is SEV 4" in page
    assert "other Other v1 Does not apply now" in page
    assert "does not hold: kind: asks for loss, is exposure" in page


def test_what_a_rule_asks_is_agreed_to_or_refused_on_the_page(commander, security):
    in_force(commander, security, mode="ask")
    incident, other = mild(), mild()
    manager = let_in(incident, "manage")
    asked = incident.firings.get(state="asked")
    assert "Rule strict asks whether to pause" in text(manager.get(url(incident)))
    text(manager.post(url(incident, f"rules/{asked.pk}/allow/"), reason=""), 422)
    text(manager.post(url(incident, f"rules/{asked.pk}/allow/"), reason="Worse."), 302)
    asked.refresh_from_db()
    assert asked.state == RuleFiring.State.FIRED
    refused = other.firings.get(state="asked")
    manager = let_in(other, "manage")
    text(manager.post(url(other, f"rules/{refused.pk}/veto/"), reason="A copy."), 302)
    refused.refresh_from_db()
    assert refused.state == RuleFiring.State.VETOED


def test_a_rule_of_a_program_that_is_hidden_is_hidden(commander, security):
    draft = make.draft()
    in_force(commander, security, programs=[draft.slug])
    owner, other = Reader(draft.owner), reader(Function.PROGRAM_OWNER)
    assert "Strict" in text(owner.get("/thresholds/"))
    assert "Strict" not in text(other.get("/thresholds/"))
    assert other.get("/thresholds/by/strict/").status_code == 404


def test_a_reason_of_the_domain_is_shown_where_a_version_waits_already(commander, security):
    text(commander.post("/thresholds/new/", **sent()), 302)
    page = text(security.post("/thresholds/new/", **sent()), 409)
    assert "There is such a rule already" in page
