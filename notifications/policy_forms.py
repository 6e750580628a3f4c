"""What people may send about policies. Forms check the shape; policymaking says the rest."""

import re
import zoneinfo
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.functions import Function
from accounts.models import User
from audit import teams
from incidents.forms.fields import MomentField, ProgramField
from incidents.models import Role
from notifications import access, policymaking, rehearsal, rotas, targets
from notifications.escalation import Step, Target
from notifications.models import EscalationPolicy, Rota
from notifications.policydraft import LONGEST_NAME, MINUTE, MOST_REPEATS, Draft
from programs import access as program_access
from programs.forms import PanelForm
from programs.models import Program, State
from severity.ladder import Sev

# More are refused by the domain, in a sentence; nothing can be reckoned with such a number.
_MOST_MINUTES = 99_999


def _clock(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, input_formats=["%H:%M"], required=False)


class PolicyForm(PanelForm):
    """The whole: what it is for, how often it goes round, whom it falls back on, and why."""

    at = "policy"

    version = forms.CharField(required=False, max_length=9, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    levels = forms.TypedMultipleChoiceField(
        label=_("For"),
        help_text=_("No level: it is only there for others to fall back on."),
        coerce=int,
        required=False,
        choices=[(sev.value, sev.label) for sev in Sev],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )
    program = forms.ChoiceField(
        label=_("Program"),
        help_text=_("A program's own policy comes before that for all programs."),
        required=False,
    )
    repeats = forms.IntegerField(
        label=_("Times that all steps are taken again"), min_value=0, max_value=MOST_REPEATS
    )
    repeat_after = forms.IntegerField(
        label=_("Minutes after the last step, before that"), min_value=0, max_value=_MOST_MINUTES
    )
    fallback = forms.TypedChoiceField(
        label=_("Falls back on"),
        help_text=_("Paged if nobody answers or is reached; the operators are in any case."),
        required=False,
        coerce=int,
        empty_value=None,
    )
    days = forms.TypedMultipleChoiceField(
        label=_("Only on"),
        help_text=_("For SEV 4 and 5 alone. No day: always."),
        coerce=int,
        required=False,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )
    opens = _clock(_("From"))
    closes = _clock(_("Until"))
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Stands beside the version."),
        max_length=policymaking.LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, user: User, of: EscalationPolicy | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        programs = program_access.visible_to(user).exclude(state=State.RETIRED).order_by("name")
        others = access.policies_for(user).filter(active=True).order_by("name")
        others = others.exclude(pk=of.pk) if of else others
        choices: dict[str, list[tuple[Any, Any]]] = {
            "program": [("", _("All programs")), *programs.values_list("slug", "name")],
            "fallback": [("", _("The operators alone")), *others.values_list("pk", "name")],
            "zone": [("", "–"), *((zone, zone) for zone in sorted(zoneinfo.available_timezones()))],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        given = [said.get(name) not in (None, [], "") for name in ("days", "opens", "closes")]
        if any(given) and not (all(given) and said.get("zone")):
            self.add_error("days", _("Say the days, from when, until when, and the time zone."))
        return said


def initial(draft: Draft, version: int) -> dict[str, Any]:
    """Return what the form of the whole begins with."""
    program = Program.objects.filter(pk=draft.program or 0).first()
    said: dict[str, Any] = {
        "version": version,
        "name": draft.name,
        "levels": list(draft.levels),
        "program": program.slug if program else "",
        "repeats": draft.repeats,
        "repeat_after": minutes(draft.repeat_after),
        "fallback": draft.fallback,
    }
    hours = draft.hours
    if hours is None:
        return said
    times = {"opens": hours.opens, "closes": hours.closes}
    return said | times | {"days": list(hours.days), "zone": hours.zone}


def minutes(wait: timedelta) -> int:
    """Return a wait in whole minutes."""
    # Up: what was written before waits were whole minutes must not become shorter.
    return -(-wait // MINUTE)


class StepForm(forms.Form):
    """One step: how long after the one before, and whom, each by which ways."""

    minutes = forms.IntegerField(
        label=_("Minutes after the step before"), min_value=0, max_value=_MOST_MINUTES
    )

    def __init__(self, *args: Any, places: int, offered: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        for place in range(1, places + 1):
            self.fields[f"whom_{place}"] = forms.ChoiceField(
                label=_("Whom, %(n)s") % {"n": place}, choices=offered, required=False
            )
            self.fields[f"ways_{place}"] = forms.CharField(
                label=_("By which ways, %(n)s") % {"n": place},
                required=False,
                max_length=100,
                widget=forms.TextInput(attrs={"autocomplete": "off", "list": "ways"}),
            )

    @property
    def targets(self) -> Iterable[tuple[forms.BoundField, forms.BoundField]]:
        places = [name for name in self.fields if name.startswith("whom_")]
        return [(self[name], self[name.replace("whom", "ways")]) for name in places]

    def step(self) -> Step:
        """Call it once the form is valid."""
        said = self.cleaned_data
        named = [
            _as_target(said[field.name], said[ways.name])
            for field, ways in ((whom, ways) for whom, ways in self.targets)
            if said[field.name]
        ]
        return Step(timedelta(minutes=said["minutes"]), tuple(named))


def _as_target(whom: str, ways: str) -> Target:
    kind, _colon, named = whom.partition(":")
    methods = tuple(dict.fromkeys(each.lower() for each in re.split(r"[\s,]+", ways) if each))
    if kind == "person":
        return Target(kind, person=int(named), methods=methods)
    if kind == "rota":
        return Target(kind, methods=methods, rota=int(named))
    return Target(kind, named, methods=methods)


def as_whom(target: Target) -> str:
    """Return what stands for a target in the form."""
    return f"{target.kind}:{target.person or target.rota or target.name}"


def offered(already: Iterable[Target] = ()) -> list[Any]:
    """Return whom a step may page, in groups. Who is named already stays among them."""
    every = list(already)
    people = {person.pk: person for person in rotas.who_may_be_on_call()}
    people |= User.objects.in_bulk({each.person for each in every if each.person} - set(people))
    named = Q(pk__in=[each.rota for each in every if each.rota])
    known = Rota.objects.filter(named | Q(retired_at=None)).order_by("name")
    named_so = targets.names(Target("rota", rota=rota.pk) for rota in known)
    groups = [
        (_("Functions"), [(f"function:{each.value}", each.label) for each in Function]),
        (_("Teams"), [_choice(Target("team", team.name), named_so) for team in teams.known()]),
        (_("Rotas"), [_choice(Target("rota", rota=rota.pk), named_so) for rota in known]),
        (_("Roles"), [_choice(Target("role", role.value), named_so) for role in Role]),
        (_("People"), [(f"person:{pk}", person.name) for pk, person in people.items()]),
        (_("Others"), [("fallback:", _("Those it falls back on"))]),
    ]
    return [("", "–"), *((label, choices) for label, choices in groups if choices)]


def _choice(target: Target, known: targets.Names) -> tuple[str, str]:
    # Closed, a choice does not show its group: an incident commander may be either of two.
    return as_whom(target), targets.called(target, known)


class DryRunForm(AddressForm, PanelForm):
    """For which severity, in which program, beginning when."""

    at = "dry-run"

    level = forms.TypedChoiceField(
        label=_("Severity"), coerce=int, choices=[(sev.value, sev.label) for sev in Sev]
    )
    program = ProgramField(label=_("Program"), empty_label=_("None, or nobody knows"))
    moment = MomentField(label=_("Begins at"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = program_access.visible_to(user).exclude(state=State.RETIRED).order_by("name")
        self.fields["program"].queryset = programs  # type: ignore[attr-defined]

    def clean_moment(self) -> datetime:
        moment: datetime = self.cleaned_data["moment"]
        if said := rehearsal.why_not(moment):
            raise forms.ValidationError(said)
        return moment
