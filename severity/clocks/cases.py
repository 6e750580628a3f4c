"""Reckon the clocks of a file of cases. Pure of Django; the `clocks` command only prints it."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from severity.case_files import Line, each_case
from severity.clocks.reckoning import reckon
from severity.clocks.ruleset import ClockRules
from severity.clocks.stated import Case


def reckon_file(name: str, rules: ClockRules, *, now: datetime) -> Iterator[Line]:
    """Yield the clocks of each case of a YAML file, one a line; "-" is the standard input.

    A case whose events lie ahead of `now` is reckoned, with a remark, as people plan.

    Raises:
        BadCases: before the first line, if the file as a whole cannot be read.
    """

    def one(id_: str, given: Any) -> Iterator[Line]:
        case = Case.from_mapping(given, rules, now=now)
        if case.ahead:
            said = ", ".join(f"events.{each}" for each in case.ahead)
            yield Line(f"case {id_!r}: {said} in the future; reckoned as a plan", remark=True)
        for clock in reckon(case, rules, now=now):
            yield Line(json.dumps({"case": id_, **clock.plain()}, allow_nan=False))

    return each_case(name, one)
