"""Any monitor may pull the cord, with a key of one program and within what the key may do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import alerts, judgement
from incidents.models import Incident
from programs import keys
from programs.models import ProgramKey, State
from severity.ladder import Sev
from severity.models import Assessment
from tests import make
from tests.api.conftest import problem, token
from tests.api.monitor import Monitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def monitor():
    return Monitor(make.program())


def stands_still(program):
    program.refresh_from_db()
    return program.state == State.PAUSED


def test_a_monitor_stops_the_program_as_its_severity_says(monitor):
    answer = monitor.send(
        {"title": "Export open", "severity": "high", "url": "https://s.example/1"}
    )

    assert answer.status_code == 201
    incident = Incident.objects.get()
    assert answer.json() == {
        "filed": True,
        "new": True,
        "became": "opened",
        "codename": incident.codename,
        "counts_as": 2,
        "paused": True,
        "receipt": f"http://localhost:8000/receipts/{incident.uuid}/",
    }
    assert stands_still(monitor.program)
    assert (incident.sev, incident.reference) == (2, "https://s.example/1")
    assert incident.found_how == "monitor scanner"
    assert incident.reporter == monitor.program.owner


def test_the_story_and_the_record_name_the_monitor_and_no_person(monitor):
    monitor.send()
    incident = Incident.objects.get()
    severity = incident.timeline.get(kind="severity")
    assert severity.text == "Severity: SEV 2, by monitor scanner."
    assert severity.actor_name == "monitor scanner"
    assert incident.history.get().history_user is None
    assert incident.assessment.kind == Assessment.Kind.MONITOR


def test_a_mild_word_stops_nothing(monitor):
    answer = monitor.send({"title": "Export open", "severity": "low"})
    assert (answer.json()["counts_as"], answer.json()["paused"]) == (4, False)
    assert not stands_still(monitor.program)


def test_a_word_counts_no_further_than_the_key_allows():
    monitor = Monitor(make.program(), worst=Sev.SEV3)
    assert monitor.send({"title": "Export open", "severity": 0}).json()["counts_as"] == 3
    assert not stands_still(monitor.program)
    reason = Incident.objects.get().assessment.reason
    assert reason.endswith("SEV 0 said, and monitor scanner may say SEV 3 at most.")


def test_without_a_level_the_answers_decide_within_what_the_key_allows(monitor):
    assert monitor.send({"title": "Export open"}).json()["counts_as"] == 2
    incident = Incident.objects.get()
    assert (incident.sev, incident.assessment.kind) == (None, Assessment.Kind.TRIAGE)
    assert stands_still(monitor.program)


def test_the_first_person_to_look_sets_the_level_alone(monitor):
    monitor.send()
    commander = make.actor(make.user(Function.COMMANDER))
    incident = judgement.set_level(
        Incident.objects.get(), Sev.SEV4, reason="A test file.", actor=commander
    )
    assert (incident.sev, incident.proposals.count()) == (4, 0)
    # From then on it takes two, as ever.
    incident = judgement.set_level(incident, Sev.SEV2, reason="It is not.", actor=commander)
    incident = judgement.set_level(incident, Sev.SEV4, reason="It is.", actor=commander)
    assert (incident.sev, incident.proposals.count()) == (2, 1)


def test_the_same_webhook_id_makes_one_incident_whatever_figures_come_with_it(monitor):
    first = monitor.send({"title": "97 readers", "severity": 2}, **{"webhook-id": "e-1"})
    again = monitor.send({"title": "98 readers", "severity": 2}, **{"webhook-id": "e-1"})
    other = monitor.send({"title": "99 readers", "severity": 2}, **{"webhook-id": "e-2"})
    assert [a.status_code for a in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json() | {"new": False}
    assert Incident.objects.count() == 2


def test_what_grows_worse_is_another_incident(monitor):
    monitor.send({"title": "Export open", "severity": 4, "id": "e-1"})
    assert not stands_still(monitor.program)
    assert monitor.send({"title": "Export open", "severity": 2, "id": "e-1"}).status_code == 201
    assert stands_still(monitor.program)


def test_two_monitors_may_use_the_same_names_of_events(monitor):
    other = Monitor(monitor.program, label="detector")
    monitor.send({"title": "One", "severity": 4, "id": "1"})
    assert other.send({"title": "Two", "severity": 4, "id": "1"}).status_code == 201


def test_what_is_over_reports_nothing(monitor):
    answer = monitor.send({"title": "Export open", "status": "resolved"})
    assert (answer.status_code, answer.json()["filed"]) == (200, False)
    assert not Incident.objects.exists()


def test_a_signed_webhook_needs_no_token(monitor):
    assert monitor.sign({"type": "x", "data": {"title": "Open", "severity": 2}}).status_code == 201
    assert stands_still(monitor.program)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signed_webhook_that_is_played_again_later_is_refused(monitor, minutes):
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    problem(monitor.sign({"title": "Open"}, at=at), 401)
    assert not Incident.objects.exists()


def test_a_webhook_of_another_key_or_of_a_changed_body_is_refused(monitor):
    other = Monitor(monitor.program, label="detector")
    problem(monitor.sign({"title": "Open"}, secret=keys.webhook_secret(other.key.key_id)), 401)
    good = monitor.sign({"title": "Open", "severity": 4})
    assert good.status_code == 201
    headers = {k[5:].lower().replace("_", "-"): v for k, v in good.wsgi_request.META.items()}
    headers = {k: v for k, v in headers.items() if k.startswith("webhook-")}
    problem(monitor.send({"title": "Open", "severity": 0}, bearer="", **headers), 401)
    assert monitor.send(good.wsgi_request.body, bearer="", **headers).json()["new"] is False


@pytest.mark.parametrize(
    "signature",
    ["", "v1", "v1,", "v1,é", "v1a,AAAA", "none,AAAA", "v1,AAAA,v1,AAAA", "v1,A", "v2,AAAA"],
)
def test_a_signature_of_another_form_or_kind_is_no_signature(monitor, signature):
    headers = {"webhook-id": "1", "webhook-timestamp": "nan", "webhook-signature": signature}
    for at in ("nan", "-1e400", "", str(int(datetime.now(UTC).timestamp()))):
        headers["webhook-timestamp"] = at
        # A good token beside it does not help: who signs is judged by the signature.
        problem(monitor.send(**headers), 401)


@pytest.mark.parametrize("bearer", ["x", "andon_w_a_b", "andon_t_a_b", "andon_w_{id}_wrong"])
def test_a_token_that_nobody_knows_is_refused(monitor, bearer):
    answer = monitor.send(bearer=bearer.format(id=monitor.key.key_id))
    problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_said_twice_a_persons_and_a_collectors_are_refused(monitor):
    twice = f"{monitor.text}, Bearer {monitor.text}"
    persons = token(make.user(Function.COMMANDER))
    collectors = monitor.text.replace("andon_w_", "andon_c_")
    for bearer in (twice, persons, collectors):
        problem(monitor.send(bearer=bearer), 401)
    problem(monitor.send(bearer=""), 401)


def test_a_key_opens_its_own_door_alone(monitor):
    other = Monitor(make.program(), label="detector")
    problem(monitor.send(path=other.key.key_id), 401)
    problem(monitor.send(path="%00"), 401)
    answer = monitor.send({"title": "Open", "program": other.program.slug})
    assert problem(answer, 422)["allowed"] == monitor.program.slug
    assert not Incident.objects.exists()


def test_a_key_that_ended_opens_nothing(monitor):
    ProgramKey.objects.update(expires_at=timezone.now())
    assert "has expired" in problem(monitor.send(), 401)["detail"]
    keys.withdraw(monitor.key, actor=make.SYSTEM)
    assert "was withdrawn" in problem(monitor.send(), 401)["detail"]
    problem(monitor.sign({"title": "Open"}), 401)


def test_the_key_goes_on_when_the_person_who_made_it_is_gone(monitor):
    owner = monitor.program.owner
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    assert monitor.send().json()["paused"] is True


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 60_000])
def test_a_body_that_nobody_can_read_is_refused_with_a_sentence(monitor, body):
    problem(monitor.send(body), 400)


@pytest.mark.parametrize("size", [alerts.LARGEST_BODY + 1, 2 * 1024 * 1024])
def test_a_body_that_is_too_large_is_refused(monitor, size):
    problem(monitor.send(b" " * size), 413)
    # Also before a signature over it is looked at.
    problem(monitor.send(b" " * size, bearer="", **{"webhook-signature": "v1,AA"}), 413)


def test_who_guesses_keys_is_slowed_down_without_a_look_into_the_database(
    monitor, django_assert_num_queries
):
    assert monitor.send({"title": "Open", "severity": 4}).status_code == 201
    said = [monitor.send(bearer="andon_w_a_b", path="a").status_code for _ in range(25)]
    assert said == [401] * 20 + [429] * 5
    with django_assert_num_queries(0):
        monitor.send(bearer="andon_w_a_b", path="a")
    # One that opened before is not slowed down, though it comes from the same address.
    assert monitor.send({"title": "Open wider", "severity": 4}).status_code == 201


def test_a_monitor_gone_wild_is_slowed_down(monitor):
    said = [monitor.send({"title": "t", "status": "ok"}).status_code for _ in range(61)]
    assert said == [200] * 60 + [429]
