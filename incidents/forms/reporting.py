"""The report form: four questions; all but the first may be answered with "I do not know"."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.forms.fields import MomentField, ProgramField
from incidents.models import Audience, StillOpen
from incidents.reporting import (
    LONGEST_ADDED,
    LONGEST_DETAIL,
    LONGEST_KEY,
    LONGEST_TITLE,
    Report,
)
from incidents.weighing import Answered
from programs import access
from programs.models import Program, State

# The button that pulls the cord; any other way of sending lets the rules decide.
PULL_CORD = "pause"


class ReportForm(forms.Form):
    title = forms.CharField(
        label=_("What can people see that they should not?"),
        help_text=_("One line. Do not paste the exposed data."),
        max_length=LONGEST_TITLE,
        error_messages={"required": _("Say in a line what people can see.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    program = ProgramField(label=_("Which program?"))
    audience = forms.ChoiceField(
        label=_("Who can see it?"),
        choices=Audience,
        initial=Audience.UNKNOWN,
        widget=forms.RadioSelect(attrs={"class": "choices--wide"}),
    )
    still_open = forms.ChoiceField(
        label=_("Is it still open?"),
        choices=StillOpen,
        initial=StillOpen.UNKNOWN,
        widget=forms.RadioSelect(attrs={"class": "choices--wide"}),
    )
    detail = forms.CharField(
        label=_("What else should responders know?"),
        required=False,
        max_length=LONGEST_DETAIL,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    found_how = forms.CharField(label=_("How was it found?"), required=False, max_length=200)
    reference = forms.CharField(
        label=_("Link or reference"),
        help_text=_("Where it is, or the number in another system."),
        required=False,
        max_length=200,
    )
    occurred_from = MomentField(label=_("Since when has it been open?"), required=False)
    # Makes a double click, or a page sent again, one incident.
    key = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_KEY)

    MORE = ("detail", "found_how", "reference", "occurred_from")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = access.visible_to(user).exclude(state=State.RETIRED).order_by("name")
        self.fields["program"].queryset = programs  # type: ignore[attr-defined]

    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in (*self.MORE, "key")]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    def more_is_used(self) -> bool:
        return any(self[name].errors or self[name].value() for name in self.MORE)

    def report(self, *, pull_cord: bool) -> Report:
        """What the reporter says, of a form that is valid."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "key"}
        program: Program | None = said["program"]
        is_drill = program is not None and program.is_drill
        # The report goes out even where nobody can say what to pause; the page says that then.
        return Report(**said, pull_cord=pull_cord and program is not None, is_drill=is_drill)

    def answered(self) -> Answered:
        """The answers as far as they are given and make sense, for a first look before sending."""
        given = {name: self[name].value() for name in ("program", "audience", "still_open")}
        try:
            program = self.fields["program"].clean(given["program"])
        except forms.ValidationError:
            program = None
        return Answered(
            program=program,
            audience=_known(given["audience"], Audience),
            still_open=_known(given["still_open"], StillOpen),
        )

    def with_new_key(self) -> "ReportForm":
        """The same form as sent, ready to be sent as another report."""
        self.data = {**self.data.dict(), "key": new_key()}  # type: ignore[attr-defined]
        return self


def _known(value: object, choices: type[Audience] | type[StillOpen]) -> str:
    return str(value) if value in choices.values else choices.UNKNOWN.value


def new_key() -> str:
    return uuid.uuid4().hex


class DetailForm(forms.Form):
    """More from the reporter, after the report was sent."""

    detail = forms.CharField(
        label=_("Add detail"),
        help_text=_("Do not paste the exposed data."),
        max_length=LONGEST_ADDED,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what you want to add.")},
    )
