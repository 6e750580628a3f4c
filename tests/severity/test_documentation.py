"""docs/severity.md says what the rules do."""

from pathlib import Path

import pytest

from severity.ladder import Sev
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
