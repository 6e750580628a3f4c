"""What people send by mistake or on purpose, by page and API: one sentence, nothing half-done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import grants, lifecycle, timeline
from incidents.models import AccessGrant, Exposure, RunbookStep, Status, TimelineEntry
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem
from tests.web.conftest import let_in, url, words

pytestmark = pytest.mark.django_db
MEGABYTE = "# Log\n\n" + "*a line* of [it](x) " * 55_000


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage")


@pytest.fixture
def api(manager):
    return Caller(manager.person)


def at(incident, rest):
    return f"/incidents/{incident.ref}/{rest}"


@pytest.mark.parametrize(
    ("whom", "level", "field", "said"),
    [
        ("oneself", "manage", "person", "nobody lets themselves in"),
        ("gone", "view", "person", "nobody has this user name"),
        ("somebody", "close", "level", "nobody lets in to more than they may"),
    ],
)
def test_a_grant_that_must_not_be(incident, manager, api, whom, level, field, said):
    people = {
        "oneself": manager.person,
        "gone": make.user(is_active=False),
        "somebody": make.user(),
    }
    before = AccessGrant.objects.count()
    fields = {"person": people[whom].username, "level": level, "reason": "To help."}
    assert manager.post(url(incident, "access/"), **fields).status_code in (409, 422)
    refused = problem(api.post(at(incident, "access"), fields), 422)
    assert (refused["field"], said in refused["detail"]) == (field, True)
    assert AccessGrant.objects.count() == before


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("update/", "text"),
        ("review/write/", "summary"),
        ("tasks/", "title"),
        ("access/", "reason"),
    ],
)
def test_a_megabyte_of_markdown_by_page(incident, manager, path, field):
    before = TimelineEntry.objects.count()
    answer = manager.post(url(incident, path), **{field: MEGABYTE})
    assert answer.status_code == 413
    assert "too" in words(answer).lower()
    assert TimelineEntry.objects.count() == before


def test_a_text_that_is_only_just_too_long_names_its_field_and_comes_back(incident, manager):
    long = "x" * (timeline.LONGEST + 1)
    answer = manager.post(url(incident, "update/"), text=long, audience="responders")
    assert answer.status_code == 422
    assert long in answer.content.decode()
    assert not incident.timeline.filter(kind="update").exists()


def test_a_megabyte_of_markdown_by_api(incident, api):
    before = TimelineEntry.objects.count()
    problem(api.post(at(incident, "updates"), {"text": MEGABYTE}), 413)
    long = "x" * (timeline.LONGEST + 1)
    assert problem(api.post(at(incident, "updates"), {"text": long}), 422)["field"] == "text"
    body = {"sections": {"summary": MEGABYTE[:200_000]}, "based_on": 0}
    assert problem(api.post(at(incident, "review"), body), 422)["field"] == "sections"
    assert TimelineEntry.objects.count() == before


def test_a_loop_of_merging(incident, manager, api):
    others = [make.incident(Sev.SEV3, program=incident.program) for _ in range(2)]
    for each in others:
        grants.admit(
            each, level="manage", person=manager.person, reason="Helps.", actor=make.SYSTEM
        )
    body = {"reason": "The same folder."}
    # The newer into the older, as what a rule waits to do must not come later.
    chain = [others[1], others[0], incident]
    for source, target in zip(chain, chain[1:], strict=False):
        done = api.post(at(source, "merge"), body | {"into": target.ref})
        assert done.status_code == 200, done.content
    refused = problem(api.post(at(incident, "merge"), body | {"into": others[1].ref}), 422)
    assert "leads back to" in refused["detail"]
    answer = manager.post(url(incident, "merge/"), into=others[1].ref, **body)
    assert answer.status_code == 409
    assert "leads back to" in words(answer)
    incident.refresh_from_db()
    assert (incident.duplicate_of, incident.status) == (None, Status.REPORTED)


def test_a_step_that_somebody_ticked_first(incident, manager, api):
    step = RunbookStep.objects.filter(run__incident=incident, state="open", gate="").first()
    other = let_in(incident, "contribute")
    assert other.post(url(incident, f"steps/{step.pk}/"), to="done").status_code == 302
    late = manager.post(url(incident, f"steps/{step.pk}/"), to="skipped", note="Not needed.")
    assert late.status_code == 409
    assert other.person.name in words(late)
    refused = problem(
        api.post(at(incident, f"steps/{step.pk}"), {"to": "skipped", "note": "Not needed."}), 409
    )
    assert other.person.name in refused["detail"]
    step.refresh_from_db()
    assert (step.state, step.done_by) == ("done", other.person)


def test_an_update_to_what_is_over(incident, manager, api):
    lifecycle.move(incident, Status.DISMISSED, reason="None.", actor=make.officer())
    answer = manager.post(url(incident, "update/"), text="Late.", audience="responders")
    assert answer.status_code == 409
    assert "dismissed" in words(answer)
    assert (
        "dismissed" in problem(api.post(at(incident, "updates"), {"text": "Late."}), 409)["detail"]
    )
    assert not incident.timeline.filter(kind="update").exists()


def test_an_entry_that_was_superseded_already(incident, manager, api):
    actor = make.actor(manager.person)
    entry = timeline.write(incident, "update", "At nine.", actor=actor)
    timeline.correct(entry, text="At ten.", actor=actor)
    sent = {"text": "At eight.", "occurred_at": f"{entry.occurred_at:%Y-%m-%dT%H:%M}"}
    answer = manager.post(url(incident, f"timeline/{entry.pk}/correct/"), **sent)
    assert answer.status_code == 409
    assert "corrected already" in words(answer)
    problem(api.post(at(incident, f"timeline/{entry.pk}/correct"), {"text": "At eight."}), 409)
    assert not incident.timeline.filter(text="At eight.").exists()


def test_times_that_are_out_of_order(incident, manager, api):
    now = timezone.now()
    since, until = (now - timedelta(hours=1)).isoformat(), (now - timedelta(hours=2)).isoformat()
    body = {"what": "Keys", "since": since, "until": until}
    assert problem(api.post(at(incident, "exposures"), body), 422)["field"] == "until"
    ahead = (now + timedelta(days=1)).isoformat()
    refused = problem(
        api.post(at(incident, "updates"), {"text": "Soon.", "occurred_at": ahead}), 422
    )
    assert refused["field"] == "occurred_at"
    gone = {"person": make.user().username, "level": "view", "reason": "r", "expires_at": since}
    assert problem(api.post(at(incident, "access"), gone), 422)["field"] == "expires_at"
    assert not Exposure.objects.exists()
    assert not incident.timeline.filter(kind="update").exists()
