"""Filters of a word or two: of a story, of the clocks and the action items of all incidents."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from incidents.models import ActionItem, Obligation, TimelineEntry

OWED, OVERDUE, ALL, DRILLS = "owed", "overdue", "all", "drills"


class ClocksForm(AddressForm):
    which = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            (OWED, _("Still owed")),
            (OVERDUE, _("Overdue")),
            *Obligation.State.choices,
            (ALL, _("All")),
            (DRILLS, _("Of drills")),
        ],
    )

    def wanted(self) -> str:
        """Which are asked for; those still owed if none are, or what makes no sense."""
        which: str = self.allowed().get("which") or OWED
        return which


class ItemsForm(AddressForm):
    mine = forms.BooleanField(label=_("Mine"), required=False)
    overdue = forms.BooleanField(label=_("Overdue"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Not settled")), *ActionItem.State.choices],
    )


class StoryForm(AddressForm):
    """Which entries of a story are shown, and of whom it is asked why they see the incident."""

    beside = ("shown", "older", "all")

    kind = forms.MultipleChoiceField(
        label=_("Kind"), required=False, choices=TimelineEntry.Kind.choices
    )
    why = forms.CharField(label=_("User name or e-mail address"), required=False, max_length=254)


class FindForm(AddressForm):
    """What somebody looks for; however long, since only its beginning is."""

    q = forms.CharField(label=_("Incident, program, person or what to do"), required=False)


class VerisForm(AddressForm):
    texts = forms.BooleanField(label=_("With what people wrote"), required=False)
