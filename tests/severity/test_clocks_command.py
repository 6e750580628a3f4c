"""`manage.py clocks`: a JSON object for each clock, refusals aside, and an exit status."""

import json

import pytest
import time_machine

from severity.management.commands.clocks import Command
from tests.severity.running import run

TWO = """
- id: exposure
  facts: {jurisdictions: [EU], role: controller, internal_only: true, unintelligible: false,
    risk: risk, individuals: 70000, categories: [performance_records], sectors: [technology]}
  events: {occurred: 2026-12-01T08:00:00+05:30, aware: 2026-12-18T15:30:00Z}
  rules: [eu-gdpr-33, us-sec-8k]
"""
BAD = """
- {id: nowhere, facts: {jurisdictions: [Atlantis]}}
- {id: backwards, events: {occurred: 2026-12-02T00:00:00Z, contained: 2026-12-01T00:00:00Z}}
- {id: naive, events: {aware: 2026-12-01T00:00:00}}
- {id: day, events: {aware: 2026-12-01}}
- {id: never, events: {aware: 2026-11-31T00:00:00Z}}
- {id: offset, events: {aware: 2026-11-30T00:00:00+25:00}}
- {id: listed, facts: {individuals_in: [US-CA]}}
- {id: exposure}
- 7
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "clocks.yaml"
        path.write_text(text)
        return path

    return write


@time_machine.travel("2026-12-20T00:00:00Z", tick=False)
def test_each_clock_is_one_json_object(written):
    lines, aside = run(Command, written(TWO))
    first, second = map(json.loads, lines)

    why = first.pop("why")
    assert first == {
        "case": "exposure",
        "id": "eu-gdpr-33",
        "start_event": "aware",
        "started_at": "2026-12-18T15:30:00+00:00",
        "due_at": "2026-12-21T15:30:00+00:00",
        "calendar": "hours_continuous",
        "status": "running",
    }
    assert list(json.loads(lines[0])) == [*first, "why"]
    assert "72 hours from aware on" in why
    assert (second["status"], second["due_at"]) == ("not_applicable", None)
    assert aside == []


@time_machine.travel("2026-12-10T00:00:00Z", tick=False)
def test_a_plan_is_reckoned_and_said_to_be_one(written):
    lines, aside = run(Command, written(TWO))

    assert len(lines) == 2
    assert aside == ["case 'exposure': events.aware in the future; reckoned as a plan"]


@time_machine.travel("2026-12-20T00:00:00Z", tick=False)
def test_bad_cases_are_named_with_their_field_and_the_others_are_reckoned(written):
    lines, aside = run(Command, written(TWO + BAD), fails="^9 cases were refused$")

    assert len(lines) == 2
    assert [line.split(";")[0] for line in aside] == [
        "case 'nowhere' (number 2): facts.jurisdictions is 'Atlantis'",
        "case 'backwards' (number 3): events.contained is 2026-12-01T00:00:00+00:00, before "
        "occurred (2026-12-02T00:00:00+00:00)",
        "case 'naive' (number 4): events.aware is 2026-12-01T00:00:00, without an offset from UTC",
        "case 'day' (number 5): events.aware is '2026-12-01'",
        "case 'never' (number 6): events.aware is '2026-11-31T00:00:00Z'",
        "case 'offset' (number 7): events.aware is '2026-11-30T00:00:00+25:00'",
        "case 'listed' (number 8): facts.individuals_in is ['US-CA']",
        "case 'exposure' (number 9): id is 'exposure'",
        "case number 10: the case is 7",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: x", "must hold a list of cases; it is a dict"),
        ("- [", "is not plain YAML: line 1: "),
        ("- &a [*a]", r"alias \*a is inside itself"),
        ("- {id: a, id: b}", "'id' is given twice"),
    ],
)
def test_a_file_that_is_no_list_of_cases_is_refused_as_a_whole(written, text, said):
    assert run(Command, written(text), fails=said) == ([], [])
