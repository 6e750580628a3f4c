"""What responders send about evidence."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents import intake
from incidents.custody import LONGEST_NOTE
from incidents.sniffing import Family
from programs.forms import PanelForm


def _what_is_taken() -> str:
    taken = ", ".join(str(each.label) for each in Family if each in settings.EVIDENCE.families)
    said = gettext("Up to %(mib)s MiB: %(kinds)s. Anything else in a ZIP archive.")
    return said % {"mib": f"{settings.EVIDENCE.largest / 1024**2:g}", "kinds": taken}


class UploadForm(PanelForm):
    at = "evidence"

    file = forms.FileField(
        label=_("File"),
        help_text=lazy(_what_is_taken, str)(),
        error_messages={"required": _("Choose a file.")},
        # The domain says it in a sentence of its own.
        allow_empty_file=True,
        widget=forms.FileInput,
    )
    note = forms.CharField(
        label=_("What does it show, and where is it from?"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        # It was dropped on its way in; that none was chosen would be a lie.
        self.fields["file"].required = not too_large

    def clean_file(self) -> Any:
        if self.too_large:
            said = intake.too_large().sentence
            raise forms.ValidationError(said[:1].upper() + said[1:])
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError(gettext("One file at a time, please; none was added."))
        return self.cleaned_data["file"]


class HoldForm(PanelForm):
    """Why a legal hold is set or lifted."""

    at = "hold"

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Stands in the custody log."),
        max_length=LONGEST_NOTE,
    )
