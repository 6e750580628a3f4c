"""What people send to write a runbook: the whole, and one row for each step.

Nothing is kept before it is proposed: rows are added, removed and moved in what was sent.
"""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents import drafting, seconding
from incidents.drafting import MOST_STEPS, BadRunbook
from incidents.models import Audience, GateCheck, Kind
from programs import access as program_access
from programs.forms import PanelForm
from programs.models import Category
from severity.ladder import Sev

Row = dict[str, Any]
_NEW: Row = {"role": "", "action": "", "minutes": "", "hooks": "", "gate": "", "checks": []}
_COUNT = re.compile(r"[0-9]{1,3}", re.ASCII)
_MOVES = re.compile(r"(up|down|remove|add)-(\d{1,2})", re.ASCII)


def _choices(kind: Any) -> Any:
    return forms.MultipleChoiceField(
        choices=kind,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )


class BookForm(PanelForm):
    """The whole: its title, which incidents it is attached to, and why it is changed."""

    at = "book"

    based_on = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    title = forms.CharField(label=_("When is it used?"), max_length=drafting.LONGEST_TITLE)
    audiences = _choices(Audience)
    kinds = _choices(Kind)
    categories = _choices(Category)
    programs = _choices(())
    sev_at_least = forms.TypedChoiceField(
        label=_("Severity at least"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Any")), *((sev.value, sev.label) for sev in Sev)],
    )
    reason = forms.CharField(
        label=_("Why is it changed?"),
        help_text=_("Stands beside the version."),
        max_length=seconding.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, user: User, named: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "audiences": _("Who can see it"),
            "kinds": _("Kind of incident"),
            "categories": _("Kind of data"),
            "programs": _("Program"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
        seen = program_access.visible_to(user).order_by("name").values_list("slug", "name")
        known = dict(seen)
        # What somebody else named stays, whether or not this editor sees it.
        choices = [*seen, *((slug, slug) for slug in named if slug not in known)]
        self.fields["programs"].choices = choices  # type: ignore[attr-defined]


class RowForm(forms.Form):
    """One step. The domain says what is allowed."""

    role = forms.CharField(label=_("Who"), required=False, max_length=200)
    minutes = forms.CharField(
        label=_("Minutes after the report"),
        required=False,
        max_length=7,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    action = forms.CharField(
        label=_("What to do (Markdown)"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    hooks = forms.CharField(label=_("Hooks"), required=False, max_length=500)
    gate = forms.CharField(label=_("Only done when"), required=False, max_length=1000)
    checks = forms.MultipleChoiceField(
        label=_("How that is checked"),
        choices=GateCheck,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )


class Draft:
    """A runbook while it is written."""

    def __init__(self, book: BookForm, rows: list[Row], *, bound: bool) -> None:
        self.book, self.rows = book, rows
        self.steps = [_row_form(row, at, bound=bound) for at, row in enumerate(rows)]

    @classmethod
    def of(cls, document: Mapping[str, Any] | None, *, based_on: str, user: User) -> "Draft":
        """Begin with what is there, or with one empty step."""
        document = document or {"steps": [{}]}
        rules = document.get("rules", {})
        initial = {"title": document.get("title", ""), "based_on": based_on, **rules}
        named = tuple(rules.get("programs", ()))
        book = BookForm(initial=initial, user=user, named=named)
        return cls(book, [_as_row(step) for step in document["steps"]], bound=False)

    @classmethod
    def sent(cls, data: QueryDict, *, user: User) -> "Draft":
        """Take what was sent; what moves a row is done already."""
        rows = _moved(_rows(data), data.get("act", ""))
        named = tuple(data.getlist("programs"))
        return cls(BookForm(data, user=user, named=named), rows, bound=True)

    def document(self) -> dict[str, Any]:
        """Return what was written, as incidents.drafting reads it."""
        data: Any = self.book.data
        least = data.get("sev_at_least", "").strip()
        # What is no number is not dropped: incidents.drafting says what is allowed.
        level: Any = int(least) if _COUNT.fullmatch(least) else least or None
        rules = {name: data.getlist(name) for name in ("audiences", "kinds", "categories")}
        rules["programs"] = data.getlist("programs")
        return {
            "title": data.get("title", "").strip(),
            "rules": rules | {"sev_at_least": level},
            "steps": [_as_step(row) for row in self.rows],
        }

    def blame(self, bad: BadRunbook) -> None:
        """Put each sentence where it belongs."""
        self.book.full_clean()
        for fault in bad.faults:
            form: Any = self.steps[fault.step - 1] if fault.step else self.book
            field = fault.field if fault.field in form.fields else None
            said = fault.sentence[:1].upper() + fault.sentence[1:]
            form.add_error(field, said)

    @property
    def errors(self) -> bool:
        return bool(self.book.errors) or any(row.errors for row in self.steps)


def _row_form(row: Row, at: int, *, bound: bool) -> RowForm:
    prefix = f"step-{at}"
    if not bound:
        return RowForm(initial=row, prefix=prefix)
    form = RowForm({f"{prefix}-{name}": value for name, value in row.items()}, prefix=prefix)
    form.full_clean()
    return form


def _as_row(step: Mapping[str, Any]) -> Row:
    minutes = step.get("minutes")
    return {
        "role": step.get("role", ""),
        "action": step.get("action", ""),
        "minutes": "" if minutes is None else str(minutes),
        "hooks": ", ".join(step.get("hooks", ())),
        "gate": step.get("gate", ""),
        "checks": list(step.get("checks", ())),
    }


def _as_step(row: Row) -> dict[str, Any]:
    minutes = row["minutes"].strip()
    said: Any = int(minutes) if re.fullmatch(r"[0-9]{1,7}", minutes, re.ASCII) else minutes
    return {
        "role": row["role"].strip(),
        "action": row["action"].replace("\r\n", "\n").strip(),
        "minutes": None if minutes == "" else said,
        "hooks": [each for each in re.split(r"[\s,]+", row["hooks"]) if each],
        "gate": row["gate"].strip(),
        "checks": list(row["checks"]),
    }


def _rows(data: QueryDict) -> list[Row]:
    count = data.get("count", "")
    # One more than is allowed, so that it is said and not cut off.
    most = min(int(count), MOST_STEPS + 1) if _COUNT.fullmatch(count) else 0
    return [
        {name: data.get(f"step-{at}-{name}", "") for name in _NEW}
        | {"checks": data.getlist(f"step-{at}-checks")}
        for at in range(most)
    ]


def _moved(rows: list[Row], act: str) -> list[Row]:
    found = _MOVES.fullmatch(act)
    at = int(found[2]) if found else 0
    if found is None or at >= max(len(rows), 1):
        return rows
    if found[1] == "remove":
        return rows[:at] + rows[at + 1 :]
    if found[1] == "add":
        return [*rows[: at + 1], dict(_NEW), *rows[at + 1 :]]
    to = at - 1 if found[1] == "up" else at + 1
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    return rows
