"""What people may send about how they are reached. Forms check the shape; the domain, the rest."""

from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.addresses import LONGEST
from notifications.contacts import Terms
from notifications.models import Method

# What a person gives an address for here; other methods have pages of their own.
OFFERED = (
    Method.EMAIL,
    Method.SLACKBOT,
    Method.SLACK,
    Method.TEAMS,
    Method.PAGERDUTY,
    Method.APPRISE,
    Method.WEBHOOK,
)


def _clock(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


class TermsForm(forms.Form):
    """When a method is used."""

    label = forms.CharField(
        label=_("What you call it"), required=False, max_length=60, help_text=_("Such as At work.")
    )
    mildest = forms.TypedChoiceField(
        label=_("Use it for"),
        coerce=int,
        initial=5,
        choices=[(5, _("All levels")), *((n, f"SEV 0 – {n}" if n else "SEV 0") for n in range(5))],
    )
    quiet_from = _clock(_("Quiet from"))
    quiet_until = _clock(_("Quiet until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = gettext("In your time zone, %(zone)s.") % {"zone": get_current_timezone_name()}
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].help_text = zone

    def terms(self) -> Terms:
        """Call it once the form is valid."""
        said = self.cleaned_data
        return Terms(
            label=said["label"],
            mildest=said["mildest"],
            quiet_from=said["quiet_from"],
            quiet_until=said["quiet_until"],
        )


class AddForm(TermsForm):
    """Another way to be reached."""

    method = forms.ChoiceField(
        label=_("How"), choices=[(method.value, method.label) for method in OFFERED]
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=LONGEST,
        help_text=_(
            "An e-mail address; your member ID in Slack, such as U012AB3CD; an incoming webhook of "
            "Slack; the webhook of a workflow of Teams; an integration key of PagerDuty; of other "
            "services what Apprise writes, such as "
            "twilio://…; or where to post signed pages, such as https://host/path."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    field_order = ["method", "address", "label", "mildest", "quiet_from", "quiet_until"]


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
