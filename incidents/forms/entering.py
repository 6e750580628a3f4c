"""What people send who are not let in yet, and who looks at how they came in."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.grants import LONGEST_REASON
from incidents.models import AccessGrant
from programs.forms import PanelForm

_REF = re.compile(r"\s*(?:inc-)?([1-9][0-9]{0,8})\s*", re.IGNORECASE)


def numbered(text: str) -> int:
    """Return the number of an incident, as people write it.

    Raises:
        ValidationError: if it is none.
    """
    found = _REF.fullmatch(text)
    if not found:
        raise forms.ValidationError(_("A number, such as INC-17."))
    return int(found[1])


class NumberForm(PanelForm):
    """An incident by its number, and why."""

    at = "ask"

    number = forms.CharField(
        label=_("Which incident?"),
        help_text=_("Its number, such as INC-17."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("What do you need it for?"),
        help_text=_("Whoever can let you in reads this. Do not paste the exposed data."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_number(self) -> int:
        return numbered(self.cleaned_data["number"])


class GlassForm(NumberForm):
    at = "glass"

    reason = forms.CharField(
        label=_("What must you see, and why now?"),
        help_text=_(
            "At least 20 characters. The commander, privacy officers and auditors read this."
        ),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReviewForm(PanelForm):
    at = "review"

    justified = forms.ChoiceField(
        label=_("Was it right?"), choices=[("yes", _("Justified")), ("no", _("Not justified"))]
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=LONGEST_REASON)


class AnswerForm(PanelForm):
    at = "access"

    level = forms.ChoiceField(label=_("May"), choices=AccessGrant.Level)
    answer = forms.ChoiceField(choices=[("admit", "admit"), ("decline", "decline")])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("answer") == "decline":
            # Nobody is let in, so it does not matter to what.
            self.errors.pop("level", None)
        return said
