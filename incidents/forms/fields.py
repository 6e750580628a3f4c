"""Fields that several forms share."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
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


FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


class DayField(forms.DateField):
    """A day that can be reckoned with in every time zone."""

    widget = forms.DateInput(attrs={"type": "date"})
    default_error_messages = {"invalid": gettext_lazy("Enter a valid date, such as 2026-11-30.")}

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day and not FIRST_DAY <= day <= LAST_DAY:
            said = _("A day from %(first)s to %(last)s.")
            raise ValidationError(said % {"first": FIRST_DAY, "last": LAST_DAY})
        return day


class PlaceField(forms.IntegerField):
    """Before which row of a long list a page begins; a link of the page before says it."""

    widget = forms.HiddenInput
    most = 2**63 - 1

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Where the page begins"),
            required=False,
            min_value=1,
            max_value=self.most,
        )

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError as wrong:
            said = _("A whole number from 1 to %(most)s, as the link to older ones has it.")
            raise ValidationError(said % {"most": self.most}) from wrong


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
