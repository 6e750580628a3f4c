"""What operators may send about accounts at services. The domain checks it again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.models import Connection

_UNGUESSED = {"autocomplete": "off", "spellcheck": "false"}


class SecretsForm(forms.Form):
    secrets = forms.CharField(
        label=_("Signing secrets"),
        max_length=1100,
        help_text=_("One a line, five at most. What is signed with any of them is believed."),
        widget=forms.Textarea(attrs={"rows": 2, **_UNGUESSED}),
    )

    def given(self) -> list[str]:
        """Call it once the form is valid."""
        found: list[str] = self.cleaned_data["secrets"].split()
        return found


class TokenForm(forms.Form):
    token = forms.CharField(
        label=_("Token of the bot"),
        max_length=210,
        help_text=_("It begins with xoxb-."),
        widget=forms.TextInput(attrs=_UNGUESSED),
    )


class ConnectionForm(SecretsForm):
    kind = forms.ChoiceField(label=_("Service"), choices=Connection.Kind.choices)
    name = forms.CharField(
        label=_("What you call it"), max_length=60, help_text=_("Such as Data response.")
    )

    token = forms.CharField(
        label=_("Token of the bot"),
        required=False,
        max_length=210,
        help_text=_("Of Slack alone: it begins with xoxb-."),
        widget=forms.TextInput(attrs=_UNGUESSED),
    )

    field_order = ["kind", "name", "secrets", "token"]


class CounterpartForm(forms.Form):
    person = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())
    remote = forms.CharField(
        label=_("Id of their account there"),
        max_length=40,
        help_text=_("The last part of the address of their page, such as PLH1HKV."),
        widget=forms.TextInput(attrs=_UNGUESSED),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["person"]
        field.queryset = User.objects.filter(is_active=True).order_by("username")
        field.label_from_instance = lambda person: person.name
