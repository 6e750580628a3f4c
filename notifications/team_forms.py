"""What operators may send about teams; the domain checks it again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.naming import person_named
from audit.teams import LONGEST_NAME

_UNGUESSED = {"autocomplete": "off", "spellcheck": "false"}


class TeamForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("Such as Application security. Cannot be changed later."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs=_UNGUESSED),
    )


class MemberForm(forms.Form):
    person = forms.CharField(
        label=_("Person"),
        help_text=_("User name or e-mail address."),
        max_length=254,
        widget=forms.TextInput(attrs=_UNGUESSED),
    )

    def clean_person(self) -> User:
        """The active person of this name."""
        person = person_named(self.cleaned_data["person"])
        if person is None:
            raise forms.ValidationError(_("Nobody has this user name or e-mail address."))
        return person


class LeaverForm(forms.Form):
    # Who was deactivated is taken out as well.
    person = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.all())
