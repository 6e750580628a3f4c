"""What people may send about the sources of alerts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.alerts import LARGEST_BODY
from incidents.mapping import LONGEST_PATH, TARGETS
from incidents.models import Source
from programs.forms import PanelForm

_LABELS = {
    "title": _("Title"),
    "detail": _("Detail"),
    "level": _("Severity"),
    "program": _("Program"),
    "dataset": _("Dataset"),
    "audience": _("Who can see it"),
    "still_open": _("Still open"),
    "found_how": _("How it was found"),
    "dedup": _("What it is about (dedup key)"),
    "url": _("Link"),
    "since": _("Since when"),
    "over": _("Over: resolved, ok, closed or true"),
}


class PathField(forms.CharField):
    """A path into JSON, or `=` and a fixed text."""

    def __init__(self, label: Any) -> None:
        widget = forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        )
        super().__init__(label=label, required=False, max_length=LONGEST_PATH, widget=widget)


class SourceForm(PanelForm):
    """What is sent with a key, how it is read, and a sample to try that on."""

    at = "source"

    kind = forms.ChoiceField(
        label=_("What does it send?"), choices=Source.Kind, widget=forms.RadioSelect
    )
    must_sign = forms.BooleanField(
        label=_("It signs what it sends: refuse what is not signed"),
        help_text=_("By the rules of Standard Webhooks, with the secret shown beside the key."),
        required=False,
    )
    sample = forms.CharField(
        label=_("A sample of what it sends"),
        help_text=_("It is read and thrown away: nothing is filed, nobody is told."),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        max_length=LARGEST_BODY,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for target in TARGETS:
            self.fields[target] = PathField(_LABELS[target])

    @property
    def paths(self) -> list[forms.BoundField]:
        """The fields of the mapping, in order."""
        return [self[target] for target in TARGETS]

    def mapping(self) -> dict[str, str]:
        """What was sent of the mapping."""
        return {target: self.cleaned_data[target] for target in TARGETS}
