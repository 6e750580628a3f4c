"""What privacy officers send about files of historic incidents."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents import importing, importrows
from incidents.models import Import
from programs.forms import PanelForm


def _how_large() -> str:
    said = gettext("UTF-8, up to %(mib)s MiB. Larger files: manage.py import_incidents.")
    return said % {"mib": f"{settings.EVIDENCE.largest / 1024**2:g}"}


class FileForm(PanelForm):
    at = "import"

    file = forms.FileField(
        label=_("File"),
        help_text=lazy(_how_large, str)(),
        error_messages={"required": _("Choose a file.")},
        # The domain says it in a sentence of its own.
        allow_empty_file=True,
        widget=forms.FileInput,
    )
    form = forms.ChoiceField(label=_("Form"), choices=Import.Form)
    source = forms.CharField(
        label=_("Whose numbering is it?"),
        help_text=_("Such as Old tracker. The same number of the same source is filed once."),
        max_length=importing.LONGEST_SOURCE,
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        # It was dropped on its way in; that none was chosen would be a lie.
        self.fields["file"].required = not too_large

    def clean_file(self) -> Any:
        if self.too_large:
            raise forms.ValidationError(gettext("The file is too large.") + " " + _how_large())
        return self.cleaned_data["file"]

    def sent(self) -> importing.File:
        said = self.cleaned_data
        # The bytes themselves, as Python's own readers want them.
        content = said["file"].file
        content.seek(0)
        return importing.File(content, said["file"].name or "", said["form"], said["source"])


class ColumnsForm(PanelForm):
    """Which column tells what: one choice for each field."""

    at = "columns"

    def __init__(self, *args: Any, run: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((str(n), name) for n, name in enumerate(run.columns))]
        for each in importrows.FIELDS.values():
            self.fields[each.name] = forms.ChoiceField(
                label=each.name,
                choices=choices,
                required=each.needed,
                initial=str(run.mapping.get(each.name, "")),
            )

    def mapping(self) -> dict[str, int]:
        return {name: int(value) for name, value in self.cleaned_data.items() if value}
