"""What a person may say about themselves."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import naming
from accounts.models import Theme, User


def _zones() -> list[tuple[str, str]]:
    named = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
    house = _("As the organisation: %(zone)s") % {"zone": settings.HOUSE_ZONE.replace("_", " ")}
    return [("", house), ("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in named)]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=_zones,
        required=False,
        help_text=_("Times are shown in this zone, with UTC beside them."),
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme, widget=forms.RadioSelect)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "zone", "theme", "shortcuts"]
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "shortcuts": _("Single-key shortcuts, such as R for a report"),
        }
        help_texts = {"shortcuts": _("Switch them off if you dictate or use a switch device.")}

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name in ("first_name", "last_name"):
            if wrong := naming.why_not_a_name(said.get(name, "")):
                self.add_error(name, wrong)
        return said
