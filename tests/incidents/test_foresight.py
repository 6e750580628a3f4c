"""What the form says before sending is what happens after it."""

import itertools

import pytest

from accounts.functions import Function
from incidents import foresight, rulemaking, weighing
from incidents.models import Audience, StillOpen
from programs.models import State
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

EVERY_ANSWER = list(itertools.product(Audience.values, StillOpen.values))


@pytest.mark.parametrize("participants", [5, 70_000])
@pytest.mark.parametrize(("audience", "still_open"), EVERY_ANSWER)
def test_the_level_and_the_pause_are_as_foreseen(audience, still_open, participants):
    program = make.program(participants=participants)
    seen = foresight.foresee(weighing.Answered(program, audience, still_open))
    incident = make.incident(program=program, audience=audience, still_open=still_open)
    program.refresh_from_db()
    assert (seen.level, seen.undetermined) == (incident.level, incident.sev is None)
    foreseen = any("pauses at once" in effect for effect in seen.effects)
    assert foreseen == (program.state == State.PAUSED)


def test_what_rules_of_the_house_do_is_foreseen_as_well():
    by = [make.actor(make.user(each)) for each in (Function.COMMANDER, Function.SECURITY)]
    program = make.program(participants=10, categories=["mouse_movements"])
    answered = weighing.Answered(program, Audience.FEW, StillOpen.NO)
    assert not any("pauses" in effect for effect in foresight.foresee(answered).effects)
    said = {"name": "Strict", "why": "we learned", "mode": "automatic", "when": {"levels": [4]}}
    for number, (scope, words) in enumerate(
        [
            ("derived_programs", f"What is derived from {program.name} pauses, by rule strict"),
            ("program", f"{program.name} pauses at once."),
        ]
    ):
        row = rulemaking.propose(
            f"strict-{number}",
            said | {"actions": [{"do": "pause", "scope": scope}]},
            reason="We learned.",
            based_on="",
            actor=by[0],
        )
        rulemaking.publish(row, actor=by[1])
        assert any(words in effect for effect in foresight.foresee(answered).effects)


EACH_ACT = [
    {"do": "escalate"},
    {"do": "attach_runbook"},
    {"do": "open_obligations"},
    {"do": "notify", "name": "privacy_officer"},
]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"mode": "automatic"},
            [
                "The people on call are paged at once, until one of them answers.",
                "A runbook is attached.",
                "The legal clocks are reckoned.",
                "Told by mail: Privacy officer.",
            ],
        ),
        (
            {"mode": "automatic_after", "minutes": 45},
            [
                "The people on call are paged, in 45 minutes unless a responder vetoes it.",
                "A runbook is attached, in 45 minutes unless a responder vetoes it.",
                "The legal clocks are reckoned, in 45 minutes unless a responder vetoes it.",
                "Told by mail: Privacy officer, in 45 minutes unless a responder vetoes it.",
            ],
        ),
        (
            {"mode": "ask"},
            [
                "The people on call are paged, if a responder agrees.",
                "A runbook is attached, if a responder agrees.",
                "The legal clocks are reckoned, if a responder agrees.",
                "Told by mail: Privacy officer, if a responder agrees.",
            ],
        ),
    ],
)
def test_every_action_of_a_rule_is_foreseen_with_when_it_comes(how, said):
    by = [make.actor(make.user(each)) for each in (Function.COMMANDER, Function.SECURITY)]
    incident = make.incident(Sev.SEV3)
    before = foresight.effects(incident, Sev.SEV4, undetermined=False)
    assert not set(said) & set(before)
    rule = {"name": "Tell", "why": "we learned", "when": {"levels": [4]}, "actions": EACH_ACT}
    row = rulemaking.propose("tell", rule | how, reason="Why.", based_on="", actor=by[0])
    rulemaking.publish(row, actor=by[1])
    assert set(said) <= set(foresight.effects(incident, Sev.SEV4, undetermined=False))


def test_what_nobody_determines_is_said_to_page_and_to_pause():
    program = make.program()
    seen = foresight.foresee(weighing.Answered(program, Audience.UNKNOWN, StillOpen.UNKNOWN))
    assert seen.undetermined
    late = "in 15 minutes unless somebody determines the severity."
    assert f"The people on call are paged, {late}" in seen.effects


def test_nobody_learns_the_name_of_a_program_that_was_not_answered():
    hidden = make.program(name="Hidden study")
    seen = foresight.foresee(weighing.Answered(None, Audience.OUTSIDE, StillOpen.YES))
    assert hidden.name not in " ".join([*seen.effects, *seen.assumed])
    assert any("Every program that collects pauses in 15 minutes" in e for e in seen.effects)


def test_a_program_that_is_paused_stays_so():
    program = make.program()
    answered = weighing.Answered(program, Audience.OUTSIDE, StillOpen.YES)
    make.incident(program=program, audience=Audience.OUTSIDE)
    program.refresh_from_db()
    effects = foresight.foresee(answered).effects
    assert f"{program.name} is paused already, and stays so." in effects
