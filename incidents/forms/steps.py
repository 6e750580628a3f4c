"""What responders send about the steps of a runbook."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from accounts.naming import person_named
from incidents import library
from incidents.books import Runbook
from incidents.models import RunbookStep
from incidents.runbooks import LONGEST_REASON
from incidents.steps import LONGEST_NOTE
from programs.forms import PanelForm


class StepForm(PanelForm):
    at = "step"

    to = forms.ChoiceField(choices=RunbookStep.State)
    note = forms.CharField(required=False, max_length=LONGEST_NOTE)
    statement = forms.CharField(required=False, max_length=LONGEST_NOTE)


class AttachForm(PanelForm):
    at = "attach"

    runbook = forms.ChoiceField(label=_l("Runbook"))
    reason = forms.CharField(label=_l("Reason"), max_length=LONGEST_REASON)

    def __init__(
        self,
        *args: Any,
        attached: Iterable[str] = (),
        books: list[Runbook] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = library.in_force() if books is None else books
        others = [book for book in known if book.id not in {*attached}]
        self.fields["runbook"].choices = [(book.id, book.title) for book in others]  # type: ignore[attr-defined]


class AssignForm(PanelForm):
    """A user name or an e-mail address; empty for nobody in particular."""

    at = "assign"

    who = forms.CharField(required=False, max_length=254)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        who = said.get("who", "").strip()
        said["person"] = person_named(who) if who else None
        if who and said["person"] is None:
            self.add_error("who", _("Nobody has this user name or e-mail address."))
        return said


class HookForm(PanelForm):
    at = "hook"

    hook = forms.CharField(max_length=30)
    confirm = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=LONGEST_NOTE)


class GateForm(PanelForm):
    at = "gate"

    statement = forms.CharField(required=False, max_length=LONGEST_NOTE)


class NoteForm(PanelForm):
    at = "note"

    note = forms.CharField(required=False, max_length=LONGEST_NOTE)
