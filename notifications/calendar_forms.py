"""What people may send to add a calendar to a rota; calendars.py checks it again."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import agenda, rotas
from notifications.calendars import Terms
from programs.forms import PanelForm

_UNGUESSED = {"autocomplete": "off", "spellcheck": "false"}


class CalendarForm(PanelForm):
    """A calendar that others keep: at an address, or as a file."""

    at = "calendar"

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=rotas.LONGEST_NAME,
        help_text=gettext_lazy("Such as Team calendar."),
        widget=forms.TextInput(attrs=_UNGUESSED),
    )
    rank = forms.IntegerField(
        label=gettext_lazy("Rank"),
        help_text=gettext_lazy("From 1 to 100, as for layers. The higher one counts."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy(
            "Of an iCalendar (.ics). It is read each hour, kept encrypted, and not shown again."
        ),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=_UNGUESSED | {"inputmode": "url"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        help_text=gettext_lazy("At most 1 MB. It is read once, for the coming year."),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > agenda.MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        given = [name for name in ("address", "file") if said.get(name)]
        if len(given) != 1 and not {"address", "file"} & set(self.errors):
            self.add_error("address", _("Give an address or a file: one of them."))
        return said

    def terms(self) -> Terms:
        """Call it once the form is valid."""
        return Terms(self.cleaned_data["name"], self.cleaned_data["rank"])
