"""How much of a story is asked for, and as of when."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from incidents.briefs import Redaction


class BriefForm(AddressForm):
    """The choice above a story. All of it may be left out."""

    redaction = forms.ChoiceField(label=_("For whom"), choices=Redaction.choices, required=False)
    at = forms.CharField(
        label=_("As of (UTC)"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "datetime-local"}),
    )

    def how_much(self) -> Redaction:
        """What is asked for; that for leadership if nothing is, or what makes no sense."""
        said = self.allowed().get("redaction")
        return Redaction(said) if said else Redaction.LEADERSHIP


class CompareForm(BriefForm):
    """Which other incident stands beside."""

    other = forms.CharField(
        label=_("Beside"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "INC-17", "autocomplete": "off"}),
    )
    field_order = ("other", "redaction", "at")
