"""What people send to write a version of the severity rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents import rulesets, seconding
from incidents.forms.fields import MomentField
from programs.forms import PanelForm


class RuleSetForm(PanelForm):
    """The whole text, written in place or sent as a file, from when it counts, and why."""

    at = "rules"

    based_on = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("The rules, as YAML"),
        required=False,
        max_length=rulesets.LONGEST_TEXT,
        strip=False,
        help_text=_("Give it the next version. Decimals stand in quotes."),
        widget=forms.Textarea(attrs={"rows": 30, "class": "mono", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("It then stands in place of the text.")
    )
    effective_from = MomentField(
        label=_("Decides from"),
        required=False,
        help_text=_("Empty: a minute after a second person publishes it."),
    )
    reason = forms.CharField(
        label=_("Why is it changed?"),
        max_length=seconding.LONGEST_REASON,
        help_text=_("Stands beside the version."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Either this or the file is needed, so "(optional)" would be wrong.
        self.fields["text"].has_unknown = True  # type: ignore[attr-defined]

    def can_be_looked_at(self) -> bool:
        """True if all but the reason is there: whoever only looks need not give one yet."""
        self.errors.pop("reason", None)
        return self.is_valid()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if file.size > rulesets.LONGEST_TEXT:
            most = _("At most %(most)s bytes.") % {"most": rulesets.LONGEST_TEXT}
            raise forms.ValidationError(most)
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("Must be text in UTF-8.")) from None

    @property
    def written(self) -> str:
        """The text that was sent. Call it once the form is valid."""
        said = self.cleaned_data
        return str(said["file"] or said["text"]).replace("\r\n", "\n")
