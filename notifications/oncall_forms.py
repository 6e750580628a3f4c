"""What people may send about rotas. Forms check the shape; rotas.py and turns.py, the rest."""

import zoneinfo
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications import oncall, rotas
from notifications.models import Rota, RotaLayer
from notifications.rotation import Hours
from notifications.turns import Terms
from programs.forms import PanelForm

# As many places as the page has; a layer may have more.
PLACES = range(1, 11)


def _zones() -> list[tuple[str, str]]:
    named = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in named)]


def _clock(label: Any, **options: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, input_formats=["%H:%M"], **options)


class RotaForm(PanelForm):
    """A new rota, which belongs to whoever makes it."""

    at = "rota"

    name = forms.CharField(
        label=_("Name"),
        max_length=rotas.LONGEST_NAME,
        help_text=_("Such as Data response. Calendars outside show it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    about = forms.CharField(
        label=_("What it is for"), max_length=rotas.LONGEST_ABOUT, required=False
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    within_hours = forms.BooleanField(
        label=_("Only at the hours of its layers"),
        help_text=_("For working hours alone. At other times nobody is meant to be on call."),
        required=False,
    )

    def about_it(self, *owners: User) -> rotas.About:
        """Call it once the form is valid."""
        said = self.cleaned_data
        return rotas.About(said["name"], said["zone"], owners, said["about"], said["within_hours"])


class ChangeForm(RotaForm):
    """What a rota is called, and whose it is."""

    owners: Any = forms.ModelMultipleChoiceField(
        label=_("Owners"),
        help_text=_("They change it, and hear of gaps. One to ten people."),
        queryset=None,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--wide"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners: Any = self.fields["owners"]
        owners.queryset = rotas.who_may_be_on_call()
        owners.label_from_instance = lambda row: row.name

    def changed(self) -> rotas.About:
        """Call it once the form is valid."""
        return self.about_it(*self.cleaned_data["owners"])


class LayerForm(PanelForm):
    """People who take turns in a rota."""

    at = "layer"

    name = forms.CharField(
        label=_("Name"),
        max_length=rotas.LONGEST_NAME,
        help_text=_("Such as First line."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    rank = forms.IntegerField(
        label=_("Rank"),
        help_text=_("From 1 to 100. The higher layer counts; a lower one fills what it leaves."),
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    every = forms.IntegerField(label=_("A turn lasts"), initial=1)
    unit = forms.ChoiceField(
        label=_("Unit"), choices=RotaLayer.Unit, initial=RotaLayer.Unit.WEEKS.value
    )
    weekday = forms.TypedChoiceField(
        label=_("Turns of weeks change on"),
        coerce=int,
        empty_value=None,
        required=False,
        initial=0,
        choices=WEEKDAYS,
    )
    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    handover = _clock(_("Handover at"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Counts on"),
        help_text=_("No day: always."),
        coerce=int,
        required=False,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    opens = _clock(_("From"), required=False)
    closes = _clock(
        _("Until"), required=False, help_text=_("Not after the start: on the next day.")
    )

    def __init__(self, *args: Any, rota: Rota, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].initial = rota.zone
        there = list(rotas.who_may_be_on_call())
        self._by_key = {str(person.pk): person for person in there}
        choices = [("", "–"), *((key, person.name) for key, person in self._by_key.items())]
        for place in PLACES:
            self.fields[f"person_{place}"] = forms.ChoiceField(
                label=_("Person %(place)s") % {"place": place},
                choices=choices,
                required=place == 1,
            )

    @staticmethod
    def holds(layer: RotaLayer) -> bool:
        """True if a layer has no more people and hours than the form has places."""
        return len(layer.people) <= len(PLACES) and len(layer.hours) <= 1

    @staticmethod
    def of(layer: RotaLayer) -> dict[str, object]:
        """Return what the form holds of a layer that it can hold."""
        fields = ("name", "rank", "zone", "every", "unit", "weekday", "starts_on", "handover")
        found: dict[str, object] = {name: getattr(layer, name) for name in fields}
        found |= {f"person_{place}": pk for place, pk in enumerate(layer.people, 1)}
        for hours in map(oncall.hours_of, layer.hours):
            found |= {"weekdays": sorted(hours.weekdays)}
            found |= {"opens": hours.start, "closes": hours.end}
        return found

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        hours = {"weekdays", "opens", "closes"}
        # 00:00 is no false value of a time.
        given = {name for name in hours if said.get(name) not in (None, [], "")}
        if given and given != hours and not hours & set(self.errors):
            self.add_error(
                "weekdays", _("Say the days, from when and until when; or none of them.")
            )
        return said

    def terms(self) -> Terms:
        """Call it once the form is valid."""
        said = self.cleaned_data
        unit = RotaLayer.Unit(said["unit"])
        days = frozenset(said["weekdays"])
        keys = [said[f"person_{place}"] for place in PLACES]
        return Terms(
            name=said["name"],
            rank=said["rank"],
            zone=said["zone"],
            unit=unit,
            every=said["every"],
            weekday=said["weekday"] if unit == RotaLayer.Unit.WEEKS else None,
            starts_on=said["starts_on"],
            handover=said["handover"],
            people=[self._by_key[key] for key in keys if key],
            hours=[Hours(days, said["opens"], said["closes"])] if days else [],
        )

    def blame(self, sentence: str) -> None:
        name, _colon, words = sentence.partition(": ")
        at = {"people": "person_1", "hours": "weekdays"}.get(name)
        super().blame(f"{at}: {words}" if at else sentence)
