"""What the form says before sending is what happens after it."""

import itertools

import pytest

from accounts.functions import Function
from incidents import foresight, rulemaking, weighing
from incidents.models import Audience, StillOpen
from programs.models import State
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
