"""Fields that several forms share."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programs.models import Program


class MomentField(forms.DateTimeField):
    """A moment in the reader's time zone, which the hint names."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        bound = super().get_bound_field(form, field_name)
        zone = _("In your time zone, %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        bound.help_text = f"{bound.help_text} {zone}".strip()
        return bound


class ProgramField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the programs that the person may know of, or "I do not know". Sent by slug."""

    has_unknown = True

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "queryset": Program.objects.none(),
            "to_field_name": "slug",
            "required": False,
            "empty_label": gettext_lazy("I do not know"),
        }
        super().__init__(**(defaults | kwargs))
