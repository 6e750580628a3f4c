"""What people send about the texts of filings and notices."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import drafts
from incidents.models import Draft, Incident, Obligation
from programs.forms import PanelForm


class BeginForm(PanelForm):
    at = "begin"

    kind = forms.ChoiceField(label=_("What for?"), choices=Draft.Kind)
    obligation: Any = forms.ModelChoiceField(
        label=_("Which duty does it answer?"),
        queryset=Obligation.objects.none(),
        required=False,
        empty_label=_("None by law"),
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        duties: Any = self.fields["obligation"]
        duties.queryset = incident.obligations.all()


class TextForm(PanelForm):
    at = "draft"

    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=100_000)
    text = forms.CharField(
        label=_("Text"),
        help_text=_("Markdown. What is not known stays marked as [UNKNOWN: what]."),
        max_length=drafts.LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24}),
    )
