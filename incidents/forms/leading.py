"""What somebody may ask figures for: a period, a program, how severe."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.models import User
from incidents import reviewform, spans
from incidents.behind import Part
from incidents.forms.fields import DayField, ProgramField
from incidents.models import LENGTHS
from incidents.spans import Period
from incidents.totals import BOUNDS, Scope
from programs import access as program_access
from severity.ladder import Sev

USUAL, DRILLS = "90", "drills"
PRESETS = (
    ("", _("The days given")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    ("quarter", _("This quarter")),
    ("year", _("This year")),
)


def _one_of(label: Any, numbers: list[tuple[int, Any]]) -> Any:
    return forms.TypedChoiceField(
        label=label, required=False, coerce=int, empty_value=None, choices=[("", ""), *numbers]
    )


class ScopeForm(forms.Form):
    """A period, a program, how severe. All of it may be left out: then it is the last 90 days."""

    preset = forms.ChoiceField(label=_("Period"), choices=PRESETS, required=False)
    since = DayField(label=_("From (UTC)"), required=False)
    until = DayField(label=_("To (UTC)"), required=False)
    program = ProgramField(label=_("Program"), empty_label=_("All"))
    worst = forms.TypedChoiceField(
        label=_("Severity"),
        required=False,
        coerce=int,
        empty_value="",
        choices=[
            ("", _("All levels")),
            *((sev.value, _("%(sev)s and worse") % {"sev": sev.label}) for sev in list(Sev)[1:5]),
        ],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.has_unknown = True  # type: ignore[attr-defined]
        programs = program_access.visible_to(user).order_by("name")
        self.fields["program"].queryset = programs  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        today = datetime.now(tz=UTC).date()
        try:
            said["period"] = _period(said, today)
        except spans.Refused as refusal:
            self.add_error(refusal.field, str(refusal))
        return said

    def scope(self) -> Scope:
        """What is asked for; the usual if that makes no sense, and the form says what is wrong."""
        if not self.is_valid():
            return Scope(spans.preset(USUAL, datetime.now(tz=UTC).date()))
        program = self.cleaned_data["program"]
        return Scope(
            self.cleaned_data["period"],
            program.pk if program else None,
            self.cleaned_data["worst"] if self.cleaned_data["worst"] != "" else Sev.SEV5.value,
        )


class LeadingForm(AddressForm, ScopeForm):
    """The filter above the figures."""


class BehindForm(LeadingForm):
    """The same of the list behind one figure, with the part of it that is looked behind."""

    level = _one_of(_("Level"), [(sev.value, sev.label) for sev in Sev])
    bar = _one_of(_("Bar"), [(bar, str(bar)) for bar in range(len(BOUNDS) + 1)])
    cause = forms.ChoiceField(
        label=_("Cause"),
        required=False,
        choices=lambda: [("", ""), *((one.key, one.title) for one in reviewform.current().causes)],
    )
    homeless = forms.BooleanField(label=_("No program is known"), required=False)

    def __init__(self, *args: Any, what: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Bars are those of lengths, and of drills there are no parts.
        parts = ("level", "bar", "cause", "homeless") if what == DRILLS else ("bar",)
        for name in () if what in LENGTHS else parts:
            del self.fields[name]

    def part(self) -> Part:
        """What is asked for. What is no part narrows nothing, and the form says which."""
        said = self.allowed()
        return Part(
            level=said.get("level"),
            bar=said.get("bar"),
            cause=said.get("cause", ""),
            homeless=said.get("homeless", False),
        )


def _period(said: dict[str, Any], today: Any) -> Period:
    """Days that are given count; without them the preset."""
    since, until = said.get("since"), said.get("until")
    if since is None and until is None:
        return spans.preset(said.get("preset") or USUAL, today)
    if since is None:
        raise spans.Refused("since", "since: say from which day, or choose a period.")
    return spans.between(since, until or today, today)
