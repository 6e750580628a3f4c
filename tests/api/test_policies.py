"""Policies and paging by hand, by API."""

import pytest

from accounts.functions import Function
from accounts.models import Scope
from notifications import planning
from notifications.escalation import Target
from notifications.models import Escalation, EscalationPolicy, Page
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db
COMMANDERS = Target("function", "commander")


@pytest.fixture
def ada(db):
    return make.reachable(Function.COMMANDER, username="ada", first_name="Ada")


@pytest.fixture
def caller(ada):
    return Caller(ada)


def body(**changed):
    targets = [{"kind": "function", "name": "commander"}]
    steps = [{"after_minutes": 0, "targets": targets}]
    return {"name": "Nights", "levels": [2], "steps": steps, "reason": "Agreed."} | changed


def put(caller, path, sent):
    address = f"/api/v1{path}"
    return caller.client.put(address, sent, content_type="application/json", headers=caller.headers)


def test_a_policy_is_made_and_read_as_it_was_sent(caller, ada):
    rota = make.rota(ada)
    targets = [
        {"kind": "person", "person": "ada", "methods": ["email"]},
        {"kind": "rota", "rota": rota.pk},
    ]
    steps = [*body()["steps"], {"after_minutes": 10, "targets": targets}]
    hours = {"zone": "Europe/Berlin", "days": [0, 1], "opens": "09:00:00", "closes": "17:00:00"}
    made = caller.post("/policies", body(levels=[4], steps=steps, hours=hours))
    assert made.status_code == 201, made.content
    said = made.json()
    assert planning.draft(EscalationPolicy.objects.get()).steps[1].targets == (
        Target("person", person=ada.pk, methods=("email",)),
        Target("rota", rota=rota.pk),
    )
    assert caller.get(f"/policies/{said['id']}").json() == said == caller.get("/policies").json()[0]
    assert (said["version"], said["hours"]) == (1, hours)
    assert said["steps"][1]["targets"][0]["person"] == "ada"


def test_a_policy_is_changed_by_who_read_its_newest_version_and_retired_once(caller):
    said = caller.post("/policies", body()).json()
    path, sent = f"/policies/{said['id']}", body(reason="Wider.", repeats=5, version=1)
    assert put(caller, path, sent).json()["version"] == 2
    stale = problem(put(caller, path, sent), 409)
    assert (stale["field"], "version 2 meanwhile" in stale["detail"]) == ("version", True)
    assert caller.post(f"{path}/retire", {"reason": "Gone."}).json()["active"] is False
    assert "is retired" in problem(caller.post(f"{path}/retire", {"reason": "x"}), 409)["detail"]
    assert caller.get("/policies").json() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "a\0"}, "name"),
        ({"levels": [7]}, "levels"),
        ({"levels": [-1]}, "levels.0"),
        ({"repeats": 21}, "repeats"),
        ({"repeat_after_minutes": 0}, "repeat_after_minutes"),
        ({"program": "none-such"}, "program"),
        ({"fallback": 2**63 - 1}, "fallback"),
        ({"reason": " "}, "reason"),
        ({"steps": []}, "steps"),
        ({"steps": [{"after_minutes": 481, "targets": body()["steps"][0]["targets"]}]}, "after"),
        ({"steps": [{"after_minutes": 0, "targets": []}]}, "steps.0.targets"),
        ({"steps": [{"after_minutes": 0, "targets": [{"kind": "person", "person": "x"}]}]}, ""),
        ({"hours": {"zone": "UTC", "days": [], "opens": "09:00", "closes": "08:00"}}, "hours"),
    ],
)
def test_what_is_wrong_is_named_by_its_field_and_nothing_is_kept(caller, changed, field):
    said = problem(caller.post("/policies", body(**changed)), 422)
    assert field in said["field"]
    assert not EscalationPolicy.objects.exists()


def test_who_may_not_see_or_change_them_cannot(ada):
    policy = make.policy(COMMANDERS)
    path, stranger, auditor = f"/policies/{policy.pk}", Caller(make.user()), make.user()
    for name in ("/policies", path, "/policies/dry-run?level=1"):
        problem(stranger.get(name), 404)
    problem(put(stranger, path, body(version=1)), 404)
    auditor = Caller(make.user(Function.AUDITOR))
    assert auditor.get(path).status_code == 200
    problem(put(auditor, path, body(version=1)), 403)
    reads = Caller(ada, Scope.READ, Scope.RESPOND)
    assert "policies:write" in problem(put(reads, path, body(version=1)), 403)["detail"]
    problem(reads.get("/policies/99999999999999999999"), 404)


def test_a_bound_token_reads_and_writes_the_policies_of_its_programs_alone(ada):
    mine, other = make.program(), make.program()
    general = make.policy(COMMANDERS)
    theirs = make.policy(COMMANDERS, program=other.pk)
    bound = Caller(ada)
    bound.headers = {"Authorization": f"Bearer {token(ada, programs=[mine.slug])}"}
    for policy in (general, theirs):
        problem(bound.get(f"/policies/{policy.pk}"), 404)
        problem(put(bound, f"/policies/{policy.pk}", body(version=1)), 404)
        said = problem(bound.post("/policies", body(program=mine.slug, fallback=policy.pk)), 422)
        assert said["field"] == "fallback"
    for slug in (None, other.slug):
        assert problem(bound.post("/policies", body(program=slug)), 422)["field"] == "program"
    assert bound.post("/policies", body(program=mine.slug)).status_code == 201
    assert [each["program"] for each in bound.get("/policies").json()] == [mine.slug]


def test_a_dry_run_says_who_would_be_told_when(caller, ada):
    policy = make.policy(COMMANDERS, levels=(1,), repeats=0)
    said = caller.get("/policies/dry-run?level=1").json()
    first, last = said["moments"]
    assert (said["policy"], said["version"], said["pages"]) == (policy.pk, 1, True)
    assert first["told"] == [{"person": ada.name, "ways": ["E-mail"], "quiet_until": []}]
    assert (last["ending"], last["nobody"]) == ("unanswered", True)
    assert caller.get("/policies/dry-run?level=5").json()["nobody"]
    for query, field in (
        ("", "level"),
        ("level=6", "level"),
        ("level=1&at=2026-12-06T03:00:00", "at"),
        ("level=1&at=9999-12-31T23:59:59-14:00", "at"),
        ("level=1&at=0001-01-01T00:00:00%2B14:00", "at"),
        ("level=1&program=none-such", "program"),
    ):
        assert problem(caller.get(f"/policies/dry-run?{query}"), 422)["field"] == field


def test_the_paging_is_put_off_handed_over_and_escalated(caller, ada, engine):
    ben = make.reachable(username="ben", first_name="Ben")
    make.policy(COMMANDERS)
    incident = make.incident(Sev.SEV2)
    path = f"/incidents/{incident.ref}"
    early = problem(caller.post(f"{path}/hand-over", {"person": "ben", "reason": "r"}), 409)
    assert "acknowledge first" in early["detail"]
    engine.work()
    put_off = caller.post(f"{path}/snooze", {"minutes": 30, "reason": "Asleep."}).json()
    assert (put_off["state"], put_off["acknowledged_by"]) == ("acknowledged", ada.name)
    assert put_off["snoozed_until"]
    offered = caller.post(f"{path}/hand-over", {"person": "ben", "reason": "Night."}).json()
    assert offered["offered_to"] == ben.name
    assert caller.post(f"{path}/escalate", {"reason": "Worse."}).json()["state"] == "active"
    engine.work()
    assert (
        caller.post(f"{path}/page-person", {"person": "ben", "reason": "Now."}).status_code == 200
    )
    assert Page.objects.filter(person=ben).count() == 2
    assert Escalation.objects.get().acknowledged_by is None


@pytest.mark.parametrize(
    ("act", "sent", "field"),
    [
        ("snooze", {"minutes": 0}, "minutes"),
        ("snooze", {"minutes": 10**30}, "minutes"),
        ("escalate", {"step": 9}, "step"),
        ("hand-over", {"person": "nobody"}, "person"),
        ("page-person", {"person": "a\0"}, "person"),
        ("page-person", {"person": "ada", "reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_done_by_hand_is_named_by_its_field(caller, engine, act, sent, field):
    make.policy(COMMANDERS)
    incident = make.incident(Sev.SEV2)
    engine.work()
    said = caller.post(f"/incidents/{incident.ref}/{act}", {"reason": "r"} | sent)
    assert problem(said, 422)["field"] == field
