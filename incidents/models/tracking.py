"""What else belongs to an incident: others that it is related to, and tasks."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident


class Relation(models.Model):
    """Two incidents that have to do with each other. Read from both sides, ended and never removed.

    Of a follow-up, `one` follows `other`; the other kinds have no direction.
    """

    class Kind(models.TextChoices):
        SAME_CAUSE = "same_cause", _("Same cause")
        FOLLOW_UP = "follow_up", _("Follow-up of")
        RELATED = "related", _("Related")

    one = models.ForeignKey(
        Incident, models.PROTECT, related_name="relations_from", verbose_name=_("incident")
    )
    other = models.ForeignKey(
        Incident, models.PROTECT, related_name="relations_to", verbose_name=_("and incident")
    )
    kind = models.CharField(max_length=10, choices=Kind)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="related_to_another", condition=~models.Q(one=models.F("other"))
            ),
            models.UniqueConstraint(
                Least("one", "other"),
                Greatest("one", "other"),
                condition=models.Q(ended_at=None),
                name="related_once",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Task(models.Model):
    """Something to do that no runbook knows. Being given one lets nobody in."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    # Why it was dropped or opened again, or what came of it.
    note = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    # The due time that its owner was reminded of; None before.
    reminded_of = models.DateTimeField(null=True, blank=True)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(default=timezone.now)

    history = KeptHistory()

    class Meta:
        ordering = [models.F("due_at").asc(nulls_last=True), "pk"]
        constraints = [
            models.CheckConstraint(
                name="task_state_known", condition=models.Q(state__in=["open", "done", "dropped"])
            ),
            models.CheckConstraint(
                name="task_dropped_with_a_reason",
                condition=~models.Q(state="dropped", note=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_late(self) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < timezone.now()

    @property
    def task_state(self) -> str:
        """The name under which pages know how this state looks."""
        return "task_late" if self.is_late else f"task_{self.state}"


keep(Relation, refuse=("DELETE",))
keep(Task, refuse=("DELETE",))
