"""What people may send to page by hand, hand over or put off. The domain says who may do what."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.naming import person_named
from incidents.models import Incident
from notifications import answering
from notifications.reading import Run
from programs.forms import PanelForm


class ByHandForm(PanelForm):
    """One act by hand in the panel of the paging. Its `at` is also the name of its address."""

    title: Any = ""
    hint: Any = ""
    field_order = ("person", "minutes", "step", "reason")

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Stands on the timeline."),
        max_length=answering.LONGEST_REASON,
    )


class _PersonForm(ByHandForm):
    person = forms.CharField(
        label=_("Person"),
        help_text=_("User name or e-mail address."),
        max_length=254,
        # The list of the panel of tasks: those who see the incident.
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "task-people"}),
    )

    def clean_person(self) -> User:
        person = person_named(self.cleaned_data["person"])
        if person is None:
            raise forms.ValidationError(_("Nobody has this user name or e-mail address."))
        return person


class HandOverForm(_PersonForm):
    at = "hand-over"
    title = _("Hand over")
    hint = _(
        "They are paged and must acknowledge; until then nothing changes. If they do not in time,"
        " all are paged again. Name yourself to take over at once."
    )


class SnoozeForm(ByHandForm):
    at = "snooze"
    title = _("Put off")
    hint = _("You are on it, and nobody is paged until then. Then all are paged again.")

    minutes = forms.IntegerField(label=_("For how many minutes"))

    def __init__(self, *args: Any, most: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if most:
            field = self.fields["minutes"]
            field.widget.attrs |= {"min": 1, "max": most}
            field.help_text = _("At most %(most)s.") % {"most": most}


class EscalateForm(ByHandForm):
    at = "escalate"
    title = _("Escalate now")
    hint = _("The step is taken at once. An answer that was given is taken back.")

    step = forms.TypedChoiceField(label=_("Step"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, run: Run | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [(line.number, f"{line.number}: {line.who}") for line in run.steps] if run else []
        self.fields["step"].choices = [("", _("The next one")), *steps]  # type: ignore[attr-defined]


class PagePersonForm(_PersonForm):
    at = "page-person"
    title = _("Page a person")
    hint = _(
        "They are paged now, beside the steps, and let in. Only who manages the incident can page"
        " somebody who takes no part in it yet."
    )


def offered(incident: Incident, run: Run | None, sent: forms.Form | None) -> list[ByHandForm]:
    """Return the forms that make sense now.

    Args:
        run: the newest paging.
        sent: a form that was refused; it is shown again in its place, even if it makes no sense.
    """
    answered = run is not None and run.escalation.acknowledged_by_id is not None
    most = longest(incident, run)
    fresh: list[ByHandForm] = [HandOverForm()] if answered else []
    fresh += [SnoozeForm(most=most)] if most else []
    fresh += [EscalateForm(run=run), PagePersonForm()]
    if not isinstance(sent, ByHandForm):
        return fresh
    if sent.at not in {form.at for form in fresh}:
        return [sent, *fresh]
    return [sent if form.at == sent.at else form for form in fresh]


def longest(incident: Incident, run: Run | None) -> int | None:
    """For how many minutes the paging can be put off; None for not at all."""
    rest = answering.longest_rest(incident, run.escalation) if run else None
    return int(rest.total_seconds()) // 60 if rest else None
