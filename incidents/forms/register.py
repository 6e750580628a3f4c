"""The filter of the register of breaches. It lives in the query string, as that of the list."""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.models import User
from incidents import register
from incidents.forms.fields import DayField, ProgramField
from incidents.register import Wanted
from programs import access as program_access
from severity.ladder import Sev

TOLD = (
    ("", _("Any")),
    (register.YES, _("Somebody was notified")),
    (register.NO, _("Decided not to notify")),
    (register.UNDECIDED, _("Not decided, or not filed yet")),
    (register.LATE, _("Late")),
)


class RegisterForm(AddressForm):
    told = forms.ChoiceField(label=_("Notified"), required=False, choices=TOLD)
    program = ProgramField(label=_("Program"), empty_label=_("Any"))
    since = DayField(label=_("Reported from"), required=False)
    until = DayField(label=_("Reported to"), required=False)
    sev = forms.TypedMultipleChoiceField(
        label=_("Severity"),
        required=False,
        coerce=int,
        choices=[(sev.value, sev.label) for sev in Sev],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = program_access.visible_to(user).order_by("name")
        self.fields["program"].queryset = programs  # type: ignore[attr-defined]

    def query(self) -> str:
        """The filter as a query string: what is asked for by names that are known, and no more."""
        asked = [(name, value) for name in self.fields for value in self._said(name) if value]
        return urlencode(asked)

    def _said(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    def wanted(self) -> Wanted:
        """What is asked for. A part that makes no sense is left out, and the form says which."""
        said = self.allowed()
        program, until = said.get("program"), said.get("until")
        return Wanted(
            levels=tuple(said.get("sev") or ()),
            program=program.slug if program else "",
            told=said.get("told") or "",
            since=_midnight(said.get("since")),
            until=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
