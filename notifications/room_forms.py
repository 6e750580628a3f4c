"""What operators may send about rooms. The domain checks it again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.addresses import LONGEST
from notifications.models import EscalationPolicy, Method
from notifications.rooms import METHODS, MOST_STEPS, Terms
from programs.models import Program

# A channel is told by many names; here it is no person's.
_WAYS = [(method.value, method.label) for method in Method if method in METHODS]


class RoomForm(forms.Form):
    name = forms.CharField(
        label=_("What you call it"), max_length=60, help_text=_("Such as #data-response.")
    )
    method = forms.ChoiceField(label=_("How"), choices=_WAYS)
    address = forms.CharField(
        label=_("Address"),
        max_length=LONGEST,
        help_text=_(
            "Of Slack by the bot, the channel ID, such as C012AB3CD; an incoming webhook of Slack; "
            "the webhook of a workflow of Teams; an integration key of PagerDuty; or where to post "
            "signed pages, such as https://host/path."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    program = forms.ModelChoiceField(
        label=_("Of which program"),
        queryset=Program.objects.none(),
        required=False,
        empty_label=_("All"),
    )
    policy = forms.ModelChoiceField(
        label=_("Of which policy"),
        queryset=EscalationPolicy.objects.none(),
        required=False,
        empty_label=_("All"),
    )
    step = forms.IntegerField(
        label=_("With which step"),
        min_value=1,
        max_value=MOST_STEPS,
        initial=1,
        help_text=_("1 is told at once."),
    )
    mildest = forms.TypedChoiceField(
        label=_("Tell it of"),
        coerce=int,
        initial=5,
        choices=[(5, _("All levels")), *((n, f"SEV 0 – {n}" if n else "SEV 0") for n in range(5))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        program: Any = self.fields["program"]
        program.queryset = Program.objects.order_by("name")
        program.label_from_instance = lambda row: row.name
        policy: Any = self.fields["policy"]
        policy.queryset = EscalationPolicy.objects.filter(active=True).order_by("name")

    def terms(self) -> Terms:
        """Call it once the form is valid."""
        said = self.cleaned_data
        return Terms(said["step"], said["mildest"], said["program"], said["policy"])
