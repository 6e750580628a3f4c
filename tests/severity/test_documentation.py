"""docs/severity.md and docs/clocks.md say what the rules do."""

from pathlib import Path

import pytest

from severity.clocks.calendars import Calendar
from severity.clocks.reckoning import State
from severity.ladder import Sev
from tests.severity.clocks_given import RULES as CLOCK_RULES
from tests.severity.given import RULES

TEXT = Path(__file__).parents[2].joinpath("docs", "severity.md").read_text()
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("bound", [*RULES.caps, *RULES.floors], ids=lambda bound: bound.id)
def test_each_cap_and_floor_is_documented_with_its_level(bound):
    assert any(row.startswith(f"| {bound.id} | {bound.sev.label} |") for row in ROWS)


@pytest.mark.parametrize("reach", RULES.levels[:-1], ids=lambda reach: reach.sev.label)
def test_each_level_is_documented_with_where_it_begins(reach):
    assert any(row.startswith(f"| {reach.sev.label} | {reach.begins} ") for row in ROWS)


@pytest.mark.parametrize("sev", Sev, ids=lambda sev: sev.label)
def test_each_level_is_documented_with_when_its_assessment_is_due(sev):
    due = RULES.policy.full_assessment_due[sev]
    said = f"{due.hours} hour" if due.hours else f"{due.business_days} business days"

    assert any(row.startswith(f"| {sev.label} |") and said in row for row in ROWS)


def test_the_version_and_the_waits_are_documented():
    seconds = {rule.id: rule.seconds for rule in RULES.thresholds}

    assert f"severity/rules/{RULES.version}.yaml" in TEXT
    assert f"after {seconds['pause-sev3'] // 60} minutes, unless a person vetoes it" in TEXT
    assert f"after {seconds['pause-undetermined'] // 60} minutes the programs concerned" in TEXT


CLOCKS = Path(__file__).parents[2].joinpath("docs", "clocks.md").read_text()


@pytest.mark.parametrize("rule", CLOCK_RULES.rules.values(), ids=lambda rule: rule.id)
def test_each_clock_is_documented_as_it_is(rule):
    calendar = f"`{rule.calendar}`" if rule.calendar else ""
    cells = [f"`{rule.id}`", rule.cited, str(rule.term or rule.pace), f"`{rule.starts}`", calendar]

    assert f"| {' | '.join([*cells, rule.status, rule.verified])} |" in CLOCKS


def test_each_event_calendar_and_status_of_a_clock_is_documented():
    events = (each.name for each in CLOCK_RULES.events.values())

    assert not [each for each in (*events, *Calendar, *State) if f"`{each}`" not in CLOCKS]
    assert f"severity/clocks/rules/{CLOCK_RULES.version}.yaml" in CLOCKS
