"""What operators may send about people; the domain checks it again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.functions import Function
from accounts.models import User
from audit.people import LONGEST_REASON
from notifications.roster import STATES, Wanted

_UNGUESSED = {"autocomplete": "off", "spellcheck": "false"}


class PeopleForm(AddressForm):
    """The filter of the list. It lives in the query string."""

    q = forms.CharField(
        label=_("Name or e-mail"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    function = forms.ChoiceField(
        label=_("Function"), required=False, choices=[("", _("All")), *Function.choices]
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((name, label) for name, (label, _q) in STATES.items())],
    )

    def wanted(self) -> Wanted:
        """What is asked for. A part that makes no sense is left out, and the form says which."""
        said = self.allowed()
        return Wanted(said.get("q", ""), said.get("function", ""), said.get("state", ""))


class FunctionsForm(forms.Form):
    functions = forms.TypedMultipleChoiceField(
        label=_("Functions"),
        help_text=_("Those not ticked are taken away. Without any, a person reports."),
        required=False,
        coerce=Function,
        choices=Function.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class InviteForm(FunctionsForm):
    username = forms.CharField(
        label=_("User name"),
        help_text=_("Letters, digits and @ . + - _ only. Cannot be changed later."),
        max_length=150,
        widget=forms.TextInput(attrs=_UNGUESSED),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("The invitation goes there, and pages, until they add a contact method."),
        max_length=254,
        widget=forms.EmailInput(attrs=_UNGUESSED),
    )
    first_name = forms.CharField(
        label=_("First name"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs=_UNGUESSED),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs=_UNGUESSED),
    )
    field_order = ("first_name", "last_name", "username", "email", "functions")


class DeactivateForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Stands in the record."),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def functions_of(person: User) -> dict[str, list[str]]:
    """Return what a form about a person's functions holds before anything is ticked."""
    return {"functions": [function.value for function in person.functions]}
