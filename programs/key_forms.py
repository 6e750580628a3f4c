"""What people may send about the keys of a program."""

from django import forms
from django.utils.translation import gettext_lazy as _

from programs.forms import PanelForm
from severity.ladder import Sev


class MonitorForm(PanelForm):
    """A key with which a monitor may pull the cord of one program."""

    at = "monitor"

    label = forms.CharField(
        label=_("Name of the monitor"),
        help_text=_("Stands in the story of each incident that it reports."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    worst = forms.TypedChoiceField(
        label=_("Its word counts up to"),
        help_text=_(
            "SEV 0 to 2 pause the program at once. What it states above this is taken for this."
        ),
        coerce=lambda value: Sev(int(value)),
        initial=Sev.SEV2.value,
        choices=[(sev.value, sev.label) for sev in Sev],
    )


class IngestForm(PanelForm):
    """A key with which records that come in are checked by their stamps."""

    at = "ingest"

    label = forms.CharField(
        label=_("Name of the place"),
        help_text=_("Where records come in, such as Upload service."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
