"""What people may send about the controls of a program. Forms check the shape alone."""

from datetime import datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs import evidence
from programs.evidence import Shown
from programs.forms import PanelForm


class AttestForm(PanelForm):
    at = "attest"

    note = forms.CharField(
        label=_("What was done, and what does it show?"),
        required=False,
        max_length=evidence.LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("A PDF, picture, office document, ZIP or plain text, up to 20 MiB."),
        required=False,
    )
    link = forms.CharField(
        label=_("Link"),
        help_text=_("Where the evidence is kept, if not here: https://…"),
        required=False,
        max_length=evidence.LONGEST_LINK,
    )
    as_of = forms.DateField(
        label=_("Evidence of"),
        help_text=_("The day on which it was true, if not today: its time runs from there."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def shown(self) -> Shown:
        """The evidence; the beginning of the day that was named, in the reader's zone."""
        said = self.cleaned_data
        day = said["as_of"]
        as_of = None
        if day and day != timezone.localdate():
            as_of = timezone.make_aware(datetime.combine(day, time.min))
        return Shown(note=said["note"], link=said["link"], file=said["file"], as_of=as_of)


class RejectForm(PanelForm):
    at = "reject"

    reason = forms.CharField(label=_("What is missing?"), max_length=2000)


class RevokeForm(PanelForm):
    at = "revoke"

    reason = forms.CharField(label=_("What has changed?"), max_length=2000)


class WaiverForm(PanelForm):
    at = "waive"

    reason = forms.CharField(
        label=_("Why can it be left aside?"),
        help_text=_("Everybody who sees the program reads it."),
        max_length=2000,
    )
    days = forms.IntegerField(
        label=_("For how many days?"),
        help_text=_("At most 30, from the second yes on."),
        min_value=1,
        max_value=30,
        initial=30,
    )


class WaiverRefusalForm(PanelForm):
    at = "refuse"

    reason = forms.CharField(label=_("Why not?"), max_length=2000)


class DatasetForm(PanelForm):
    at = "dataset"

    name = forms.CharField(label=_("Name"), max_length=120)
    slug = forms.SlugField(
        label=_("Short name"),
        help_text=_("In addresses and for collectors: small letters, digits and dashes."),
        max_length=60,
    )
    store = forms.CharField(
        label=_("Store"),
        help_text=_("Where it lies: the same text on two datasets means the same store."),
        max_length=200,
    )
    declared_audience = forms.CharField(
        label=_("Who is meant to read the data?"), required=False, max_length=200
    )
