"""What responders send about what an incident exposed."""

from dataclasses import fields, replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import exposures, meanwhile
from incidents.exposures import Said
from incidents.forms.fields import MomentField
from incidents.models import Accessed, Audience, Evidence, Exposure, Incident, Whose
from programs.fields import PeopleField
from programs.forms import PanelForm
from programs.models import Category, Dataset


class ExposureForm(PanelForm):
    """All that is known of one exposure. Nothing but a name for the data is needed."""

    at = "exposure"

    dataset: Any = forms.ModelChoiceField(
        label=_("Which dataset?"),
        queryset=Dataset.objects.none(),
        required=False,
        empty_label=_("None of these, or I do not know"),
    )
    what = forms.CharField(
        label=_("What was exposed, in words?"),
        help_text=_(
            "Needed where no dataset is chosen. Not where it lies: that has its own field."
        ),
        required=False,
        max_length=exposures.LONGEST_WHAT,
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of data"),
        required=False,
        choices=Category,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--wide"}),
    )
    whose = forms.ChoiceField(label=_("Whose are they?"), choices=Whose, initial=Whose.UNKNOWN)
    people_min = PeopleField(label=_("How many people: at least"), required=False)
    people_known = PeopleField(label=_("As far as known"), required=False)
    people_max = PeopleField(label=_("At most"), required=False)
    declared_audience = forms.CharField(
        label=_("Who was meant to read them?"),
        required=False,
        max_length=exposures.LONGEST_AUDIENCE,
    )
    effective_audience = forms.ChoiceField(
        label=_("Who could read them?"), choices=Audience, initial=Audience.UNKNOWN
    )
    since = MomentField(label=_("Exposed from"), required=False)
    since_is_estimate = forms.BooleanField(label=_("That is an estimate"), required=False)
    until = MomentField(
        label=_("Closed at"), help_text=_("Empty while it is open."), required=False
    )
    until_is_estimate = forms.BooleanField(label=_("That is an estimate"), required=False)
    accessed = forms.ChoiceField(
        label=_("Did anybody read them?"), choices=Accessed, initial=Accessed.UNKNOWN
    )
    accessed_source = forms.CharField(
        label=_("How is that known?"),
        help_text=_("Which logs, from when to when."),
        required=False,
        max_length=exposures.LONGEST_SOURCE,
    )
    files: Any = forms.ModelMultipleChoiceField(
        label=_("Evidence"),
        queryset=Evidence.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    location = forms.CharField(
        label=_("Where do they lie?"),
        help_text=_(
            "The path or address. Until the fix is verified only those who run the incident, and"
            " you, read it."
        ),
        required=False,
        max_length=exposures.LONGEST_LOCATION,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        program = incident.program
        datasets: Any = self.fields["dataset"]
        datasets.queryset = program.datasets.all() if program else Dataset.objects.none()
        files: Any = self.fields["files"]
        files.queryset = incident.evidence.all()
        files.label_from_instance = lambda row: row.name
        if not incident.evidence.exists():
            del self.fields["files"]
        for field in self.fields.values():
            # Unknown is an answer everywhere, and "(optional)" on each would be noise.
            field.has_unknown = True  # type: ignore[attr-defined]

    def said(self) -> Said:
        names = [field.name for field in fields(Said)]
        told = {name: value for name, value in self.cleaned_data.items() if name in names}
        told["kinds"] = tuple(told["kinds"])
        told["files"] = tuple(row.pk for row in told.get("files", ()))
        return Said(**told)


class CorrectExposureForm(ExposureForm):
    """As it is known now, and why it is corrected; with the version that was open."""

    based_on = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why is it corrected?"),
        help_text=_("Stands on the timeline and in the history. The old values stay readable."),
        max_length=exposures.LONGEST_REASON,
    )

    def __init__(self, *args: Any, exposure: Exposure, says_location: bool, **kwargs: Any) -> None:
        """Show an exposure; or take what was sent by who had read it so."""
        self.read = exposures.said_of(exposure)
        super().__init__(*args, initial=_initial(self.read), **kwargs)
        if not self.is_bound:
            self.initial["based_on"] = meanwhile.version_of(exposure)
        datasets: Any = self.fields["dataset"]
        if exposure.dataset:
            datasets.queryset |= Dataset.objects.filter(pk=exposure.dataset.pk)
        self.fields["reason"].has_unknown = False  # type: ignore[attr-defined]
        if not says_location:
            self.initial["location"] = ""
            # What they name all the same, as nobody had when they began, is refused and not lost.
            if not self.data.get("location"):
                del self.fields["location"]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name in ("since", "until"):
            moment, before = said.get(name), getattr(self.read, name)
            # A browser sends minutes; what was not touched is not taken for a change.
            if moment and before and moment == before.replace(second=0, microsecond=0):
                said[name] = before
        return said

    def said(self) -> Said:
        said = super().said()
        return said if "location" in self.changed_data else replace(said, location=None)

    def show_anew(self, said: Said, read: Said) -> "CorrectExposureForm":
        """Add what somebody wanted otherwise than they had read it to what is known by now."""
        wanted, was = _initial(said), _initial(read)
        if said.location is None:
            del wanted["location"]
        self.initial.update({n: value for n, value in wanted.items() if value != was[n]})
        return self


def _initial(said: Said) -> dict[str, Any]:
    return meanwhile.parts(said) | {"kinds": sorted(said.kinds), "files": sorted(said.files)}


class VerifyForm(PanelForm):
    """How it was checked that the fix holds."""

    at = "verify"

    how = forms.CharField(
        label=_("How was it checked?"),
        help_text=_("Such as: opened as somebody outside of the team; refused."),
        max_length=exposures.LONGEST_REASON,
    )
