"""Decided by API: lower severities, what rules wait to do and ask, and merging."""

import pytest

from accounts.functions import Function
from incidents import grants, rulemaking
from incidents.models import Incident, Look, RuleFiring, Status
from severity.ladder import Sev
from severity.models import ThresholdVersion
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db


def let_in(incident, level="manage", person=None):
    person = person or make.user()
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


def at(incident, rest):
    return f"/incidents/{incident.ref}/{rest}"


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def proposed():
    """An incident of which one person proposes a milder level."""
    incident = make.incident(Sev.SEV2)
    return make.judged(incident, Sev.SEV4)


def test_a_second_person_confirms_what_one_proposed(proposed):
    manager = let_in(proposed)
    (row,) = manager.get(at(proposed, "proposals")).json()
    assert (row["level"], row["state"], row["full"]) == (4, "open", False)
    told = manager.post(at(proposed, f"proposals/{row['id']}/confirm")).json()
    assert (told["severity"], told["counts_as"]) == (4, 4)
    (now,) = manager.get(at(proposed, "proposals")).json()
    assert (now["state"], now["decided_by"]) == ("confirmed", manager.person.username)
    again = problem(manager.post(at(proposed, f"proposals/{row['id']}/confirm")), 409)
    assert "confirmed already" in again["detail"]


def test_who_proposed_it_does_not_confirm_it(proposed):
    row = proposed.proposals.get()
    author = let_in(proposed, person=row.proposed_by)
    refused = problem(author.post(at(proposed, f"proposals/{row.pk}/confirm")), 409)
    assert "A second person must confirm" in refused["detail"]
    assert fresh(proposed).sev == 2
    assert author.post(at(proposed, f"proposals/{row.pk}/withdraw")).json()["severity"] == 2
    row.refresh_from_db()
    assert row.state == "withdrawn"


@pytest.mark.parametrize("how", ["confirm", "withdraw"])
def test_a_proposal_is_decided_by_who_manages_and_through_its_own_incident(proposed, how):
    row = proposed.proposals.get()
    path = f"proposals/{row.pk}/{how}"
    assert let_in(proposed, "contribute").post(at(proposed, path)).status_code == 403
    assert Caller(make.user()).post(at(proposed, path)).status_code == 404
    other = make.incident()
    assert "no such proposal" in problem(let_in(other).post(at(other, path)), 404)["detail"]
    row.refresh_from_db()
    assert row.state == "open"


@pytest.fixture
def waiting():
    """A rule that waits to pause."""
    dataset = make.dataset(make.program(participants=50))
    incident = make.incident(Sev.SEV3, program=dataset.program, dataset=dataset)
    return incident.firings.get(action="pause")


def test_a_pause_that_waits_is_vetoed_with_a_reason(waiting, engine):
    incident = waiting.incident
    manager = let_in(incident)
    told = {each["id"]: each for each in manager.get(at(incident, "firings")).json()}
    assert (told[waiting.pk]["state"], told[waiting.pk]["action"]) == ("waiting", "pause")
    assert told[waiting.pk]["due_at"]
    path = at(incident, f"firings/{waiting.pk}/veto")
    for wrong in ({}, {"reason": "  "}, {"reason": "x" * 301}):
        assert problem(manager.post(path, wrong), 422)["field"] == "reason"
    assert manager.post(path, {"reason": "A copy for tests."}).json()["state"] == "vetoed"
    engine.forward(minutes=31)
    assert not waiting.dataset.pauses.in_force().exists()
    again = problem(manager.post(path, {"reason": "Once more."}), 409)
    assert "vetoed already" in again["detail"]


def test_what_determining_calls_off_is_not_vetoed():
    incident = make.undetermined()
    row = incident.firings.get(rule="pause-undetermined")
    refused = let_in(incident).post(at(incident, f"firings/{row.pk}/veto"), {"reason": "No."})
    assert "by determining the severity" in problem(refused, 409)["detail"]


@pytest.mark.parametrize("how", ["veto", "allow"])
def test_a_firing_is_decided_by_who_manages_and_through_its_own_incident(waiting, how):
    path, body = f"firings/{waiting.pk}/{how}", {"reason": "r"}
    incident, other = waiting.incident, make.incident()
    assert let_in(incident, "contribute").post(at(incident, path), body).status_code == 403
    assert Caller(make.user()).post(at(incident, path), body).status_code == 404
    missing = problem(let_in(other).post(at(other, path), body), 404)
    assert "no such firing" in missing["detail"]
    waiting.refresh_from_db()
    assert waiting.state == RuleFiring.State.WAITING


def test_what_a_rule_asks_for_is_done_once_somebody_agrees():
    said = {"name": "Watch", "why": "we learned", "when": {"levels": [4]}, "mode": "ask"}
    said |= {"actions": [{"do": "pause", "scope": "program"}]}
    author, second = (make.actor(make.user(Function.COMMANDER)) for _ in range(2))
    row = rulemaking.propose("watch", said, reason="r", based_on="", actor=author)
    rulemaking.publish(row, actor=second)
    ThresholdVersion.objects.update(effective_from="2026-01-01T00:00:00Z")
    incident = make.judged(make.incident(Sev.SEV3), Sev.SEV4)
    asked = incident.firings.get(state="asked")
    manager = let_in(incident)
    path = at(incident, f"firings/{asked.pk}/allow")
    assert manager.post(path, {"reason": "It must stop."}).json()["state"] == "fired"
    assert incident.program.pauses.in_force().exists()
    assert problem(manager.post(path, {"reason": "Again."}), 409)


@pytest.fixture
def chief():
    return Caller(make.user(Function.COMMANDER))


@pytest.fixture
def pair():
    program = make.program(participants=50)
    milder, worse = (make.incident(Sev.SEV3, program=program) for _ in range(2))
    return milder, make.judged(worse, Sev.SEV2)


def test_what_merging_would_do_is_said_and_nothing_is_done(pair, chief):
    source, target = pair
    told = chief.get(at(target, f"merge?into={source.ref}")).json()
    assert (told["into"], told["level"], told["rises"]) == (source.ref, 2, True)
    assert told["needs_review"]
    assert {fresh(each).status for each in pair} == {Status.REPORTED}


def test_who_asks_what_merging_would_do_has_read_the_other_too(pair, chief):
    source, target = pair
    Look.objects.all().delete()
    chief.get(at(source, f"merge?into={target.ref}"))
    assert set(Look.objects.values_list("incident", "person", "via")) == {
        (each.pk, chief.person.pk, "api") for each in pair
    }


def test_one_is_merged_into_the_other(pair, chief):
    source, target = pair
    told = chief.post(at(source, "merge"), {"into": target.ref, "reason": "The same folder."})
    assert told.json()["incident"] == target.ref
    assert (fresh(source).status, fresh(source).duplicate_of) == (Status.MERGED, target)
    again = chief.post(at(source, "merge"), {"into": target.ref, "reason": "Again."})
    assert problem(again, 422)["field"] == "into"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"into": "INC-999999", "reason": "r"}, "into"),
        ({"into": "seventeen", "reason": "r"}, "into"),
        ({"reason": "r"}, "into"),
        ({"into": "INC-1", "reason": " "}, "reason"),
        ({"into": "INC-1", "reason": "x" * 501}, "reason"),
    ],
)
def test_a_merge_that_cannot_be_is_named_by_its_field(pair, chief, body, field):
    source, target = pair
    body = {**body, "into": target.ref} if body.get("into") == "INC-1" else body
    assert problem(chief.post(at(source, "merge"), body), 422)["field"] == field
    assert fresh(source).status == Status.REPORTED


def test_an_incident_is_not_merged_into_itself(pair, chief):
    for answer in (
        chief.get(at(pair[0], f"merge?into={pair[0].ref}")),
        chief.post(at(pair[0], "merge"), {"into": pair[0].ref, "reason": "r"}),
    ):
        assert problem(answer, 422)["field"] == "into"


def test_a_target_that_one_does_not_run_is_answered_as_one_that_is_not_there(pair):
    source, target = pair
    caller = let_in(source)
    missing = problem(caller.post(at(source, "merge"), {"into": "INC-999999", "reason": "r"}), 422)
    assert missing["allowed"] == "the number of another incident that you run, such as INC-17"
    let_in(target, "contribute", caller.person)
    for path in (at(source, "merge"),):
        refused = caller.post(path, {"into": target.ref, "reason": "r"})
        assert problem(refused, 422) == missing
    assert problem(caller.get(at(source, f"merge?into={target.ref}")), 422) == missing


def test_a_bound_token_merges_into_no_other_program(pair, chief):
    source, other = pair[0], make.incident()
    text = token(chief.person, programs=[source.program.slug])
    chief.headers = {"Authorization": f"Bearer {text}"}
    refused = chief.post(at(source, "merge"), {"into": other.ref, "reason": "r"})
    assert problem(refused, 422)["field"] == "into"
    assert fresh(source).status == Status.REPORTED


def test_who_does_not_manage_neither_merges_nor_asks_what_it_would_do(pair):
    source, target = pair
    helper = let_in(source, "contribute")
    assert helper.get(at(source, f"merge?into={target.ref}")).status_code == 403
    body = {"into": target.ref, "reason": "r"}
    assert helper.post(at(source, "merge"), body).status_code == 403
    assert Caller(make.user()).post(at(source, "merge"), body).status_code == 404
