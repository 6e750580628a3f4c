"""Legal clocks by API: read, stated, corrected; awareness by privacy officers alone."""

import pytest

from accounts.functions import Function
from incidents.models import LegalFacts
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db
AWARE = {"kind": "aware", "at": "2026-03-01T10:00:00Z", "rationale": "The logs."}


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def officer():
    return Caller(make.user(Function.PRIVACY_OFFICER))


def test_awareness_starts_a_clock_that_is_read_with_its_why(incident, officer):
    answer = officer.post(f"/incidents/{incident.ref}/legal-events", AWARE)
    (row,) = answer.json()
    assert (row["rule"], row["clock"], row["overdue"]) == ("eu-gdpr-33", "undetermined", True)
    assert row["due_at"] == "2026-03-04T10:00:00Z"
    assert "72 hours" in row["why"]
    assert officer.get(f"/incidents/{incident.ref}/obligations").json() == [row]


def test_a_commander_states_facts_and_moments_and_decides_no_awareness(incident):
    commander = Caller(make.user(Function.COMMANDER))
    refused = commander.post(f"/incidents/{incident.ref}/legal-events", AWARE)
    assert problem(refused, 403)
    facts = {"facts": {"jurisdictions": ["SG"]}, "reason": "Counsel."}
    stated = commander.post(f"/incidents/{incident.ref}/legal-facts", facts)
    assert {row["clock"] for row in stated.json()} <= {"waiting", "undetermined"}


def test_moments_are_read_with_who_why_and_what_they_were_before(incident, officer):
    path = f"/incidents/{incident.ref}/legal-events"
    (signal,) = officer.get(path).json()
    assert (signal["kind"], signal["by"], signal["recorded_at"]) == ("first_signal", "Andon", None)
    officer.post(path, AWARE)
    officer.post(path, AWARE | {"at": "2026-03-02T10:00:00Z", "rationale": "A letter."})
    newest, before, _signal = officer.get(path).json()
    assert (newest["at"], newest["rationale"]) == ("2026-03-02T10:00:00Z", "A letter.")
    assert (newest["counts"], before["counts"]) == (True, False)
    assert before["by"] == officer.person.name
    stated = {"kind": "first_signal", "at": "2026-03-01T09:00:00Z", "rationale": "A call."}
    officer.post(path, stated)
    assert [row["kind"] for row in officer.get(path).json()] == ["first_signal", "aware", "aware"]


def test_facts_are_read_as_they_were_stated_last(incident, officer):
    path = f"/incidents/{incident.ref}/legal-facts"
    assert officer.get(path).json()["facts"] is None
    for place in ("SG", "IN"):
        officer.post(path, {"facts": {"jurisdictions": [place]}, "reason": f"Lives in {place}."})
    found = officer.get(path).json()
    assert (found["facts"], found["reason"]) == ({"jurisdictions": ["IN"]}, "Lives in IN.")
    assert found["by"] == officer.person.name


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("legal-events", AWARE | {"at": None}, "at"),
        ("legal-events", AWARE | {"at": "2090-01-01T00:00:00Z"}, "at"),
        ("legal-events", AWARE | {"kind": "noticed"}, "kind"),
        ("legal-events", {"kind": "suspected", "rationale": "R"}, "at"),
        ("legal-facts", {"facts": {"jurisdictions": ["Atlantis"]}, "reason": "R"}, "jurisdictions"),
        ("legal-facts", {"facts": {"individuals": "many"}, "reason": "R"}, "individuals"),
        ("legal-facts", {"facts": {"sectors": ["a\u0000b"]}, "reason": "R"}, "facts"),
        ("legal-facts", {"facts": {"sectors": ["\ud800"]}, "reason": "R"}, "facts"),
    ],
)
def test_what_cannot_be_names_its_field(incident, officer, path, body, field):
    answer = officer.post(f"/incidents/{incident.ref}/{path}", body)
    assert problem(answer, 422)["field"] == field
    assert not LegalFacts.objects.exists()
