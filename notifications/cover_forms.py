"""What people may send to take over shifts and to swap them; the domain checks it again."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.forms.fields import MomentField
from notifications import covers
from notifications.covers import Cover
from programs.forms import PanelForm


class ShiftForm(PanelForm):
    """Who is to have a shift, from when to when."""

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by_key = {str(person.pk): person for person in people}
        field: Any = self.fields["person"]
        named = [(key, person.name) for key, person in self._by_key.items()]
        field.choices = [("", "–"), *named]

    person = forms.ChoiceField(label=_("Person"))
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=covers.LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def said(self) -> Cover:
        """Call it once the form is valid."""
        said = self.cleaned_data
        person = self._by_key[said["person"]]
        return Cover(person, said["ends_at"], said["reason"], said["starts_at"])


class CoverForm(ShiftForm):
    """Somebody is on call for a while in place of whoever would be."""

    at = "cover"

    person = forms.ChoiceField(label=_("Who is on call instead"))
    starts_at = MomentField(label=_("From"), help_text=_("Empty: from now on."), required=False)


class SwapForm(ShiftForm):
    """A colleague is asked to take a shift of the reader's."""

    at = "swap"

    person = forms.ChoiceField(label=_("Whom you ask"))
    back_starts_at = MomentField(
        label=_("In return you take theirs, from"),
        help_text=_("Empty: you ask for nothing in return."),
        required=False,
    )
    back_ends_at = MomentField(label=_("In return, until"), required=False)
    reason = forms.CharField(
        label=_("What you say to them"),
        required=False,
        max_length=covers.LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    field_order = ("person", "starts_at", "ends_at", "back_starts_at", "back_ends_at", "reason")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for field, other in (
            ("back_starts_at", "back_ends_at"),
            ("back_ends_at", "back_starts_at"),
        ):
            if said.get(other) and not said.get(field) and field not in self.errors:
                self.add_error(field, _("Say from when and until when, or leave both empty."))
        return said

    def back(self) -> tuple[datetime, datetime] | None:
        """Call it once the form is valid: the shift that the asker takes in return."""
        said = self.cleaned_data
        return (said["back_starts_at"], said["back_ends_at"]) if said["back_ends_at"] else None
