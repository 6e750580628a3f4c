"""What responders do on the page: each act with its refusal, and nothing typed is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import access, grants, roles
from incidents.models import Role, RunbookStep, Status
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.web.conftest import HTMX, let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def runner(incident):
    return let_in(incident, "close", Function.RESPONDER, first_name="Ada", last_name="Obi")


def test_an_update_stands_in_the_story_and_plans_the_next(incident, runner):
    fields = {"text": "Grants removed.", "audience": "leadership", "next_in": "30"}
    answer = runner.post(url(incident, "update/"), **fields)
    assert answer["Location"] == url(incident, "#story")
    assert incident.timeline.filter(text="Grants removed.", audience="leadership").exists()
    incident.refresh_from_db()
    left = incident.next_update_at - timezone.now()
    assert timedelta(minutes=29) < left < timedelta(minutes=31)


def test_an_empty_update_is_shown_again(incident, runner):
    answer = runner.post(url(incident, "update/"), text="  ", audience="told")
    assert answer.status_code == 422
    assert "Write what is new." in words(answer)
    assert answer.context["update_form"]["audience"].value() == "told"


def test_the_status_moves(incident, runner):
    runner.post(url(incident, "status/"), to="triaging")
    incident.refresh_from_db()
    assert incident.status == Status.TRIAGING


def test_a_refused_status_keeps_what_was_typed_and_says_why(incident, runner):
    runner.post(url(incident, "status/"), to="triaging")
    answer = runner.post(url(incident, "status/"), to="active", reason="All is clear.")
    assert answer.status_code == 409
    assert "An incident commander is missing" in words(answer)
    assert "All is clear." in answer.content.decode()
    assert "<title>Error:" in " ".join(answer.content.decode().split())


def test_a_missing_reason_is_told_at_its_field():
    incident = make.incident(Sev.SEV3)
    runner = let_in(incident, "close", Function.RESPONDER)
    answer = runner.post(url(incident, "status/"), to="dismissed")
    assert answer.status_code == 409
    assert answer.context["status_form"].errors["reason"] == ["Say why this is not an incident."]


def test_a_status_that_cannot_follow_is_refused(incident, runner):
    answer = runner.post(url(incident, "status/"), to="closed", reason="Done.")
    assert answer.status_code == 422


def test_a_helper_moves_nothing(incident):
    answer = let_in(incident, "contribute").post(url(incident, "status/"), to="triaging")
    assert answer.status_code == 403


def test_closing_needs_the_right_to_close(incident):
    manager = let_in(incident, "manage")
    answer = manager.post(url(incident, "status/"), to="closed", reason="Done.")
    assert answer.status_code == 403


def test_raising_takes_effect_at_once(incident, runner):
    runner.post(url(incident, "severity/"), level="1", reason="It is outside.")
    incident.refresh_from_db()
    assert incident.sev == Sev.SEV1


def test_lowering_waits_for_a_second_person(incident, runner):
    runner.post(url(incident, "severity/"), level="4", reason="Nobody looked.")
    proposal = incident.proposals.get()
    alone = runner.post(url(incident, f"proposals/{proposal.pk}/confirm/"))
    assert alone.status_code == 409
    assert "A second person must confirm" in words(alone)

    let_in(incident).post(url(incident, f"proposals/{proposal.pk}/confirm/"))
    incident.refresh_from_db()
    assert incident.sev == Sev.SEV4


def test_a_proposal_can_be_withdrawn(incident, runner):
    runner.post(url(incident, "severity/"), level="4", reason="Nobody looked.")
    proposal = incident.proposals.get()
    runner.post(url(incident, f"proposals/{proposal.pk}/withdraw/"))
    proposal.refresh_from_db()
    assert proposal.state == "withdrawn"


def test_a_level_without_a_reason_is_refused(incident, runner):
    answer = runner.post(url(incident, "severity/"), level="1", reason="")
    assert answer.status_code == 422
    assert answer.context["level_form"]["level"].value() == "1"


def test_worse_answers_raise_the_level(incident, runner):
    fields = {"program": incident.program.slug, "audience": "outside", "still_open": "yes"}
    runner.post(url(incident, "answers/"), **fields)
    incident.refresh_from_db()
    assert (incident.audience, incident.counts_as) == ("outside", Sev.SEV1)


def test_a_dataset_of_another_program_is_no_answer(incident, runner):
    strange = make.dataset(make.program())
    fields = {"program": incident.program.slug, "audience": "outside", "still_open": "yes"}
    answer = runner.post(url(incident, "answers/"), **fields, dataset=strange.pk)
    assert answer.status_code == 422
    assert "Choose a dataset of the program above." in words(answer)


def test_a_waiting_pause_is_vetoed_with_a_reason():
    incident = make.incident(Sev.SEV3)
    runner = let_in(incident)
    firing = incident.firings.get(state="waiting", action="pause")
    path = url(incident, f"rules/{firing.pk}/veto/")
    assert runner.post(path, reason="").status_code == 422
    runner.post(path, reason="Two people, both known.")
    firing.refresh_from_db()
    assert firing.state == "vetoed"
    assert runner.post(path, reason="Again.").status_code == 409


def test_the_cord_can_be_pulled_from_the_incident():
    incident = make.incident(Sev.SEV3)
    helper = let_in(incident, "contribute", first_name="Sam", last_name="Lee")
    helper.post(url(incident, "pause/"), reason="It goes on.")
    assert pauses.held_by(incident.ref).get().program == incident.program
    entry = incident.timeline.filter(kind="pause").first()
    assert entry.text == f"{incident.program.name} paused: Sam Lee pulled the cord. It goes on."


def test_pulling_the_cord_twice_holds_once_and_tells_once():
    incident = make.incident(Sev.SEV3)
    helper = let_in(incident, "contribute")
    for _ in range(2):
        helper.post(url(incident, "pause/"))
    assert pauses.held_by(incident.ref).count() == 1
    assert incident.timeline.filter(kind="pause").count() == 1


def test_without_a_program_there_is_no_cord():
    incident = make.incident(Sev.SEV1, program=None)
    answer = let_in(incident).post(url(incident, "pause/"))
    assert answer.status_code == 409
    assert "Nobody knows yet which program it is" in words(answer)


def test_a_step_is_done_and_opened_again(incident, runner):
    step = RunbookStep.objects.get(run__incident=incident, number=2)
    path = url(incident, f"steps/{step.pk}/")
    assert runner.post(path, to="done")["Location"] == url(incident, f"#step-{step.pk}")
    step.refresh_from_db()
    assert step.done_by == runner.person
    assert "ay why the step is open again" in words(runner.post(path, to="open"))
    runner.post(path, to="open", note="It was not.")
    step.refresh_from_db()
    assert step.state == "open"


def test_htmx_gets_the_runbook_alone_and_the_live_parts_a_hint(incident, runner):
    step = RunbookStep.objects.get(run__incident=incident, number=2)
    answer = runner.post(url(incident, f"steps/{step.pk}/"), headers=HTMX, to="done")
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "andon:changed" in answer["HX-Trigger"]
    assert "2 of 14 done" in words(answer)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_step_is_not_skipped_without_a_reason(incident, runner, headers):
    step = RunbookStep.objects.get(run__incident=incident, number=2)
    answer = runner.post(url(incident, f"steps/{step.pk}/"), headers=headers, to="skipped")
    assert answer.status_code == 409
    assert "ay why the step is not needed." in words(answer)
    step.refresh_from_db()
    assert step.state == "open"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_step_knows_only_three_states(incident, runner, headers):
    step = RunbookStep.objects.get(run__incident=incident, number=2)
    answer = runner.post(url(incident, f"steps/{step.pk}/"), headers=headers, to="burnt")
    assert answer.status_code in (409, 422)
    step.refresh_from_db()
    assert step.state == "open"


def test_a_step_of_another_incident_is_missing(incident, runner):
    other = RunbookStep.objects.filter(run__incident=make.incident()).first()
    assert runner.post(url(incident, f"steps/{other.pk}/"), to="done").status_code == 404


def test_a_role_is_given_and_left(incident, runner):
    path = url(incident, "roles/")
    runner.post(path, role="commander", person=runner.person.pk)
    assert roles.holder(incident, Role.COMMANDER) == runner.person
    assignment = incident.roles.get()
    runner.post(url(incident, f"roles/{assignment.pk}/leave/"))
    assert roles.holder(incident, Role.COMMANDER) is None


def test_the_owner_of_the_program_cannot_command(incident, runner):
    owner = incident.program.owner
    answer = runner.post(url(incident, "roles/"), role="commander", person=owner.pk)
    assert answer.status_code == 409
    assert "cannot be incident commander" in words(answer)


def test_another_persons_role_is_not_ended_by_a_helper(incident):
    commander = make.user(Function.COMMANDER)
    give = {"person": commander, "actor": make.actor(commander)}
    assignment = roles.give(incident, Role.COMMANDER, **give)
    helper = let_in(incident, "contribute")
    answer = helper.post(url(incident, f"roles/{assignment.pk}/leave/"))
    assert answer.status_code == 403


def test_a_person_is_let_in_by_name_or_address(incident, runner):
    for name in ("username", "email"):
        person = make.user()
        fields = {"who": getattr(person, name).upper(), "level": "view", "reason": "Knows it."}
        runner.post(url(incident, "access/"), **fields)
        assert make.sees(person, incident)


@pytest.mark.parametrize(
    ("fields", "words_"),
    [
        ({"who": "nobody-here"}, "Nobody has this user name"),
        ({}, "Name a person or a team, and not both."),
    ],
)
def test_letting_in_needs_somebody(incident, runner, fields, words_):
    answer = runner.post(url(incident, "access/"), level="view", reason="Knows it.", **fields)
    assert answer.status_code in (409, 422)
    assert words_ in words(answer)


def test_a_manager_is_offered_no_more_than_a_manager_may(incident):
    manager, person = let_in(incident, "manage"), make.user()
    assert 'value="close"' not in panel(manager.get(url(incident)))
    fields = {"who": person.username, "level": "close", "reason": "Knows it."}
    assert manager.post(url(incident, "access/"), **fields).status_code == 422
    assert not make.sees(person, incident)


def test_whoever_may_close_lets_others_in_to_close(incident, runner):
    person = make.user()
    assert 'value="close"' in panel(runner.get(url(incident)))
    runner.post(url(incident, "access/"), who=person.username, level="close", reason="Knows it.")
    assert access.may(person, "close", incident)


def panel(answer):
    """The part of the page that says who may see the incident."""
    return answer.content.decode().partition('id="access"')[2].partition("</section>")[0]


def test_what_a_rule_gave_has_no_button_and_is_not_ended(incident, runner):
    grant = incident.grants.get(team__name="commander")
    path = url(incident, f"access/{grant.pk}/end/")
    assert path not in panel(runner.get(url(incident)))
    answer = runner.post(path)
    assert answer.status_code == 409
    assert "is let in by rule" in words(answer)


def test_access_ends_and_the_last_manager_stays(incident, runner):
    person = make.user()
    admitted = {"level": "view", "person": person, "reason": "Helps.", "actor": make.SYSTEM}
    grant = grants.admit(incident, **admitted)
    runner.post(url(incident, f"access/{grant.pk}/end/"))
    assert not make.sees(person, incident)


def test_a_privacy_officer_decides_awareness(incident, officer):
    when = timezone.now() - timedelta(hours=1)
    fields = {"aware_at": f"{when:%Y-%m-%dT%H:%M}", "rationale": "The export was confirmed."}
    officer.post(url(incident, "aware/"), **fields)
    incident.refresh_from_db()
    assert incident.aware_rationale == "The export was confirmed."


def test_nobody_else_decides_awareness(incident, runner):
    answer = runner.post(url(incident, "aware/"), aware_at="2026-01-01T10:00", rationale="Because.")
    assert answer.status_code == 403


def test_an_entry_is_corrected_on_a_page_of_its_own(incident, runner):
    entry = incident.timeline.filter(kind="report").first()
    path = url(incident, f"timeline/{entry.pk}/correct/")
    assert entry.text in runner.reads(path)
    when = f"{entry.occurred_at:%Y-%m-%dT%H:%M}"
    assert runner.post(path, text="Said better.", occurred_at=when).status_code == 302
    assert entry.superseded_by.text == "Said better."
    again = runner.post(path, text="Better still.", occurred_at=when)
    assert again.status_code == 409
    assert "corrected already" in words(again)


def test_acknowledging_stops_the_paging(incident, runner):
    answer = runner.post(url(incident, "acknowledge/"))
    assert answer.status_code == 302
    incident.refresh_from_db()
    assert incident.acknowledged_at is not None
    assert "I am on it" not in runner.reads(url(incident))


def test_nothing_happens_on_get(incident):
    runner = let_in(incident)
    for path in ("update/", "status/", "pause/", "severity/", "access/", "acknowledge/"):
        assert runner.get(url(incident, path)).status_code == 405


def test_a_form_without_its_token_is_refused(incident, runner):
    runner.client.handler.enforce_csrf_checks = True
    answer = runner.post(url(incident, "update/"), text="Hello", audience="told")
    assert answer.status_code == 403
    assert "Nothing was changed." in words(answer)
    assert reader().get("/").status_code == 200


def test_a_hook_of_a_step_asks_for_a_yes_and_stands_there_with_what_came_of_it(incident, runner):
    step = RunbookStep.objects.get(run__incident=incident, hooks__contains=["program.pause"])
    path = url(incident, f"steps/{step.pk}/run/")
    answer = runner.post(path, headers=HTMX, hook="program.pause")
    assert "confirm: say that you mean it" in words(answer)
    answer = runner.post(path, headers=HTMX, hook="program.pause", confirm="on")
    assert f"Pause the program Done {runner.person.name}" in words(answer)


def test_a_hook_needs_the_right_of_what_it_does(incident):
    step = RunbookStep.objects.get(run__incident=incident, hooks__contains=["program.pause"])
    path = url(incident, f"steps/{step.pk}/run/")
    watcher = let_in(incident, "view")
    assert "Do it now" not in words(watcher.get(url(incident)))
    assert watcher.post(path, hook="program.pause", confirm="on").status_code == 403
    assert not step.acts.exists()
