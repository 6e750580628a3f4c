"""A full assessment by API: what answers lead to, filed or only tried."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Scope
from incidents import grants, judgement, lifecycle
from incidents.models import Incident, Status
from severity.questions import NAMES, UNKNOWN, answers_of
from tests import make
from tests.api.conftest import Caller, problem
from tests.severity.given import facts

pytestmark = pytest.mark.django_db

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}
MILD = {"evidence": "none_logs_complete", "confidentiality": "0", "ongoing": "no"}


def answers(**changed):
    return answers_of(facts(**SEED)) | changed


@pytest.fixture
def incident():
    return make.undetermined()


def let_in(incident, level):
    person = make.user()
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage")


@pytest.fixture
def contributor(incident):
    return let_in(incident, "contribute")


def path(incident):
    return f"/incidents/{incident.ref}/assessment"


def assess(caller, incident, status=201, **body):
    answer = caller.post(path(incident), {"answers": answers()} | body)
    assert answer.status_code == status, answer.content
    return answer.json()


def held(incident):
    """The level in force, as the database has it."""
    return Incident.objects.get(pk=incident.pk).sev


def test_answers_are_filed_in_force_with_their_trace(incident, contributor):
    told = assess(contributor, incident)
    assert (told["kept"], told["waits"], told["level"], told["by_rules"]) == (True, False, 2, 2)
    assert (held(incident), told["score"]) == (2, "3.25")
    made = Incident.objects.get(pk=incident.pk).assessment
    assert (made.kind, made.assessor, made.trace) == ("full", contributor.person, told["trace"])


def test_the_one_in_force_is_read_with_what_may_be_answered_next(incident, contributor):
    first = contributor.get(path(incident)).json()
    assert (first["kind"], first["undetermined"], first["overdue"]) == ("triage", True, False)
    assert first["assess_by"]
    assert [*first["questions"]] == [*NAMES]
    assert first["questions"]["ongoing"] == ["yes", "no", UNKNOWN]
    assess(contributor, incident, after=first["id"])
    now = contributor.get(path(incident)).json()
    assert (now["kind"], now["assess_by"], now["answers"]) == ("full", None, answers())
    assert now["assessed_by"] == contributor.person.username
    assert contributor.get(path(incident)).json()["trace"] == now["trace"]


def test_a_dry_run_says_what_would_fire_and_keeps_nothing(incident, contributor):
    before = Incident.objects.get(pk=incident.pk)
    entries = incident.timeline.count()
    told = assess(contributor, incident, 200, dry_run=True, answers={"audience": "org_wide"})
    assert (told["kept"], told["proposal"]) == (False, None)
    fires = {each["rule"]: each for each in told["fires"]}
    assert fires["pause-sev2"]["action"] == "pause"
    assert fires["pause-sev2"]["floor"]
    assert "The people on call are paged at once, until one of them answers." in told["effects"]
    assert "evidence" in told["unknown"]
    after = Incident.objects.get(pk=incident.pk)
    assert (after.assessment_id, after.counts_as) == (before.assessment_id, before.counts_as)
    assert incident.timeline.count() == entries


def test_what_a_dry_run_says_is_what_filing_then_does(incident, manager):
    tried = assess(manager, incident, 200, dry_run=True)
    kept = assess(manager, incident)
    changes = {"kept": True, "proposal": None}
    assert kept == tried | changes
    fired = incident.firings.filter(assessment=Incident.objects.get(pk=incident.pk).assessment)
    assert {each["rule"] for each in tried["fires"]} == set(fired.values_list("rule", flat=True))


def test_an_answer_is_missing_only_where_it_is_filed(incident, contributor):
    told = {name: value for name, value in answers().items() if name != "evidence"}
    refused = problem(contributor.post(path(incident), {"answers": told}), 422)
    assert refused["field"] == "answers.evidence"
    assert UNKNOWN in refused["allowed"]
    assert held(incident) is None
    assess(contributor, incident, answers=told | {"evidence": UNKNOWN})
    assert held(incident) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answers": answers(evidence="hearsay")}, "answers.evidence"),
        ({"answers": answers(shoes="brown")}, "answers.shoes"),
        ({"answers": answers(evidence="confirmed_external")}, "answers.evidence"),
        ({"answers": answers(), "people_count": 12}, "people_count"),
        ({"answers": answers(), "people_count": -1}, "people_count"),
        ({"answers": answers(), "since": "2090-01-01T00:00:00Z"}, "since"),
        ({"answers": answers(), "since": "2026-01-01T00:00:00"}, "since"),
        ({"answers": answers(), "level": 6}, "level"),
        ({"answers": answers(), "level": 1}, "reason"),
        ({"answers": answers(), "level": 1, "reason": "  "}, "reason"),
        ({"answers": "all"}, "answers"),
        ({}, "answers"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_cannot_be_is_named_by_its_field(incident, manager, body, field, dry_run):
    answer = manager.post(path(incident), body | {"dry_run": dry_run})
    if dry_run and field == "reason":
        # A level is tried before the reason is thought of.
        assert answer.json()["level"] == 1
    else:
        assert problem(answer, 422)["field"] == field
    assert held(incident) is None


def test_a_level_against_the_rules_takes_a_reason_and_who_manages(incident, manager, contributor):
    body = {"level": 1, "reason": "The press has it."}
    refused = contributor.post(path(incident), {"answers": answers()} | body)
    assert "Only who manages the incident" in problem(refused, 403)["detail"]
    told = assess(manager, incident, **body)
    assert (told["level"], told["by_rules"], held(incident)) == (1, 2, 1)
    assert told["trace"][-1]["why"] == "The press has it."


def test_a_milder_level_waits_for_a_second_person(incident, manager, contributor):
    assess(contributor, incident)
    told = assess(contributor, incident, answers=answers(**MILD))
    assert (told["kept"], told["waits"], told["level"], held(incident)) == (True, True, 3, 2)
    row = incident.proposals.get()
    assert (told["proposal"], row.proposed_by) == (row.pk, contributor.person)
    with pytest.raises(judgement.Refused, match="second person"):
        judgement.confirm(row, actor=make.actor(contributor.person))
    judgement.confirm(row, actor=make.actor(manager.person))
    assert held(incident) == 3


def test_what_was_judged_meanwhile_is_not_overwritten(incident, manager, contributor):
    seen = contributor.get(path(incident)).json()["id"]
    assess(manager, incident)
    answer = contributor.post(path(incident), {"answers": answers(refix="yes"), "after": seen})
    assert "judged it meanwhile" in problem(answer, 409)["detail"]


def test_who_reads_is_told_the_level_and_files_none(incident):
    viewer = let_in(incident, "view")
    assert viewer.get(path(incident)).status_code == 200
    assert problem(viewer.post(path(incident), {"answers": answers()}), 403)
    assert problem(Caller(viewer.person, Scope.READ).post(path(incident), {}), 403)


def test_hidden_and_missing_are_one_answer(incident):
    stranger = Caller(make.user())
    hidden = stranger.post(path(incident), {"answers": answers(), "dry_run": True})
    missing = stranger.post("/incidents/INC-999999/assessment", {"answers": answers()})
    assert hidden.content == missing.content
    assert problem(hidden, 404)


def test_what_is_over_is_not_assessed(incident, manager):
    lifecycle.move(incident, Status.DISMISSED, reason="No.", actor=make.actor(manager.person))
    assert (
        "dismissed" in problem(manager.post(path(incident), {"answers": answers()}), 409)["detail"]
    )


def test_the_list_is_narrowed_to_what_should_have_been_assessed(incident, contributor):
    late = make.incident()
    grants.admit(late, level="view", person=contributor.person, reason="r", actor=make.SYSTEM)
    hidden = make.incident()
    yesterday = timezone.now() - timedelta(days=1)
    Incident.objects.filter(pk__in=[late.pk, hidden.pk]).update(assess_by=yesterday)
    assert [each["incident"] for each in contributor.get("/incidents?overdue=true").json()] == [
        late.ref
    ]
    assert contributor.get(f"/incidents?overdue=true&before={late.number}").json() == []
    assert len(contributor.get("/incidents").json()) == 2
    assert problem(contributor.get("/incidents?overdue=perhaps"), 422)["field"] == "overdue"
