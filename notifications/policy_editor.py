"""A policy while it is written on its page: the whole, and one row for each step.

Nothing is kept before it is saved: rows are added, removed and moved in what was sent.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.http import QueryDict

from accounts.models import User
from notifications import planning
from notifications.escalation import Step, Target
from notifications.hours import Hours
from notifications.models import EscalationPolicy, Method
from notifications.policy_forms import PolicyForm, StepForm, as_whom, initial, minutes, offered
from notifications.policydraft import MOST_STEPS, MOST_TARGETS, Draft, Fault
from programs.models import Program

_COUNT = re.compile(r"[0-9]{1,2}", re.ASCII)
_MOVES = re.compile(r"(up|down|remove|add|more)-(\d{1,2})", re.ASCII)
_PERSON = re.compile(r"person:([0-9]{1,9})", re.ASCII)
# As many places for targets as a step has at first, and as many more as one asks for at once.
_PLACES, _MORE = 3, 3
# Where the domain has another word for a field than the page.
_NAMES = {"wait": "minutes", "targets": "whom_1", "methods": "ways_1", "hours": "days"}
# Hidden: what is said of it stands above the form.
_NAMES |= {"version": ""}

Row = dict[str, str]


class Editor:
    """A policy while it is written."""

    def __init__(self, whole: PolicyForm, rows: list[Row], *, bound: bool, whom: list[Any]) -> None:
        self.whole, self.rows = whole, rows
        self.steps = [_step_form(row, at, bound=bound, whom=whom) for at, row in enumerate(rows)]
        self.ways = Method.choices
        self.is_preview = False

    @classmethod
    def of(cls, draft: Draft, *, version: int, user: User, of: EscalationPolicy | None) -> "Editor":
        """Begin with what is there."""
        whole = PolicyForm(initial=initial(draft, version), user=user, of=of)
        rows = [_as_row(step) for step in draft.steps]
        return cls(whole, rows, bound=False, whom=offered(_named(draft)))

    @classmethod
    def sent(cls, data: QueryDict, *, user: User, of: EscalationPolicy | None) -> "Editor":
        """Take what was sent; what moves a row is done already."""
        rows = _moved(_rows(data), data.get("act", ""))
        named = [_PERSON.fullmatch(value) for row in rows for value in row.values()]
        already = [Target("person", person=int(found[1])) for found in named if found]
        already += _named(planning.draft(of)) if of else []
        editor = cls(PolicyForm(data, user=user, of=of), rows, bound=True, whom=offered(already))
        editor.is_preview = data.get("act") == "preview"
        return editor

    @property
    def is_valid(self) -> bool:
        steps = [step.is_valid() for step in self.steps]
        if self.is_preview:
            # Why it is changed need not be known before it is.
            self.whole.errors.pop("reason", None)
        return not self.whole.errors and all(steps)

    @property
    def errors(self) -> bool:
        return bool(self.whole.errors) or any(step.errors for step in self.steps)

    @property
    def has_hours(self) -> bool:
        """True if the hours are said, or something is wrong with them."""
        named = ("days", "opens", "closes", "zone")
        return any(self.whole[name].value() or self.whole[name].errors for name in named)

    @property
    def based_on(self) -> int:
        version = self.whole.cleaned_data["version"]
        return int(version) if version.isdecimal() and version.isascii() else 0

    def draft(self) -> Draft:
        """Call it once it is valid."""
        said = self.whole.cleaned_data
        program = Program.objects.filter(slug=said["program"]).first() if said["program"] else None
        hours = None
        if said["days"]:
            hours = Hours(said["zone"], tuple(said["days"]), said["opens"], said["closes"])
        return Draft(
            name=said["name"],
            levels=tuple(said["levels"]),
            steps=tuple(step.step() for step in self.steps),
            program=program.pk if program else None,
            repeats=said["repeats"],
            repeat_after=timedelta(minutes=said["repeat_after"]),
            fallback=said["fallback"],
            hours=hours,
        )

    def blame(self, faults: Iterable[Fault]) -> None:
        """Put each sentence where it belongs."""
        for fault in faults:
            form: Any = self.steps[fault.step - 1] if fault.step else self.whole
            field = _NAMES.get(fault.field, fault.field)
            said = fault.sentence[:1].upper() + fault.sentence[1:]
            form.add_error(field if field in form.fields else None, said)


def _named(draft: Draft) -> list[Target]:
    return [target for step in draft.steps for target in step.targets]


def _step_form(row: Row, at: int, *, bound: bool, whom: list[Any]) -> StepForm:
    prefix, places = f"step-{at}", _places(row)
    if not bound:
        return StepForm(initial=row, prefix=prefix, places=places, offered=whom)
    data = {f"{prefix}-{name}": value for name, value in row.items()}
    return StepForm(data, prefix=prefix, places=places, offered=whom)


def _places(row: Row) -> int:
    return min(sum(name.startswith("whom_") for name in row), MOST_TARGETS)


def _empty(places: int = _PLACES) -> Row:
    row = {"minutes": ""}
    for place in range(1, places + 1):
        row |= {f"whom_{place}": "", f"ways_{place}": ""}
    return row


def _as_row(step: Step) -> Row:
    row = _empty(min(max(_PLACES, len(step.targets) + 1), MOST_TARGETS))
    row["minutes"] = str(minutes(step.wait))
    for place, target in enumerate(step.targets, 1):
        row |= {f"whom_{place}": as_whom(target), f"ways_{place}": ", ".join(target.methods)}
    return row


def _rows(data: QueryDict) -> list[Row]:
    count = data.get("count", "")
    # One more than is allowed, so that it is said and not cut off.
    most = min(int(count), MOST_STEPS + 1) if _COUNT.fullmatch(count) else 0
    found = []
    for at in range(most):
        sent = data.get(f"step-{at}-places", "")
        places = min(max(int(sent), 1), MOST_TARGETS) if _COUNT.fullmatch(sent) else _PLACES
        found.append({name: data.get(f"step-{at}-{name}", "") for name in _empty(places)})
    return found


def _moved(rows: list[Row], act: str) -> list[Row]:
    found = _MOVES.fullmatch(act)
    at = int(found[2]) if found else 0
    if found is None or at >= max(len(rows), 1):
        return rows
    if found[1] == "remove":
        return rows[:at] + rows[at + 1 :]
    if found[1] == "add":
        return [*rows[: at + 1], _empty(), *rows[at + 1 :]]
    if found[1] == "more":
        rows[at] = _empty(min(_places(rows[at]) + _MORE, MOST_TARGETS)) | rows[at]
        return rows
    to = at - 1 if found[1] == "up" else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    return rows
