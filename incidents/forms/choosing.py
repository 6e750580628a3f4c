"""What a participant may send: a break, an opt-out, the wish to go on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from programs import participation
from programs.forms import PanelForm

OTHER = "other"
_LONGEST_HOURS = participation.LONGEST_BREAK // 3600


class ChoiceForm(PanelForm):
    at = "choice"

    subject = forms.CharField(
        label=_("Your pseudonym in this program"),
        help_text=_("The one you were given, such as p-17; not your name."),
        max_length=participation.LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    length = forms.ChoiceField(
        label=_("How long?"),
        choices=[
            ("1800", _("30 minutes")),
            ("3600", _("1 hour")),
            ("14400", _("4 hours")),
            ("86400", _("A day")),
            (OTHER, _("Other")),
        ],
        initial="1800",
        required=False,
    )
    hours = forms.IntegerField(
        label=_("Other: how many hours?"),
        min_value=1,
        max_value=_LONGEST_HOURS,
        required=False,
    )
    sure = forms.BooleanField(
        label=_("I want to opt out for good, until I say otherwise."), required=False
    )

    def __init__(self, *args: Any, choice: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choice = choice

    @property
    def seconds(self) -> int:
        """How long a break was chosen."""
        length = self.cleaned_data["length"] or "1800"
        return self.cleaned_data["hours"] * 3600 if length == OTHER else int(length)

    def clean(self) -> dict[str, Any] | None:
        said = super().clean()
        length, hours = self.cleaned_data.get("length"), self.cleaned_data.get("hours")
        if self._choice == participation.BREAK and length == OTHER and not hours:
            self.add_error("hours", _("Say how many hours, or choose a length above."))
        if self._choice == participation.OPT_OUT and not self.cleaned_data.get("sure"):
            self.add_error("sure", _("Tick this to opt out."))
        return said
