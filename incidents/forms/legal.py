"""What people send about legal clocks: facts, events, decisions and filings."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import drafts, filings, legalcase, legalevents, legalwords
from incidents.filings import Sent
from incidents.forms.fields import MomentField
from incidents.models import DraftVersion, Evidence, Incident, LegalFacts
from programs.fields import PeopleField
from programs.forms import PanelForm
from severity.clocks.ruleset import RISKS

NONE = "none"
_UNKNOWN = ("", _("I do not know"))
_YES_OR_NO = (_UNKNOWN, ("yes", _("Yes")), ("no", _("No")))
_ASKED = ("internal_only", "unintelligible")
_LISTS = ("jurisdictions", "categories", "sectors")
_SAID = {"yes": True, "no": False}


def _asked(label: Any, hint: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=_YES_OR_NO, required=False, help_text=hint)


def _ticked(label: Any, hint: Any) -> forms.MultipleChoiceField:
    wide = forms.CheckboxSelectMultiple(attrs={"class": "choices--wide"})
    return forms.MultipleChoiceField(label=label, help_text=hint, required=False, widget=wide)


class FactsForm(PanelForm):
    """All that is known. What is left empty is not known, and counts as the worst plausible."""

    at = "facts"

    jurisdictions = _ticked(
        _("Where do the people live, and where are you established or regulated?"),
        _("Tick all, and the parts if you know them: the EU and Germany, the US and California."),
    )
    role = forms.ChoiceField(
        label=_("Your role for these data"),
        choices=(_UNKNOWN, ("controller", _("Controller")), ("processor", _("Processor"))),
        required=False,
    )
    internal_only = _asked(_("Could people inside the organisation alone see the data?"))
    unintelligible = _asked(_("Were they strongly encrypted, and the key not exposed?"))
    risk = forms.ChoiceField(
        label=_("Risk to the people"),
        choices=(
            _UNKNOWN,
            *zip(RISKS, (_("Unlikely"), _("A risk"), _("A high risk")), strict=True),
        ),
        required=False,
    )
    individuals = PeopleField(label=_("How many people?"), required=False)
    individuals_in = forms.CharField(
        label=_("How many of them where, if known"),
        help_text=_("Codes and numbers with commas, such as: US-CA 600, US-NY 20."),
        required=False,
        max_length=1000,
    )
    categories = _ticked(
        _("Kinds of data"), _("Tick all. Nothing ticked says that it is not known.")
    )
    sectors = _ticked(_("Your sectors"), _("Tick all. Nothing ticked says that it is not known."))
    reason = forms.CharField(label=_("How do you know?"), max_length=legalevents.LONGEST_REASON)

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        stated = legalcase.facts_of(incident)
        initial = _initial(incident, stated)
        super().__init__(*args, initial=initial, **kwargs)
        for name in _LISTS:
            field: Any = self.fields[name]
            field.choices = _choices(name, initial.get(name, []))
        reason = self.fields.pop("reason")
        for name, flag in legalcase.rules().flags.items():
            self.fields[f"is_{name}"] = _asked(f"{flag.asks[:1].upper()}{flag.asks[1:]}")
        for field in self.fields.values():
            field.has_unknown = True
        self.fields["reason"] = reason

    @property
    def usual(self) -> list[forms.BoundField]:
        """The fields that every incident needs, in their order."""
        apart = (*_LISTS, "reason")
        return [
            self[name] for name in self.fields if name in self.base_fields and name not in apart
        ]

    @property
    def lists(self) -> list[tuple[forms.BoundField, str]]:
        """What is ticked in long lists, each with what is ticked so far."""
        return [(self[name], ", ".join(self._ticked(name))) for name in _LISTS]

    def _ticked(self, name: str) -> Iterator[str]:
        field: Any = self.fields[name]
        words = dict(field.choices)
        yield from (str(words.get(each, each)) for each in self[name].value() or ())

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name in _LISTS:
            ticked = said.get(name, [])
            if NONE in ticked and len(ticked) > 1:
                self.add_error(name, _("“None” goes with nothing else."))
        return said

    @property
    def findings(self) -> list[forms.BoundField]:
        """What only some rules ask."""
        return [self[name] for name in self.fields if name.startswith("is_")]

    def clean_individuals_in(self) -> dict[str, int]:
        found = {}
        for part in _split(self.cleaned_data["individuals_in"]):
            match = re.fullmatch(r"(\S+)[ :=]+([0-9]{1,10})", part)
            if match is None:
                raise forms.ValidationError(_("Each a code and a number, such as US-CA 600."))
            found[match[1]] = int(match[2])
        return found

    def facts(self) -> dict[str, Any]:
        """What was said, in the form of docs/clocks.md."""
        said = self.cleaned_data
        found: dict[str, Any] = {}
        for name in _LISTS:
            if said[name]:
                found[name] = [] if said[name] == [NONE] else said[name]
        asked = {name: f"is_{name}" for name in legalcase.rules().flags}
        for name, field in ({name: name for name in _ASKED} | asked).items():
            if said[field]:
                found[name] = _SAID[said[field]]
        plain = ("role", "risk", "individuals", "individuals_in")
        return found | {name: said[name] for name in plain if said[name] not in (None, "", {})}


def _choices(name: str, held: list[str]) -> list[tuple[str, Any]]:
    """What can be ticked: all that the rules know, and what was stated in other words before."""
    rules = legalcase.rules()
    places = name == "jurisdictions"
    known = [*rules.atlas.by_code] if places else [NONE, *getattr(rules, name)]
    return [
        (each, _("None of these") if each == NONE else legalwords.word(name, each, rules.atlas))
        for each in dict.fromkeys([*known, *held])
    ]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _initial(incident: Incident, stated: LegalFacts | None) -> dict[str, Any]:
    """What was stated before, else what the program says of itself."""
    if stated is None:
        program = incident.program
        return {
            "jurisdictions": list(program.jurisdictions) if program else [],
            "categories": list(program.categories) if program else [],
        }
    facts = stated.facts
    found = {name: facts[name] for name in ("role", "risk", "individuals") if name in facts}
    for name in _LISTS:
        if name in facts:
            found[name] = list(facts[name]) or [NONE]
    pairs = facts.get("individuals_in", {}).items()
    found["individuals_in"] = ", ".join(f"{code} {count}" for code, count in pairs)
    for name in (*_ASKED, *legalcase.rules().flags):
        if name in facts:
            found[name if name in _ASKED else f"is_{name}"] = "yes" if facts[name] else "no"
    return found


class EventForm(PanelForm):
    """One moment, or that it did not happen after all."""

    at = "event"

    kind = forms.ChoiceField(label=_("What happened?"))
    moment = MomentField(
        label=_("When?"),
        help_text=_("Empty says that what was set did not happen after all."),
        required=False,
    )
    rationale = forms.CharField(
        label=_("How do you know?"),
        max_length=legalevents.LONGEST_RATIONALE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["moment"].has_unknown = True  # type: ignore[attr-defined]
        kind: Any = self.fields["kind"]
        events = legalcase.rules().events.values()
        kind.choices = [
            (each.name, f"{legalwords.event(each.name)}: {each.means}")
            for each in events
            if each.name != legalevents.AWARE
        ]

    def blame(self, sentence: str) -> None:
        super().blame(f"moment: {sentence[4:]}" if sentence.startswith("at: ") else sentence)


class DecisionForm(PanelForm):
    at = "decide"

    reportable = forms.ChoiceField(
        label=_("Must it be reported?"),
        choices=(("yes", _("Yes, it is reportable")), ("no", _("No, it is not reportable"))),
        widget=forms.RadioSelect,
    )
    decision = forms.CharField(
        label=_("Why?"),
        help_text=_("Needed either way. A regulator may ask."),
        max_length=filings.LONGEST_DECISION,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DraftForm(PanelForm):
    at = "draft"

    draft = forms.CharField(
        label=_("Where does the draft lie?"),
        help_text=_("A file of the evidence, or a place that counsel knows."),
        max_length=filings.LONGEST_DRAFT,
    )


class SubmitForm(PanelForm):
    at = "submit"

    moment = MomentField(label=_("When was it filed?"))
    reference = forms.CharField(
        label=_("Reference that you were given"),
        required=False,
        max_length=filings.LONGEST_REFERENCE,
    )
    proof: Any = forms.ModelChoiceField(
        label=_("Proof of filing"),
        help_text=_("A file of the evidence; its hash is kept. This or the reference is needed."),
        queryset=Evidence.objects.none(),
        required=False,
        empty_label=_("No file"),
    )
    text: Any = forms.ModelChoiceField(
        label=_("Text that was sent"),
        help_text=_("A version of a draft that two people approved."),
        queryset=DraftVersion.objects.none(),
        required=False,
        empty_label=_("Written elsewhere"),
    )
    lateness = forms.CharField(
        label=_("Why is it late?"),
        help_text=_("Needed where it was due before."),
        required=False,
        max_length=filings.LONGEST_LATENESS,
    )
    in_part = forms.BooleanField(label=_("Filed in part: more will follow"), required=False)

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proof: Any = self.fields["proof"]
        proof.queryset = incident.evidence.all()
        proof.label_from_instance = lambda row: row.name
        text: Any = self.fields["text"]
        text.queryset = drafts.approved(incident)

    def sent(self) -> Sent:
        said = self.cleaned_data
        return Sent(
            at=said["moment"],
            proof=said["proof"],
            reference=said["reference"],
            lateness=said["lateness"],
            complete=not said["in_part"],
            text=said["text"],
        )

    def blame(self, sentence: str) -> None:
        for theirs, ours in (("at: ", "moment: "), ("complete: ", "in_part: ")):
            if sentence.startswith(theirs):
                sentence = f"{ours}{sentence.removeprefix(theirs)}"
        super().blame(sentence)


class ConfirmForm(PanelForm):
    at = "confirm"

    receipt = forms.CharField(
        label=_("How was the receipt confirmed?"),
        help_text=_("Such as the number of the authority's letter."),
        max_length=filings.LONGEST_REFERENCE,
    )
