"""What people may send about what they want to hear of, and when. The domain says the rest."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications import digests
from notifications.models import DigestPlan, News, Subscription
from notifications.subscribing import Wish
from programs import access as program_access
from programs.forms import PanelForm
from programs.models import Program


class SubscriptionForm(PanelForm):
    """What one subscription is about."""

    at = "subscription"

    program = forms.ModelChoiceField(
        label=_("Program"),
        queryset=Program.objects.none(),
        required=False,
        empty_label=_("All that I may see"),
    )
    mildest = forms.TypedChoiceField(
        label=_("Level"),
        coerce=int,
        initial=5,
        choices=[(5, _("All levels")), *((n, f"SEV 0 – {n}" if n else "SEV 0") for n in range(5))],
        help_text=_("That a program is paused has no level, and is always told."),
    )
    about = forms.MultipleChoiceField(
        label=_("Tell me when"),
        choices=News,
        initial=News.values,
        widget=forms.CheckboxSelectMultiple,
    )

    ways = forms.MultipleChoiceField(
        label=_("How"),
        choices=[("at_once", _("By e-mail, at once")), ("in_digest", _("In my digest"))],
        initial=["at_once"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = self.fields["program"]
        assert isinstance(programs, forms.ModelChoiceField)
        programs.queryset = program_access.visible_to(reader).order_by("name")

    def wish(self) -> Wish:
        """Call it once the form is valid."""
        said = self.cleaned_data
        return Wish(
            about=said["about"],
            program=said["program"],
            mildest=said["mildest"],
            at_once="at_once" in said["ways"],
            in_digest="in_digest" in said["ways"],
        )


def given(subscription: Subscription) -> dict[str, Any]:
    """Return what a form shows of a subscription at first."""
    return {
        "program": subscription.program_id,
        "mildest": subscription.mildest,
        "about": subscription.about,
        "ways": [name for name in ("at_once", "in_digest") if getattr(subscription, name)],
    }


class DigestForm(PanelForm):
    """When the reader gets the digest."""

    at = "digest"

    rhythm = forms.ChoiceField(label=_("Send it"), choices=DigestPlan.Rhythm)
    weekday = forms.TypedChoiceField(label=_("Each week on"), coerce=int, choices=WEEKDAYS)
    hour = forms.TypedChoiceField(
        label=_("At"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)]
    )
    skips_empty = forms.BooleanField(label=_("None when nothing happened"), required=False)

    def wish(self) -> digests.Wish:
        """Call it once the form is valid."""
        said = self.cleaned_data
        return digests.Wish(said["rhythm"], said["hour"], said["weekday"], said["skips_empty"])


def planned(plan: DigestPlan | None) -> dict[str, Any]:
    """Return what a form shows of a plan at first; without one that nothing is sent."""
    if plan is None:
        return asdict(digests.Wish(DigestPlan.Rhythm.OFF))
    fields = ("rhythm", "hour", "weekday", "skips_empty")
    return {name: getattr(plan, name) for name in fields}
