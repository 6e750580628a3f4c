"""What people send about the review of an incident and its action items."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from incidents import items, reviewform, reviews
from incidents.forms.response import person_named
from incidents.models import ActionItem
from programs.controlset import ControlSet
from programs.forms import PanelForm


class ReviewForm(PanelForm):
    """One text for each section of the form."""

    at = "review"

    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section in reviewform.current().sections:
            self.fields[section.key] = forms.CharField(
                label=section.title,
                help_text=section.asks,
                required=False,
                max_length=reviews.LONGEST_SECTION,
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    def sections(self) -> dict[str, str]:
        return {s.key: self.cleaned_data[s.key] for s in reviewform.current().sections}


class ItemForm(PanelForm):
    at = "item"

    what = forms.CharField(label=_l("What is to be done?"), max_length=items.LONGEST_WHAT)
    kind = forms.ChoiceField(label=_l("So as to"), choices=ActionItem.Kind)
    owner = forms.CharField(
        label=_l("Whose is it?"),
        help_text=_l("User name or e-mail address."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "review-people"}),
    )
    due_on = forms.DateField(label=_l("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    control = forms.ChoiceField(label=_l("Control"), required=False)
    test = forms.CharField(
        label=_l("How will it be verified?"), required=False, max_length=items.LONGEST_TEST
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ControlSet.current().controls
        choices = [("", "–"), *((each.id, f"{each.id} {each.name}") for each in known)]
        self.fields["control"].choices = choices  # type: ignore[attr-defined]

    def clean_owner(self) -> Any:
        person = person_named(self.cleaned_data["owner"].strip())
        if person is None:
            raise forms.ValidationError(_("Nobody has this user name or e-mail address."))
        return person

    def said(self) -> items.Said:
        return items.Said(**self.cleaned_data)


class WordForm(PanelForm):
    """What was done, what shows it, or why not."""

    at = "word"

    said = forms.CharField(required=False, max_length=items.LONGEST_WORD)
