"""The filter of an incident's history. It lives in the query string, also for the export."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from incidents import changes
from incidents.changes import Wanted
from incidents.forms.fields import DayField


class HistoryForm(AddressForm):
    kind = forms.MultipleChoiceField(
        label=_("What was changed"),
        required=False,
        choices=changes.KINDS,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--line"}),
    )
    who = forms.CharField(label=_("By whom"), required=False, max_length=150)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

    def wanted(self) -> Wanted:
        """What is asked for. A part that makes no sense is left out, and the form says which."""
        said = self.allowed()
        until = said.get("until")
        return Wanted(
            kinds=tuple(said.get("kind") or ()),
            who=said.get("who") or "",
            since=_midnight(said.get("since")),
            until=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
