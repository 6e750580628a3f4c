"""Assess a file of cases, line by line. Pure of Django; the `assess` command only prints it."""

import json
from collections.abc import Iterator
from typing import Any

from severity.assessment import assess
from severity.case_files import Line, each_case
from severity.facts import Facts
from severity.ruleset import RuleSet
from severity.telling import whom_to_tell


def assess_file(name: str, rules: RuleSet) -> Iterator[Line]:
    """Yield one line for each case of a YAML file; "-" is the standard input.

    Raises:
        BadCases: before the first line, if the file as a whole cannot be assessed.
    """

    def one(id_: str, case: Any) -> Iterator[Line]:
        facts = Facts.from_mapping(case, rules)
        result = assess(facts, rules)
        told = {"notify": whom_to_tell(facts, result).plain()}
        yield Line(json.dumps({"id": id_, **result.plain(), **told}, allow_nan=False))

    return each_case(name, one)
