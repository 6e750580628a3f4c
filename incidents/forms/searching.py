"""The filter of the incident list. It lives in the query string: a list can be sent as a link."""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from accounts.models import User
from incidents import search
from incidents.forms.fields import DayField, ProgramField
from incidents.models import Status
from incidents.search import Wanted
from programs import access as program_access
from severity.ladder import Sev

_FOLDED = ("program", "person", "since", "until", "exposed", "overdue", "mine")


class FilterForm(AddressForm):
    beside = ("before", "after", "page")

    q = forms.CharField(
        label=_("Words or number"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("Any")), (search.ALL_OPEN, _("Not over")), *Status.choices],
    )
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
    person = forms.CharField(
        label=_("Who has a role in it (user name)"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    exposed = forms.BooleanField(label=_("Exposure still open"), required=False)
    overdue = forms.BooleanField(label=_("Full assessment overdue"), required=False)
    mine = forms.BooleanField(label=_("Mine"), required=False)
    sort = forms.ChoiceField(
        required=False, choices=[(name, name) for name in search.SORTS], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = program_access.visible_to(user).order_by("name")
        self.fields["program"].queryset = programs  # type: ignore[attr-defined]

    def more_is_used(self) -> bool:
        return any(self[name].data for name in _FOLDED)

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
            text=said.get("q") or "",
            levels=tuple(said.get("sev") or ()),
            status=said.get("status") or "",
            program=program.slug if program else "",
            still_exposed=bool(said.get("exposed")),
            assessment_late=bool(said.get("overdue")),
            since=_midnight(said.get("since")),
            until=_midnight(until + timedelta(days=1)) if until else None,
            mine=bool(said.get("mine")),
            person=said.get("person") or "",
            sort=said.get("sort") or search.USUAL_SORT,
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
