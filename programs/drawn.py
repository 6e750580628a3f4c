"""Fields of forms that nobody has filled in, drawn once. A page of an incident has three dozen.

What is drawn is kept in this process under all that it was drawn from, the choices included, so
that whoever may choose less is never shown what another may.
"""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

_MOST = 2_000
# What somebody wrote is not kept; a choice that is made beforehand is a word.
_LONGEST = 40
_kept: dict[tuple[Any, ...], SafeString] = {}


class DrawnField(forms.BoundField):
    """A field of a form that is drawn anew only if it would look otherwise than before."""

    def as_field_group(self) -> SafeString:
        key = self._key()
        if key is None:
            return super().as_field_group()
        if key not in _kept:
            if len(_kept) >= _MOST:
                _kept.clear()
            _kept[key] = super().as_field_group()
        return _kept[key]

    def _key(self) -> tuple[Any, ...] | None:
        """All that the picture depends on; None if it is not kept."""
        field, value = self.field, self.value()
        usual = value is None or isinstance(value, bool | int | str)
        # To read the rows of a choice from the database costs more than to draw it.
        if self.form.is_bound or isinstance(field, forms.ModelChoiceField) or not usual:
            return None
        if len(str(value)) > _LONGEST:
            return None
        widget = field.widget
        return (
            type(self.form),
            *(self.html_name, self.auto_id, str(self.label), str(self.help_text), repr(value)),
            *(field.required, getattr(field, "has_unknown", False), field.disabled),
            *(type(widget), str(sorted(widget.attrs.items(), key=str)), _choices(widget)),
            *(get_language(), timezone.get_current_timezone_name()),
        )


def _choices(widget: forms.Widget) -> str:
    # Of the widget: that of a field without choices may have some all the same.
    return str([(value, str(label)) for value, label in getattr(widget, "choices", ())])
