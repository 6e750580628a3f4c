"""What people send about second ratings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.models import User
from accounts.naming import person_named
from incidents import ratings
from programs.forms import PanelForm


class AskForRatingForm(PanelForm):
    at = "rating"

    rater = forms.CharField(
        label=_("Who rates it?"),
        help_text=_(
            "User name or e-mail address of somebody who may not read this incident. Empty asks"
            " whoever volunteers."
        ),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    brief = forms.CharField(
        label=_("What must they know?"),
        help_text=_(
            "They read the report, the program and what was exposed, not the story. Name no level."
        ),
        required=False,
        max_length=ratings.LONGEST_BRIEF,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_rater(self) -> User | None:
        who = self.cleaned_data["rater"].strip()
        person = person_named(who) if who else None
        if who and person is None:
            raise forms.ValidationError(_("Nobody has this user name or e-mail address."))
        return person


class DeclineForm(PanelForm):
    at = "decline"

    reason = forms.CharField(label=_("Why?"), max_length=ratings.LONGEST_REASON)


class PeriodForm(AddressForm):
    """Which ratings are looked at, in the address."""

    months: Any = forms.TypedChoiceField(
        label=_("Rated in the last"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            ("", _("All the time")),
            (3, _("3 months")),
            (6, _("6 months")),
            (12, _("12 months")),
            (24, _("24 months")),
        ],
    )
