"""The audit log."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.filters import AddressForm
from accounts.http import SignedInRequest
from incidents import record
from incidents.forms.fields import DayField, PlaceField
from incidents.record import Wanted


class RecordForm(AddressForm):
    actor = forms.CharField(
        label=_("Who"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    action = forms.CharField(label=_("Act begins with"), required=False, max_length=60)
    subject = forms.CharField(label=_("On what, or stream"), required=False, max_length=80)
    day = DayField(label=_("Day"), required=False)
    before = PlaceField()

    def wanted(self) -> Wanted:
        said = self.allowed()
        return Wanted(**{name: value for name, value in said.items() if value})


@require_safe
def entries(request: SignedInRequest) -> HttpResponse:
    """Show the record, newest first."""
    form = RecordForm(request.GET)
    page = record.read(request.user, form.wanted())
    filtered = any(request.GET.get(name) for name in ("actor", "action", "subject", "day"))
    context = {"form": form, "page": page, "is_filtered": filtered}
    return render(request, "incidents/record.html", context)
