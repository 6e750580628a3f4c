"""What responders send from the incident page."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.functions import Function
from accounts.models import User
from accounts.naming import person_named, team_name
from incidents.forms.fields import MomentField, ProgramField
from incidents.models import (
    AccessGrant,
    Audience,
    Incident,
    Role,
    Status,
    StillOpen,
    TimelineEntry,
)
from incidents.timeline import LONGEST
from incidents.weighing import Answered
from programs import access as program_access
from programs.forms import PanelForm
from programs.models import Dataset, State
from severity.ladder import Sev


def _reason(label: Any, *, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class UpdateForm(PanelForm):
    at = "update"

    text = forms.CharField(
        label=_("What is new?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "data-update": ""}),
        error_messages={"required": _("Write what is new.")},
    )
    audience = forms.ChoiceField(
        label=_("For"), choices=TimelineEntry.Audience, initial=TimelineEntry.Audience.RESPONDERS
    )
    occurred_at = MomentField(
        label=_("When it happened"), help_text=_("Empty for now."), required=False
    )
    next_in = forms.TypedChoiceField(
        label=_("Next update"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("Not planned")),
            ("30", _("In 30 minutes")),
            ("60", _("In 1 hour")),
            ("240", _("In 4 hours")),
            ("1440", _("In 24 hours")),
        ],
    )


class CorrectForm(PanelForm):
    at = "correct"

    text = forms.CharField(
        label=_("Corrected text"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5})
    )
    occurred_at = MomentField(label=_("When it happened"))


class StatusForm(PanelForm):
    at = "status"

    to = forms.ChoiceField(label=_("New status"))
    reason = _reason(
        _("Reason"),
        required=False,
        hint=_(
            "Stands on the timeline. Needed to dismiss, to close and to go back. SEV 0 to 2 is"
            " lowered first, before it can be dismissed."
        ),
    )
    exception = _reason(
        _("Signed exception"),
        required=False,
        hint=_("Only where a stop is not proven: why it does not matter. Signed with your name."),
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = [status for status in incident.next_statuses() if _is_possible(status, incident)]
        self.fields["to"].choices = [(s.value, s.label) for s in to]  # type: ignore[attr-defined]
        if Status.CONTAINED not in to:
            del self.fields["exception"]


def _is_possible(status: Status, incident: Incident) -> bool:
    # Nothing names the incident that this one repeats yet, and without it merging is refused.
    return status != Status.MERGED or incident.duplicate_of_id is not None


class LevelForm(PanelForm):
    at = "level"

    level = forms.TypedChoiceField(
        label=_("Set the severity to"),
        coerce=lambda value: Sev(int(value)),
        choices=[(sev.value, sev.label) for sev in Sev],
    )
    reason = _reason(_("Reason"), hint=_("Stands on the timeline."))


class AnswersForm(PanelForm):
    at = "answers"

    program = ProgramField(label=_("Which program?"))
    dataset = forms.ModelChoiceField(
        label=_("Which dataset?"),
        queryset=Dataset.objects.none(),
        required=False,
        empty_label=_("I do not know"),
    )
    audience = forms.ChoiceField(label=_("Who can see it?"), choices=Audience)
    still_open = forms.ChoiceField(label=_("Is it still open?"), choices=StillOpen)

    def __init__(self, *args: Any, incident: Incident, user: User, **kwargs: Any) -> None:
        initial = {
            "program": incident.program.slug if incident.program else "",
            "dataset": incident.dataset_id,
            "audience": incident.audience,
            "still_open": incident.still_open,
        }
        super().__init__(*args, initial=initial, **kwargs)
        alike = program_access.visible_to(user).filter(is_drill=incident.is_drill)
        programs = alike.exclude(state=State.RETIRED).order_by("name")
        self.fields["program"].queryset = programs  # type: ignore[attr-defined]
        dataset: Any = self.fields["dataset"]
        dataset.has_unknown = True
        dataset.queryset = Dataset.objects.filter(program__in=programs).select_related("program")
        dataset.label_from_instance = lambda row: f"{row.program.name}: {row.name}"

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        dataset = said.get("dataset")
        if dataset and dataset.program != said.get("program"):
            self.add_error("dataset", _("Choose a dataset of the program above."))
        return said

    def answered(self) -> Answered:
        return Answered(**self.cleaned_data)


class VetoForm(PanelForm):
    at = "veto"

    reason = forms.CharField(label=_("Why may collection go on?"), max_length=300)


class AllowForm(PanelForm):
    at = "allow"

    reason = forms.CharField(label=_("Why do you decide so?"), max_length=300)


def responders() -> Any:
    """People who hold any function, by name: those whom a role can be given."""
    functions = Q(groups__name__in=Function.values)
    people = User.objects.filter(functions, is_active=True).distinct()
    return people.order_by("first_name", "last_name", "username")


class RoleForm(PanelForm):
    at = "roles"

    role = forms.TypedChoiceField(label=_("Role"), coerce=Role, choices=Role)
    person = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, initial={"person": user.pk}, **kwargs)
        field: Any = self.fields["person"]
        field.queryset = responders() | User.objects.filter(pk=user.pk).distinct()
        field.label_from_instance = lambda row: row.name


class AdmitForm(PanelForm):
    at = "access"

    who = forms.CharField(
        label=_("Person"),
        help_text=_("User name or e-mail address."),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    team = forms.ModelChoiceField(
        label=_("Or a team"), queryset=Group.objects.none(), required=False, empty_label="–"
    )
    level = forms.ChoiceField(label=_("May"), choices=AccessGrant.Level)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    expires_at = MomentField(label=_("Until"), required=False)

    def __init__(self, *args: Any, may_close: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whoever lets in manages, and nobody lets in to more than they may.
        level: Any = self.fields["level"]
        above = () if may_close else (AccessGrant.Level.CLOSE,)
        level.choices = [(one.value, one.label) for one in AccessGrant.Level if one not in above]
        team: Any = self.fields["team"]
        team.queryset = Group.objects.order_by("name")
        team.label_from_instance = team_name

    def blame(self, sentence: str) -> None:
        """As any form; but here a person is named in the field `who`."""
        field, colon, words = sentence.partition(": ")
        super().blame(f"who{colon}{words}" if field == "person" else sentence)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        who = said.pop("who", "").strip()
        said["person"] = None
        if who:
            said["person"] = person_named(who)
            if said["person"] is None:
                self.add_error("who", _("Nobody has this user name or e-mail address."))
        return said


class BreadthForm(PanelForm):
    """Who reads an incident besides those who are let in to it."""

    at = "breadth"

    restricted = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")],
        coerce=lambda said: said == "yes",
        widget=forms.HiddenInput,
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)


class AwareForm(PanelForm):
    at = "aware"

    aware_at = MomentField(label=_("Aware from"))
    rationale = _reason(_("Reason"), hint=_("Why from then. A regulator may ask."))


class CordForm(PanelForm):
    at = "cord"

    reason = forms.CharField(label=_("Reason"), required=False, max_length=500)
