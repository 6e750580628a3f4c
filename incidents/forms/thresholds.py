"""What people send to write a threshold rule, and to look into the ledger."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.functions import Function
from accounts.models import User
from incidents import library, rulebook, rulewords, seconding
from incidents.forms.fields import MomentField
from incidents.models import Audience, Kind, RuleFiring, Status, StillOpen
from programs import access as program_access
from programs.fields import PeopleField
from programs.forms import PanelForm
from programs.models import Category
from severity import houserules
from severity.houserules import BadRule
from severity.ladder import Sev
from severity.vocabulary import Action

_LINE = {"class": "choices--line"}
# Where the domain has another word for a field than the page.
_NAMES = {"scope": "pauses", "actions": "pauses", "attach_runbook": "runbook"}
_LISTS = ("programs", "categories", "kinds", "audiences", "still_open", "statuses")
ANY_POLICY, ANY_BOOK = "level", "fitting"


def _boxes(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple(attrs=_LINE)
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=widget, help_text=help_text
    )


def _number(label: Any, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, help_text=help_text
    )


class RuleForm(PanelForm):
    """A whole rule: to which incidents it applies, what it does, how, and why."""

    at = "rule"

    based_on = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    id = forms.CharField(
        label=_("Short name"),
        max_length=30,
        help_text=_("3 to 30 small letters, digits and dashes. It stays for good."),
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    why = forms.CharField(
        label=_("What it is for"),
        max_length=400,
        help_text=_("Stands beside each pause: everybody who sees the program reads it."),
    )
    levels = _boxes(_("Level"), [(str(sev.value), sev.label) for sev in Sev])
    measure = forms.ChoiceField(
        label=_("Which level"),
        required=False,
        choices=[("current", _("The level now")), ("peak", _("The worst that it ever had"))],
    )
    programs = _boxes(_("Program"), ())
    categories = _boxes(_("Kind of data"), Category.choices)
    kinds = _boxes(_("Kind of incident"), Kind.choices)
    audiences = _boxes(_("Who can see it"), Audience.choices)
    still_open = _boxes(_("Still open"), StillOpen.choices)
    undetermined = forms.ChoiceField(
        label=_("Severity determined"),
        required=False,
        choices=[("", _("Either")), ("no", _("Determined")), ("yes", _("Undetermined"))],
    )
    people_over = PeopleField(label=_("More people in the program than"), required=False)
    statuses = _boxes(_("Status"), Status.choices)
    minutes_in_status = _number(
        _("Minutes in that status, without a break"), houserules.MOST_IN_STATUS
    )
    pauses = _boxes(
        _("Pause"), [(scope.value, rulewords.SCOPES[scope]) for scope in houserules.SCOPES]
    )
    escalate = forms.ChoiceField(label=_("Page people"), required=False)
    runbook = forms.ChoiceField(label=_("Attach a runbook"), required=False)
    obligations = forms.BooleanField(label=_("Reckon the legal clocks"), required=False)
    review = forms.BooleanField(label=_("Require a review"), required=False)
    notify = _boxes(_("Tell everybody who may see it, with the function"), Function.choices)
    mode = forms.ChoiceField(
        label=_("When it acts"),
        choices=[(mode.value, rulewords.MODES[mode]) for mode in houserules.MODES],
        widget=forms.RadioSelect,
        initial="automatic",
    )
    minutes = _number(_("Minutes to veto it"), houserules.MOST_MINUTES)
    effective_from = MomentField(
        label=_("Counts from"),
        required=False,
        help_text=_("Empty: from the moment a second person publishes it."),
    )
    reason = forms.CharField(
        label=_("Why is it changed?"),
        max_length=seconding.LONGEST_REASON,
        help_text=_("Stands beside the version."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, user: User, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["id"]
        seen = program_access.visible_to(user).order_by("name").values_list("slug", "name")
        books = [(book.id, book.title) for book in library.in_force()]
        choices: dict[str, list[tuple[Any, Any]]] = {
            "programs": list(seen),
            "escalate": [
                ("", _("Nobody")),
                (ANY_POLICY, _("By the policy of its level")),
                *rulebook.policies().items(),
            ],
            "runbook": [("", _("None")), (ANY_BOOK, _("Those that fit")), *books],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    def document(self) -> dict[str, Any]:
        """Return what was written, as severity.houserules reads it. Call it once it is valid."""
        said = self.cleaned_data
        when: dict[str, Any] = {name: said[name] for name in _LISTS if said[name]}
        if said["levels"]:
            when["levels"] = [int(level) for level in said["levels"]]
        if said["measure"] == "peak":
            when["measure"] = "peak"
        if said["undetermined"]:
            when["undetermined"] = said["undetermined"] == "yes"
        if said["people_over"] is not None:
            when["people_over"] = said["people_over"]
        if said["minutes_in_status"]:
            when["minutes"] = said["minutes_in_status"]
        document = {"name": said["name"], "why": said["why"], "when": when, "mode": said["mode"]}
        timed = {"minutes": said["minutes"]} if said["minutes"] is not None else {}
        return document | timed | {"actions": self._actions()}

    def _actions(self) -> list[dict[str, str]]:
        said = self.cleaned_data
        acts = [{"do": Action.PAUSE.value, "scope": scope} for scope in said["pauses"]]
        for field, action, unnamed in (
            ("escalate", Action.ESCALATE, ANY_POLICY),
            ("runbook", Action.ATTACH_RUNBOOK, ANY_BOOK),
        ):
            if said[field]:
                named = {} if said[field] == unnamed else {"name": said[field]}
                acts.append({"do": action.value, **named})
        acts += [{"do": Action.OPEN_OBLIGATIONS.value}] if said["obligations"] else []
        acts += [{"do": Action.REQUIRE_REVIEW.value}] if said["review"] else []
        return acts + [{"do": Action.NOTIFY.value, "name": name} for name in said["notify"]]

    def blame_all(self, bad: BadRule) -> None:
        """Put each sentence where it belongs."""
        for fault in bad.faults:
            field = _NAMES.get(fault.field, fault.field)
            said = fault.sentence[:1].upper() + fault.sentence[1:]
            self.add_error(field if field in self.fields else None, said)


def initial(document: Mapping[str, Any], based_on: str) -> dict[str, Any]:
    """Return what the form begins with."""
    when = document.get("when", {})
    acts = document.get("actions", ())
    named = {act["do"]: act.get("name", "") for act in acts}
    undetermined = when.get("undetermined")
    return {
        "based_on": based_on,
        **{name: document.get(name) for name in ("name", "why", "mode", "minutes")},
        **{name: when.get(name, []) for name in _LISTS},
        "levels": [str(level) for level in when.get("levels", ())],
        "measure": when.get("measure", "current"),
        "undetermined": "" if undetermined is None else ("yes" if undetermined else "no"),
        "people_over": when.get("people_over"),
        "minutes_in_status": when.get("minutes"),
        "pauses": [act["scope"] for act in acts if act.get("scope")],
        "escalate": named[Action.ESCALATE] or ANY_POLICY if Action.ESCALATE in named else "",
        "runbook": named[Action.ATTACH_RUNBOOK] or ANY_BOOK
        if Action.ATTACH_RUNBOOK in named
        else "",
        "obligations": Action.OPEN_OBLIGATIONS in named,
        "review": Action.REQUIRE_REVIEW in named,
        "notify": [act.get("name", "") for act in acts if act["do"] == Action.NOTIFY],
    }


class LedgerForm(AddressForm, PanelForm):
    """Which firings somebody looks for. Everything may be left out."""

    at = "ledger"

    rule = forms.CharField(label=_("Rule"), required=False, max_length=40)
    action = forms.ChoiceField(
        label=_("What it does"),
        required=False,
        choices=[("", _("Any")), *((each.value, rulewords.ACTIONS[each]) for each in Action)],
    )
    state = forms.ChoiceField(
        label=_("What came of it"),
        required=False,
        choices=[("", _("Any")), *RuleFiring.State.choices],
    )
    program = forms.ChoiceField(label=_("Program"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = program_access.visible_to(user).order_by("name").values_list("slug", "name")
        self.fields["program"].choices = [("", _("Any")), *seen]  # type: ignore[attr-defined]
