"""What people may send about updates for stakeholders. The domain says what may be done."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.naming import person_named, team_name
from incidents.forms.fields import MomentField
from notifications import broadcasts, stakeholders
from notifications.models import Broadcast, Stakeholder
from programs.forms import PanelForm


class BroadcastForm(PanelForm):
    """An update, and whom it is for."""

    at = "broadcast"

    subject = forms.CharField(label=_("Subject"), max_length=broadcasts.LONGEST_SUBJECT)
    text = forms.CharField(
        label=_("Text"),
        max_length=broadcasts.LONGEST_TEXT,
        help_text=_("Its readers need not be let in to the incident. Mail is read by others, too."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    people = forms.CharField(
        label=_("People"),
        required=False,
        help_text=_("A user name or e-mail address on each line."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )
    stakeholders = forms.ModelMultipleChoiceField(
        label=_("Outside"),
        queryset=Stakeholder.objects.none(),
        required=False,
        help_text=_("Operators keep the list."),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )
    subscribers = forms.BooleanField(
        label=_("Whoever subscribed to updates of the program, and may see the incident"),
        required=False,
    )
    send_at = MomentField(label=_("Not before"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["teams"]
        teams.queryset = Group.objects.order_by("name")
        teams.label_from_instance = team_name
        listed: Any = self.fields["stakeholders"]
        listed.queryset = stakeholders.listed()
        if not listed.queryset.exists():
            listed.help_text = _("Nobody is on the list yet. Operators keep it.")

    def clean_people(self) -> list[User]:
        found, unknown = [], []
        named = list(filter(None, map(str.strip, self.cleaned_data["people"].splitlines())))
        if len(named) > broadcasts.MOST_NAMED:
            # Each is looked up.
            said = _("At most %(n)s; name a team instead.")
            raise forms.ValidationError(said % {"n": broadcasts.MOST_NAMED})
        for who in named:
            person = person_named(who)
            if person:
                found.append(person)
            else:
                unknown.append(who[:60])
        if unknown:
            said = _("Nobody has this user name or e-mail address: %(who)s.")
            raise forms.ValidationError(said % {"who": ", ".join(unknown[:5])})
        return found

    def said(self) -> broadcasts.Said:
        """Call it once the form is valid."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return broadcasts.Said(**given)


class DecideForm(PanelForm):
    at = "decide"

    version = forms.IntegerField(widget=forms.HiddenInput)
    words = forms.CharField(
        label=_("What to change, if you return it"),
        required=False,
        max_length=broadcasts.LONGEST_WORDS,
    )


class StakeholderForm(PanelForm):
    """Somebody outside who may be told."""

    at = "stakeholder"

    name = forms.CharField(
        label=_("Name"),
        max_length=stakeholders.LONGEST_NAME,
        help_text=_("Such as Works council. Responders choose by it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("Kept encrypted, and shown as a hint."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def given(row: Broadcast) -> dict[str, Any]:
    """Return what a form shows of an update at first."""
    people = User.objects.filter(pk__in=row.people).order_by("username")
    return {
        "subject": row.subject,
        "text": row.text,
        "people": "\n".join(_names(list(people))),
        "teams": row.teams,
        "stakeholders": row.stakeholders,
        "subscribers": row.subscribers,
        "send_at": row.send_at,
        "version": row.version,
    }


def _names(people: list[User]) -> Iterator[str]:
    yield from (person.username for person in people)
