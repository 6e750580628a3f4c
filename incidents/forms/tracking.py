"""What responders send about related incidents and tasks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.naming import person_named
from incidents import tasking
from incidents.forms.entering import numbered
from incidents.forms.fields import MomentField
from incidents.models import Relation, Task
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

    @classmethod
    def about(cls, task: Task) -> "TaskForm":
        owner = task.owner.username if task.owner else ""
        return cls(initial={"title": task.title, "owner": owner, "due_at": task.due_at})

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        due_at, before = said.get("due_at"), self.initial.get("due_at")
        # A browser sends minutes; what was not touched is not taken for a change.
        if due_at and before and due_at == before.replace(second=0, microsecond=0):
            said["due_at"] = before
        return said


class SettleForm(PanelForm):
    at = "settle"

    to = forms.ChoiceField(choices=Task.State)
    note = forms.CharField(
        label=_("Why, or what came of it?"), required=False, max_length=tasking.LONGEST_NOTE
    )
