"""The answers to the questions of a full assessment, and the level that a person sets instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import assessing, questions
from incidents.assessing import Judged
from incidents.forms.fields import MomentField
from incidents.questions import Answer, Question
from programs.fields import PeopleField
from programs.forms import PanelForm
from severity import inforce
from severity.facts import BadFact
from severity.ladder import Sev
from severity.questions import NAMES, UNKNOWN, Said, scale

_BESIDE = {"people": ("people_count",), "duration": ("since", "until")}
_CHOOSE = _("Choose one; “I do not know” is an answer.")


@dataclass(frozen=True)
class Choice:
    """One answer as a page shows it. `counts_as`: what the unknown counts as."""

    value: str
    words: Answer
    is_chosen: bool
    counts_as: str = ""


@dataclass(frozen=True)
class Step:
    """One question as a page shows it, with what stands beside its answers."""

    number: int
    name: str
    id: str
    question: Question
    choices: list[Choice]
    errors: list[str]
    beside: list[forms.BoundField]
    before: str
    after: str


class AnswerForm(PanelForm):
    """Every question must be answered, and unknown is an answer."""

    at = "assess"

    people_count = PeopleField(label=_("The exact number, if known"), required=False)
    since = MomentField(label=_("Open since, if known"), required=False)
    until = MomentField(label=_("Closed at, if it is closed"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        said: Said | None = kwargs.pop("said", None)
        if said:
            moments = {"since": said.since, "until": said.until}
            kwargs["initial"] = {**said.answers, "people_count": said.people_count, **moments}
        super().__init__(*args, **kwargs)
        for name in NAMES:
            self.fields[name] = forms.ChoiceField(
                label=questions.ALL[name].label,
                choices=[(value, value) for value in (*scale(name, inforce.rules()), UNKNOWN)],
                widget=forms.RadioSelect,
                error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
            )

    def said(self) -> Said:
        """What was answered so far; what is wrong or missing counts as unknown."""
        self.is_valid()
        found = self.cleaned_data
        return Said(
            answers={name: found[name] for name in NAMES if name in found},
            people_count=found.get("people_count"),
            since=found.get("since"),
            until=found.get("until"),
        )

    def blame_fact(self, fault: BadFact) -> None:
        """Put what cannot be so at the question that it is about."""
        words = str(fault).removeprefix(f"{fault.field} ")
        known = fault.field if fault.field in self.fields else None
        self.add_error(known, words[:1].upper() + words[1:])

    @property
    def answered(self) -> int:
        """How many questions have an answer, unknown among them."""
        return sum(bool(self[name].value()) for name in NAMES)

    def nonsense(self) -> list[str]:
        """What is wrong with what was answered, not with what is missing so far."""
        answered = [name for name in self.fields if self[name].value()]
        return [
            f"{self.fields[name].label}: {each}"
            for name in answered
            for each in self.errors.get(name, ())
        ]

    def steps(self, counted: Mapping[str, str]) -> Iterator[Step]:
        """Each question in its order.

        Args:
            counted: what the unknown counts as, by question.
        """
        ids = ["", *(self[name].auto_id for name in NAMES), "assess-result"]
        for at, name in enumerate(NAMES, start=1):
            yield Step(
                number=at,
                name=name,
                id=ids[at],
                question=questions.ALL[name],
                choices=list(self._choices(name, counted.get(name, ""))),
                errors=[str(each) for each in self.errors.get(name, [])],
                beside=[self[each] for each in _BESIDE.get(name, ())],
                before=ids[at - 1],
                after=ids[at + 1],
            )

    def _choices(self, name: str, counted: str) -> Iterator[Choice]:
        chosen = self[name].value()
        for value in scale(name, inforce.rules()):
            yield Choice(value, questions.answer(name, value), value == chosen)
        worst = str(questions.said(name, counted)) if counted else ""
        unknown = Answer(_("I do not know"), "")
        yield Choice(UNKNOWN, unknown, chosen == UNKNOWN, worst)


class AssessForm(AnswerForm):
    """The first rating: whoever runs the incident may set another level than the rules'."""

    # What was in force when the page was read: nobody overwrites what they have not seen.
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)
    level = forms.TypedChoiceField(
        label=_("The level"),
        required=False,
        coerce=lambda value: Sev(int(value)),
        empty_value=None,
        choices=[("", _("As the rules have it")), *((sev.value, sev.label) for sev in Sev)],
    )
    reason = forms.CharField(
        label=_("Why it is another than the rules'"),
        help_text=_("Needed if you set the level yourself. Stands on the timeline."),
        required=False,
        max_length=assessing.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, may_set: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_set:
            del self.fields["level"], self.fields["reason"]

    def judged(self) -> Judged | None:
        """The level that the person sets against the rules."""
        level = self.cleaned_data.get("level")
        reason = self.cleaned_data.get("reason", "")
        return None if level is None else Judged(level, reason)
