"""What every filter in the address of a page does: what it does not know it names.

Passed over in silence, a filter that is misspelt finds everything, which looks like a result.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

_LONGEST_NAME, _MOST_NAMED = 60, 40
# What a browser sends of a box that is ticked, what people write instead, and what is no tick.
_TICKS = ("on", "true", "1", "false", "")


class AddressForm(forms.Form):
    """A filter that lives in the address: all of it may be left out, nothing else may stand there.

    A part that makes no sense is named, with what is allowed; it narrows nothing.
    """

    # What else stands in the address: where in a list the page begins.
    beside: tuple[str, ...] = ("page",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Nothing has to be filled in, and "(optional)" on each would be noise.
            field.has_unknown = True  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        # Only now does each field have its choices: a form sets those that a reader may know of.
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = _none_of(field)
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        strange = [name for name in self.data if name not in (*self.fields, *self.beside)]
        if strange:
            words = _(
                "There is no filter “%(name)s”: nothing is narrowed by it. Known are %(known)s."
            )
            told = {"name": strange[0][:_LONGEST_NAME], "known": ", ".join(self.fields)}
            self.add_error(None, words % told)
        for name, field in self.fields.items():
            ticked = str(self.data.get(name, ""))
            if isinstance(field, forms.BooleanField) and ticked.lower() not in _TICKS:
                words = _("“%(value)s” is no tick: write on, or leave it out.")
                self.add_error(name, words % {"value": ticked[:_LONGEST_NAME]})
        return said

    def allowed(self) -> dict[str, Any]:
        """What is asked for and allowed, by field; a part that makes no sense is left out."""
        self.is_valid()
        said: dict[str, Any] = getattr(self, "cleaned_data", {})
        return said

    def wrong(self) -> str:
        """What is wrong, each part by its name; nothing if all is known.

        For files, and for pages whose own form is another one.
        """
        told = []
        for name, errors in self.errors.items():
            named = f"{self.fields[name].label}: " if name in self.fields else ""
            told += [f"{named}{each}" for each in errors]
        return " ".join(told)


def _none_of(field: forms.ChoiceField) -> str:
    """The sentence on a choice that there is not; its value is filled in later."""
    if isinstance(field, forms.ModelChoiceField):
        return _("“%(value)s” is none of those that you may choose.")
    choices: Any = field.choices
    known = [str(value) for value, _label in choices if value != ""]
    if len(known) > _MOST_NAMED:
        return _("“%(value)s” is none of those that you may choose.")
    # A percent sign in one of them is no place to fill in.
    return _("“%(value)s” is none of") + f" {', '.join(known).replace('%', '%%')}."
