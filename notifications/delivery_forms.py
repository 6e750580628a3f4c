"""The filter of the log of deliveries. It lives in the query string."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from incidents.forms.fields import DayField, PlaceField
from notifications.deliveries import STATES, Wanted
from notifications.models import Method


class DeliveryForm(AddressForm):
    person = forms.CharField(label=_("Who"), required=False, max_length=100)
    method = forms.ChoiceField(
        label=_("How"), required=False, choices=[("", _("All")), *Method.choices]
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *STATES])
    day = DayField(label=_("Day"), required=False)
    before = PlaceField()

    def wanted(self) -> Wanted:
        """What is asked for. A part that makes no sense is left out, and the form says which."""
        said = self.allowed()
        return Wanted(**{name: value for name, value in said.items() if value})
