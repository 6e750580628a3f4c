"""What is sent about who responds for a program, and who runs it beside its owner."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from accounts.models import User
from accounts.naming import person_named, team_name
from programs.breadth import LONGEST_REASON, Responder
from programs.forms import PanelForm


class ResponderForm(PanelForm):
    at = "responder"

    person = forms.CharField(
        label=_l("Person"),
        help_text=_l("User name or e-mail address."),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    team = forms.ModelChoiceField(
        label=_l("Or a team"), queryset=Group.objects.none(), required=False, empty_label="–"
    )
    reason = forms.CharField(label=_l("Reason"), max_length=LONGEST_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team: Any = self.fields["team"]
        team.queryset = Group.objects.order_by("name")
        team.label_from_instance = team_name

    def clean_person(self) -> User | None:
        who = self.cleaned_data["person"].strip()
        person = person_named(who) if who else None
        if who and person is None:
            raise forms.ValidationError(_("Nobody has this user name or e-mail address."))
        return person

    def responder(self) -> Responder:
        return Responder(self.cleaned_data["person"], self.cleaned_data["team"])


class RunnerForm(PanelForm):
    at = "runner"

    person = forms.CharField(
        label=_l("Person"),
        help_text=_l("User name or e-mail address."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(label=_l("Reason"), max_length=LONGEST_REASON)

    clean_person = ResponderForm.clean_person


class EndRunnerForm(PanelForm):
    """Who runs it no more: somebody of the list, by their key."""

    at = "end-runner"

    who = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(label=_l("Reason"), max_length=LONGEST_REASON)


class EndForm(PanelForm):
    """Who responds no more: somebody of the list, by `person:3` or `team:4`."""

    at = "end"

    who = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(label=_l("Reason"), max_length=LONGEST_REASON)


class BreadthForm(PanelForm):
    at = "breadth"

    responders_read = forms.TypedChoiceField(
        label=_l("Its responders read its incidents"),
        help_text=_l(
            "New ones of SEV 2 to 5, unless somebody restricts one. What is open already stays as"
            " it is. If they no longer do, those that were open to them are restricted."
        ),
        choices=[("yes", _l("Yes")), ("no", _l("No: each is let in by name"))],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_l("Reason"), max_length=LONGEST_REASON)
