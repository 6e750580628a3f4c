"""What people may send about programs. Forms check the shape; the domain says what may be done."""

import re
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.functions import Function
from accounts.models import User
from programs import evidence, terms
from programs.drawn import DrawnField
from programs.fields import PeopleField
from programs.models import CONFIRMS, Category, Dataset, Hook, HookCall, HookEvent, Program
from programs.models.collecting import NAME
from severity.ladder import Sev


class PanelForm(forms.Form):
    """A form of one panel. Several stand on a page, so `at`, the panel's name, starts the ids."""

    at = ""
    bound_field_class = DrawnField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.at}-%s", **kwargs})

    def blame(self, sentence: str) -> None:
        """Put a refusal of the domain where it belongs: "reason: say why" at the field `reason`."""
        name, colon, words = sentence.partition(": ")
        if colon and name in self.fields:
            self.add_error(name, words[:1].upper() + words[1:])
        else:
            self.add_error(None, sentence)


class SentFileForm(PanelForm):
    """A form with a file that may have been dropped on its way in, as it was too large."""

    # What else can be done with a larger one; empty if nothing can.
    instead: str | Promise = ""

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        # That none was chosen would be a lie.
        self.fields["file"].required = not too_large

    def clean_file(self) -> Any:
        if self.too_large:
            most = gettext("The file is too large: at most %(n)s MiB are read here.")
            said = most % {"n": evidence.LARGEST // 1024**2}
            raise forms.ValidationError(f"{said} {self.instead}".strip())
        return self.cleaned_data["file"]


class PauseForm(PanelForm):
    at = "pause"

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Everybody who sees the program reads it."),
        required=False,
        max_length=2000,
    )


class RetireForm(PanelForm):
    at = "retire"

    reason = forms.CharField(label=_("Reason"), max_length=500)


class CollectorForm(PanelForm):
    at = "collector"

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Small letters, digits, dots, dashes and underscores, such as laptop-7."),
        max_length=80,
        validators=[NAME],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    dataset: Any = forms.ModelChoiceField(
        label=_("Writes to"),
        help_text=_(
            "Unknown counts as every dataset: a pause of one stops this collector as well."
        ),
        queryset=None,
        required=False,
        empty_label=_("I do not know"),
    )
    is_drill = forms.BooleanField(
        label=_("For drills only: it collects nothing real"),
        help_text=_("Drills of this program can stop it without the others."),
        required=False,
    )

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["dataset"]
        field.queryset = program.datasets.all()
        field.has_unknown = True


class HookForm(PanelForm):
    """What another system is told of a program, and what is asked of it."""

    at = "hook"

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Of the system or team, such as Feature store."),
        max_length=80,
    )
    kind = forms.ChoiceField(label=_("What it holds"), choices=Hook.Kind)
    url = forms.CharField(
        label=_("Address"),
        help_text=_("Where to post, such as https://host/path."),
        max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told"), choices=HookEvent, widget=forms.CheckboxSelectMultiple
    )
    dataset: Any = forms.ModelChoiceField(
        label=_("Only for"),
        help_text=_("A stop of another dataset alone is not told."),
        queryset=None,
        required=False,
        empty_label=_("Every dataset"),
    )
    confirms = forms.BooleanField(
        label=_("A stop is proven only once it has confirmed"), required=False, initial=True
    )
    confirm_seconds = forms.IntegerField(
        label=_("Seconds that it has to confirm"),
        help_text=_("Then the owner of the program is paged."),
        initial=300,
        min_value=10,
        max_value=86_400,
    )

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["dataset"]
        field.queryset = Dataset.objects.filter(program=program)
        field.has_unknown = True


class ConfirmForm(PanelForm):
    """The word of a person that another system has done what it was told."""

    at = "confirm"

    state = forms.ChoiceField(label=_("What it has done"))
    detail = forms.CharField(label=_("How do you know?"), max_length=500)

    def __init__(self, *args: Any, call: HookCall, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"confirm-{call.pk}-%s", **kwargs})
        self.call = call
        field: Any = self.fields["state"]
        field.choices = [(state.value, state.label) for state in CONFIRMS[HookEvent(call.event)]]


class FactField(forms.TypedChoiceField):
    """Yes, no, or "I do not know", which is None."""

    has_unknown = True

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", _("I do not know")), ("yes", _("Yes")), ("no", _("No"))]
        super().__init__(
            choices=choices,
            coerce=lambda word: word == "yes",
            empty_value=None,
            required=False,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value)


class TermsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a program says of itself. What is unknown counts as yes."""

    categories = forms.MultipleChoiceField(
        label=_("Kinds of data"),
        choices=Category,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--wide"}),
    )
    jurisdictions = forms.CharField(
        label=_("Jurisdictions"),
        help_text=_("Where the people are, as country codes: DE, FR, US-CA."),
        required=False,
        max_length=200,
    )
    of_workers = FactField(
        label=_("Are the participants workers of the organisation?"),
        help_text=_("This and what follows decide which controls apply. Unknown counts as yes."),
    )
    codetermination = FactField(label=_("Does a works council or union have a say?"))
    ai_in_eu = FactField(
        label=_("Does AI that is trained on the data, or fed with them, manage workers in the EU?")
    )
    has_processors = FactField(label=_("Do other companies process the data?"))
    trains_models = FactField(label=_("Are models trained on the data?"))

    class Meta:
        model = Program
        fields = list(terms.FIELDS)
        labels = {
            "name": _("Name"),
            "slug": _("Short name"),
            "purpose": _("Purpose"),
            "participants": _("How many people does it collect from?"),
            "declared_audience": _("Who is meant to read the data?"),
            "declared_audience_size": _("How many readers is that?"),
            "lease_seconds": _("Length of a lease, in seconds"),
            "is_drill": _("For drills only: it collects nothing real"),
        }
        field_classes = {"participants": PeopleField, "declared_audience_size": PeopleField}
        help_texts = {
            "slug": _("In addresses and for collectors: small letters, digits and dashes."),
            "purpose": _("What it collects the data for, in a sentence or two."),
            "lease_seconds": _(
                "From 3 to 60. With everything dead, collection stops that long after a pause."
            ),
        }
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["jurisdictions"] = ", ".join(self.initial.get("jurisdictions") or [])

    def clean_jurisdictions(self) -> list[str]:
        codes = re.split(r"[\s,;]+", self.cleaned_data["jurisdictions"].strip().upper())
        wrong = [
            code for code in codes if code and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code)
        ]
        if wrong:
            raise forms.ValidationError(
                _("%(codes)s: give country codes such as DE or US-CA."),
                params={"codes": ", ".join(wrong)},
            )
        return [code for code in codes if code]


class DraftForm(TermsForm):
    """A new program. It may not collect before a second person has approved it."""

    pause_at = forms.TypedChoiceField(
        label=_("Pause from"),
        help_text=_("A program may pause earlier than the organisation's SEV 2, never later."),
        coerce=int,
        initial=Sev.SEV2.value,
        choices=[(sev.value, sev.label) for sev in Sev if not sev.at_least(Sev.SEV1)],
    )
    owner: Any = forms.ModelChoiceField(label=_("Owner"), queryset=None)
    field_order = ["name", "slug", "purpose", "owner", *terms.FIELDS[1:]]

    class Meta(TermsForm.Meta):
        fields = [
            "name",
            "slug",
            "owner",
            *terms.FIELDS,
            "pause_at",
            "lease_seconds",
            "is_drill",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        own = User.objects.filter(pk=user.pk)
        others = User.objects.filter(groups__name=Function.PROGRAM_OWNER.value, is_active=True)
        owner.queryset = (own | others).distinct() if user.is_any(Function.PRIVACY_OFFICER) else own
        owner.initial = user.pk
        owner.label_from_instance = lambda row: row.name

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug == "new":
            raise forms.ValidationError(
                _("This word is taken by the page you are on; choose another.")
            )
        return slug
