"""What somebody may ask figures for: a period, a program, how severe."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents import spans
from incidents.forms.fields import DayField, ProgramField
from incidents.spans import Period
from incidents.totals import Scope
from programs import access as program_access
from severity.ladder import Sev

USUAL = "90"
PRESETS = (
    ("", _("The days given")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    ("quarter", _("This quarter")),
    ("year", _("This year")),
)


class LeadingForm(forms.Form):
    """The filter above the figures. All of it may be left out: then it is the last 90 days."""

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


def _period(said: dict[str, Any], today: Any) -> Period:
    """Days that are given count; without them the preset."""
    since, until = said.get("since"), said.get("until")
    if since is None and until is None:
        return spans.preset(said.get("preset") or USUAL, today)
    if since is None:
        raise spans.Refused("since", "since: say from which day, or choose a period.")
    return spans.between(since, until or today, today)
