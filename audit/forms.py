"""What people may send about the tokens with which programs act for them, and of the record."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.models import Scope
from audit.credentials import LONGEST_LABEL


class StreamForm(AddressForm):
    """Which streams are shown; however long, since only its beginning is looked for."""

    stream = forms.CharField(label=_("Begins with"), required=False)


class TokenForm(forms.Form):
    """A token of one's own. Offers what its owner may use; the domain checks it again."""

    label = forms.CharField(
        label=_("What it is for"),
        help_text=_("Such as Nightly scan. Stands in the record."),
        max_length=LONGEST_LABEL,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.TypedMultipleChoiceField(
        label=_("What it may do"),
        help_text=_("Never more than you may yourself."),
        coerce=Scope,
        widget=forms.CheckboxSelectMultiple,
    )
    programs = forms.CharField(
        label=_("Only for these programs"),
        help_text=_("Their short names, separated by spaces. Leave it empty for all that you may."),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    days = forms.TypedChoiceField(
        label=_("Good for"),
        coerce=int,
        initial=30,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days"))],
    )

    def __init__(self, *args: Any, scopes: list[Scope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(one.value, one.label) for one in scopes]  # type: ignore[attr-defined]
