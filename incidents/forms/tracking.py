"""What responders send about related incidents and tasks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.naming import person_named
from incidents import meanwhile, tasking
from incidents.forms.entering import numbered
from incidents.forms.fields import MomentField
from incidents.models import Relation, Task
from incidents.tasking import Said
from programs.forms import PanelForm


class RelateForm(PanelForm):
    at = "related"

    kind = forms.ChoiceField(label=_("This is"), choices=Relation.Kind, initial="related")
    number = forms.CharField(
        label=_("Which incident?"),
        help_text=_("Its number, such as INC-17. You must take part in both."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_number(self) -> int:
        return numbered(self.cleaned_data["number"])


class TaskForm(PanelForm):
    at = "tasks"

    title = forms.CharField(label=_("What is to be done?"), max_length=tasking.LONGEST_TITLE)
    owner = forms.CharField(
        label=_("Who does it?"),
        help_text=_("User name or e-mail address of somebody who sees this incident already."),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "task-people"}),
    )
    due_at = MomentField(label=_("By when?"), required=False)

    def clean_owner(self) -> User | None:
        who = self.cleaned_data["owner"].strip()
        person = person_named(who) if who else None
        if who and person is None:
            raise forms.ValidationError(_("Nobody has this user name or e-mail address."))
        return person


class TaskChangeForm(TaskForm):
    """The same with the version that was open, so that another's change is seen."""

    based_on = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, read: Task, **kwargs: Any) -> None:
        """Show a task; or take what was sent by who had `read` it as it says."""
        self.read = tasking.said_of(read)
        super().__init__(*args, initial=_initial(self.read), **kwargs)
        if not self.is_bound:
            self.initial["based_on"] = meanwhile.version_of(read)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        due_at, before = said.get("due_at"), self.read.due_at
        # A browser sends minutes; what was not touched is not taken for a change.
        if due_at and before and due_at == before.replace(second=0, microsecond=0):
            said["due_at"] = before
        return said

    def said(self) -> Said:
        return Said(**{name: self.cleaned_data[name] for name in meanwhile.parts(self.read)})

    @classmethod
    def anew(cls, task: Task, said: Said, read: Said) -> "TaskChangeForm":
        """Show what it says by now, with what somebody wanted otherwise than they had read it."""
        form, wanted = cls(read=task), _initial(said)
        changed = {n: wanted[n] for n, was in _initial(read).items() if wanted[n] != was}
        form.initial.update(changed)
        return form


def _initial(said: Said) -> dict[str, Any]:
    return meanwhile.parts(said) | {"owner": said.owner.username if said.owner else ""}


class SettleForm(PanelForm):
    at = "settle"

    to = forms.ChoiceField(choices=Task.State)
    note = forms.CharField(
        label=_("Why, or what came of it?"), required=False, max_length=tasking.LONGEST_NOTE
    )
