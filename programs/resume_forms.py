"""What people send to let a program go on. Forms check the shape; the domain, the answers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from programs import answering
from programs.answering import Criterion
from programs.forms import PanelForm
from programs.models import Pause

PARTS = ("state", "note", "link")


class ResumeForm(PanelForm):
    """The reason, the pauses to lift, and for each criterion how it stands and what shows it."""

    at = "resume"

    reason = forms.CharField(
        label=_("What was fixed, and how was that checked?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, holds: list[Pause], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holds"] = forms.TypedMultipleChoiceField(
            label=_("What is to be lifted?"),
            choices=[(hold.pk, _said(hold)) for hold in holds],
            coerce=int,
            initial=[hold.pk for hold in holds],
            widget=forms.CheckboxSelectMultiple,
        )
        for criterion in answering.current():
            self._ask(criterion)

    def _ask(self, criterion: Criterion) -> None:
        states = [
            (answering.Stand.MET.value, _("Met")),
            (answering.Stand.NOT_APPLICABLE.value, _("Does not apply")),
        ]
        self.fields[f"{criterion.id}-state"] = forms.ChoiceField(
            label=criterion.question,
            help_text=criterion.shown_by,
            choices=states,
            widget=forms.RadioSelect(attrs={"class": "choices--line"}),
        )
        self.fields[f"{criterion.id}-note"] = forms.CharField(
            label=_("What shows it, or why it does not apply"),
            required=False,
            max_length=answering.LONGEST_NOTE,
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        self.fields[f"{criterion.id}-link"] = forms.CharField(
            label=_("Link"), required=False, max_length=answering.LONGEST_LINK
        )

    def answers(self) -> dict[str, dict[str, str]]:
        """What was answered, by the id of each criterion."""
        said = self.cleaned_data
        return {
            criterion.id: {part: said[f"{criterion.id}-{part}"] for part in PARTS}
            for criterion in answering.current()
        }

    def questions(self) -> list[list[forms.BoundField]]:
        """The fields of each criterion, for the page."""
        return [
            [self[f"{criterion.id}-{part}"] for part in PARTS] for criterion in answering.current()
        ]

    def blame(self, sentence: str) -> None:
        name, colon, words = sentence.partition(": ")
        if colon and f"{name}-note" in self.fields:
            sentence = f"{name}-note: {words}"
        super().blame(sentence)


def _said(hold: Pause) -> str:
    return f"{hold.label} ({hold.dataset.name})" if hold.dataset else hold.label
