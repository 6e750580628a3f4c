"""What a board on a wall shows."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.forms.leading import PRESETS, USUAL, ScopeForm
from incidents.wallboards import Terms
from severity.ladder import Sev


class WallboardForm(ScopeForm):
    """A name, and what figures are asked for."""

    name = forms.CharField(label=_("Where it hangs"), max_length=80)
    preset = forms.ChoiceField(label=_("Period"), choices=PRESETS[1:], initial=USUAL)
    since, until = None, None  # type: ignore[assignment]
    field_order = ("name", "preset", "program", "worst")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)

    def terms(self) -> Terms:
        said = self.cleaned_data
        worst = said["worst"] if said["worst"] != "" else Sev.SEV5.value
        return Terms(said["name"], said["preset"], said["program"], worst)
