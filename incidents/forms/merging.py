"""Which incident another one repeats, and why."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from incidents.forms.entering import numbered
from incidents.merging import LONGEST_REASON
from programs.forms import PanelForm


class IntoForm(PanelForm):
    at = "merge"

    into = forms.CharField(
        label=_("Which incident is it the same as?"),
        help_text=_("Its number, such as INC-17. You must run both."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_into(self) -> int:
        return numbered(self.cleaned_data["into"])


class AskedForm(AddressForm, IntoForm):
    """The other incident as the address names it, to show what merging would do."""


class MergeForm(IntoForm):
    into = forms.CharField(max_length=20, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why are they the same?"),
        help_text=_(
            "Stands on the timelines of both. Name neither by its number: not everybody who reads"
            " the one may know of the other."
        ),
        max_length=LONGEST_REASON,
    )
