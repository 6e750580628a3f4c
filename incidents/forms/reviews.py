"""What people send about the review of an incident and its action items."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from accounts.naming import person_named
from incidents import items, itemsaid, reviewform, reviews
from incidents.itemsaid import Said, Wanted
from incidents.models import ActionItem
from programs.controlset import ControlSet
from programs.forms import PanelForm


class ReviewForm(PanelForm):
    """What contributed, and one text for each section of the form."""

    at = "review"

    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    causes = forms.MultipleChoiceField(
        label=_l("What contributed"),
        help_text=_l(
            "All that did, not one root cause. Leadership reads how often each does,"
            " in how many incidents together."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--wide"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["causes"].choices = [  # type: ignore[attr-defined]
            (each.key, f"{each.title}: {each.asks}") for each in reviewform.current().causes
        ]
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

    def said(self) -> Said:
        return Said(**self.cleaned_data)


class ItemChangeForm(ItemForm):
    """The same with what stood in it when it was opened, so that another's change is seen."""

    read = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, item: ActionItem, **kwargs: Any) -> None:
        stands = itemsaid.plain(itemsaid.of(item))
        super().__init__(*args, initial=stands | {"read": stands}, **kwargs)

    def clean_read(self) -> dict[str, str] | None:
        read = self.cleaned_data["read"]
        return {str(k): str(v) for k, v in read.items()} if isinstance(read, dict) else None

    def wanted(self) -> Wanted:
        return Wanted(**{name: self.cleaned_data[name] for name in itemsaid.NAMES})

    def open_anew(self, item: ActionItem) -> None:
        """Let what they changed be saved upon what the item says by now; the rest is shown so."""
        read, stands = self.cleaned_data.get("read") or {}, itemsaid.plain(itemsaid.of(item))
        # What was refused is in there no more.
        wanted = itemsaid.plain(
            Wanted(**{name: self.cleaned_data.get(name) for name in itemsaid.NAMES})
        )
        same = {name: stands[name] for name, text in wanted.items() if text == read.get(name)}
        sent: Any = self.data
        data = sent.copy()
        for name, text in (same | {"read": json.dumps(stands)}).items():
            data[name] = text
        self.data = data


class WordForm(PanelForm):
    """What was done, what shows it, or why not."""

    at = "word"

    said = forms.CharField(required=False, max_length=items.LONGEST_WORD)
