"""What people may say about a saved view."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.naming import team_name
from incidents.models.saved import LONGEST_NAME
from programs.forms import PanelForm


class _TeamField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return team_name(obj)


class SavedViewForm(PanelForm):
    at = "view"

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    team = _TeamField(
        label=_("For"),
        help_text=_("A team gets the filter, not what you may see: each sees their own."),
        queryset=None,
        required=False,
        empty_label=_("Only me"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = user.groups.order_by("name")  # type: ignore[attr-defined]
        # "(optional)" beside "Only me" would be noise.
        self.fields["team"].has_unknown = True  # type: ignore[attr-defined]
