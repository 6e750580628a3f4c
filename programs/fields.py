"""Fields that forms of several apps share."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from severity.facts import MOST_PEOPLE


class PeopleField(forms.IntegerField):
    """A number of people. One that cannot be is refused with what is allowed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "min_value": 0, "max_value": MOST_PEOPLE})

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError as wrong:
            if value in self.empty_values:
                raise
            said = _("A whole number from 0 to %(most)s; more people do not live.")
            raise ValidationError(said % {"most": f"{MOST_PEOPLE:,}"}) from wrong
