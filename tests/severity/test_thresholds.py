"""What each level obliges, and that no program can loosen it."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from severity.ladder import Sev
from severity.thresholds import Demand, due
from severity.vocabulary import Action, Mode, Scope
from tests.severity.given import RULES

OWN = st.none() | st.sampled_from(Sev)


def demands(level, *, undetermined=False, pause_at=None):
    return due(level, undetermined=undetermined, program_pause_at=pause_at, rules=RULES)


def pauses(level, **options):
    return [each for each in demands(level, **options) if each.action is Action.PAUSE]


@pytest.mark.parametrize(
    ("level", "scope"),
    [
        (Sev.SEV0, Scope.ALL_PROGRAMS_ON_THE_STORE),
        (Sev.SEV1, Scope.PROGRAM_AND_DERIVED),
        (Sev.SEV2, Scope.PROGRAM),
    ],
)
def test_sev_0_to_2_pause_at_once_each_with_its_scope(level, scope):
    (pause,) = pauses(level)

    assert (pause.scope, pause.after_seconds, pause.mode) == (scope, 0, Mode.AUTOMATIC)


def test_sev_3_pauses_the_dataset_after_half_an_hour_in_which_a_person_may_veto():
    (pause,) = pauses(Sev.SEV3)

    assert pause.scope is Scope.DATASET_OR_COLLECTORS
    assert (pause.after_seconds, pause.mode) == (1800, Mode.AUTOMATIC_AFTER)


@pytest.mark.parametrize("level", [Sev.SEV4, Sev.SEV5])
def test_sev_4_and_5_pause_nothing(level):
    assert pauses(level) == []


@pytest.mark.parametrize(
    ("action", "levels"),
    [
        (Action.ATTACH_RUNBOOK, set(Sev)),
        (Action.ESCALATE, {Sev.SEV0, Sev.SEV1, Sev.SEV2, Sev.SEV3}),
        (Action.REQUIRE_REVIEW, {Sev.SEV0, Sev.SEV1, Sev.SEV2}),
    ],
)
def test_other_actions_follow_at_once_at_their_levels(action, levels):
    asked = {level: [each for each in demands(level) if each.action is action] for level in Sev}

    assert {level for level, found in asked.items() if found} == levels
    assert all(each.after_seconds == 0 for found in asked.values() for each in found)


@pytest.mark.parametrize(("pause_at", "level"), [(3, 3), (4, 3), (4, 4), (5, 5)])
def test_a_stricter_program_pauses_as_a_whole_and_without_a_window(pause_at, level):
    (pause,) = pauses(Sev(level), pause_at=Sev(pause_at))

    assert (pause.rule_id, pause.scope) == ("pause-own-threshold", Scope.PROGRAM)
    assert (pause.after_seconds, pause.mode) == (0, Mode.AUTOMATIC)


@pytest.mark.parametrize(("pause_at", "level"), [(2, 3), (3, 4), (4, 5)])
def test_its_threshold_says_nothing_about_milder_levels(pause_at, level):
    assert demands(Sev(level), pause_at=Sev(pause_at)) == demands(Sev(level))


@given(level=st.sampled_from([Sev.SEV0, Sev.SEV1, Sev.SEV2]), pause_at=OWN, open_=st.booleans())
def test_no_threshold_of_a_program_loosens_the_organisations_floor(level, pause_at, open_):
    at_once = [
        p for p in pauses(level, pause_at=pause_at, undetermined=open_) if not p.after_seconds
    ]

    assert at_once == pauses(level)


@given(level=st.sampled_from(Sev), pause_at=OWN, open_=st.booleans())
def test_a_worse_level_never_pauses_later(level, pause_at, open_):
    def soonest(at):
        found = pauses(at, pause_at=pause_at, undetermined=open_)
        return min((each.after_seconds for each in found), default=10**9)

    assert all(soonest(worse) <= soonest(level) for worse in Sev if worse.at_least(level))


@pytest.mark.parametrize("level", Sev)
def test_what_nobody_determines_in_15_minutes_pauses_and_escalates(level):
    late = [each for each in demands(level, undetermined=True) if each.mode is Mode.OVERDUE]

    assert {each.action for each in late} == {Action.PAUSE, Action.ESCALATE}
    assert {each.after_seconds for each in late} == {900}
    assert next(each.scope for each in late if each.scope) is Scope.PROGRAMS_CONCERNED


@pytest.mark.parametrize("level", Sev)
def test_the_undetermined_obliges_at_once_to_all_that_its_worst_plausible_level_does(level):
    assert set(demands(level)) <= set(demands(level, undetermined=True))


@pytest.mark.parametrize("level", Sev)
def test_a_determined_level_is_never_overdue(level):
    assert all(each.mode is not Mode.OVERDUE for each in demands(level))


def test_every_demand_names_its_rule_version_and_reason():
    for each in demands(Sev.SEV2, undetermined=True):
        assert each.version == RULES.version
        assert each.rule_id in {rule.id for rule in RULES.thresholds}
        assert len(each.why) > 10


def test_a_demand_cannot_be_altered():
    demand = Demand("r", "v", Action.ESCALATE, None, 0, "why")

    with pytest.raises(FrozenInstanceError):
        demand.after_seconds = 3600
