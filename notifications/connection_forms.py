"""What operators may send about accounts at services. The domain checks it again."""

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


class ConnectionForm(SecretsForm):
    kind = forms.ChoiceField(label=_("Service"), choices=Connection.Kind.choices)
    name = forms.CharField(
        label=_("What you call it"), max_length=60, help_text=_("Such as Data response.")
    )

    field_order = ["kind", "name", "secrets"]


class CounterpartForm(forms.Form):
    person = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())
    remote = forms.CharField(
        label=_("Id of their account there"),
        max_length=40,
        help_text=_("The last part of the address of their page, such as PLH1HKV."),
        widget=forms.TextInput(attrs=_UNGUESSED),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_active=True).order_by("username")
        field.label_from_instance = lambda person: person.name  # type: ignore[method-assign]
