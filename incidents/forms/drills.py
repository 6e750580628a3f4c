"""What people may send about drills."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.drills import WINDOWS
from incidents.forms.fields import MomentField
from incidents.models import DrillScope
from programs.forms import PanelForm


class DrillForm(PanelForm):
    at = "drill"

    scope = forms.ChoiceField(label=_("What stops?"), choices=DrillScope, widget=forms.RadioSelect)
    when = MomentField(
        label=_("When?"),
        help_text=_("Leave it empty to begin at once."),
        required=False,
    )
    window_minutes = forms.IntegerField(
        label=_("Let go after how many minutes at the latest?"),
        min_value=WINDOWS[0],
        max_value=WINDOWS[-1],
        initial=30,
    )
