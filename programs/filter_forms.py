"""What narrows pages of programs. It lives in the address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import AddressForm
from programs.models import StopProof, WatchSource

BLOCKING = "blocking"


class ProofsForm(AddressForm):
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *StopProof.State.choices]
    )


class ControlsForm(AddressForm):
    controls = forms.ChoiceField(
        label=_("Controls"), required=False, choices=[("", _("All")), (BLOCKING, _("What blocks"))]
    )


class SourceKindForm(AddressForm):
    """Which form is shown for another source."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Usual")), *WatchSource.Kind.choices]
    )
