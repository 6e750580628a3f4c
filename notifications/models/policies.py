"""Whom to page, in which order and by which means."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.functions import Function
from accounts.kept import KeptHistory, keep
from incidents.models import Role
from notifications.models.rotas import Gap, Rota
from programs.models import Program


class EscalationPolicy(models.Model):
    """Whom to page, in which order, for which levels.

    A program's own policy beats the general one.
    """

    name = models.CharField(max_length=120)
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, blank=True, related_name="policies"
    )
    levels = ArrayField(models.PositiveSmallIntegerField(), default=list)
    # How often the steps are gone through again while nobody answers.
    repeats = models.PositiveSmallIntegerField(default=3)
    repeat_after_seconds = models.PositiveIntegerField(default=300)
    # Grows with each change; a run keeps a copy of what the policy was.
    version = models.PositiveIntegerField(default=1)
    # Not any more once it is retired, and then for good.
    active = models.BooleanField(default=True)
    # Paged when this one reaches nobody, or nobody answers; the operators if there is none.
    fallback = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="falls_back_here"
    )
    # Steps are taken on these days (0 is Monday) between these times of this zone. No days: always.
    zone = models.CharField(max_length=64, blank=True, default="")
    days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    # What the last look at whom it reaches found, in a sentence; empty if all is well.
    finding = models.CharField(max_length=500, blank=True, default="")
    looked_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(excluded_fields=["finding", "looked_at"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hours_for_the_mild_levels_alone",
                condition=Q(days=[]) | Q(levels__contained_by=[4, 5]),
            ),
            models.CheckConstraint(
                name="hours_are_whole",
                condition=Q(days=[]) | Q(opens__isnull=False, closes__isnull=False) & ~Q(zone=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """So many seconds after the step before, if nobody answered, page its targets."""

    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    after_seconds = models.PositiveIntegerField()

    history = KeptHistory()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="step_once_in_policy"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} step {self.number}"


class EscalationTarget(models.Model):
    """Whom a step pages: several of them are paged at once.

    Another kind of target takes, in this order: a value of `Kind`; a column for what it names, if
    no column fits, and a line in the constraint below; a field of the same name in
    `escalation.Target` (what a run keeps of it); a function in `targets.BY_KIND` that finds the
    people behind it, and how it is called in `targets.called`. A kind that is no people, such as a
    channel that many read, is asked for in `targets.places` instead.
    """

    class Kind(models.TextChoices):
        FUNCTION = "function", _("Everybody with a function")
        TEAM = "team", _("Everybody in a team")
        PERSON = "person", _("A person")
        ROLE = "role", _("Who has a role in the incident")
        ROTA = "rota", _("Who is on call in a rota")
        FALLBACK = "fallback", _("Those on whom the policy falls back")

    step = models.ForeignKey(EscalationStep, models.CASCADE, related_name="targets")
    kind = models.CharField(max_length=12, choices=Kind)
    # The name of a function, a role or a team, none of which is ever given another.
    name = models.CharField(max_length=80, blank=True, default="")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    rota = models.ForeignKey(Rota, models.PROTECT, null=True, blank=True, related_name="+")
    # By which ways; empty: all that the person has.
    methods = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="target_names_what_its_kind_needs",
                condition=Q(kind="function", name__in=Function.values, person=None, rota=None)
                | Q(kind="role", name__in=Role.values, person=None, rota=None)
                | Q(~Q(name=""), kind="team", person=None, rota=None)
                | Q(kind="person", name="", person__isnull=False, rota=None)
                | Q(kind="rota", name="", person=None, rota__isnull=False)
                | Q(kind="fallback", name="", person=None, rota=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.kind} {self.name}"


class PolicyVersion(models.Model):
    """A policy as it was from one change to the next, who changed it and why."""

    policy = models.ForeignKey(EscalationPolicy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # What policydraft.Draft.plain makes.
    document = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    # None: Andon itself, when it was installed.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} version {self.number}"


keep(PolicyVersion)


class PolicyGap(Gap):
    """A time in which no step of a policy reaches anybody for sure."""

    # Without a history: it notes what was found, and `over_at` when it was found no more.

    policy = models.ForeignKey(EscalationPolicy, models.PROTECT, related_name="gaps")

    class Meta:
        indexes = [
            models.Index(fields=["policy"], condition=models.Q(over_at=None), name="gap_of_policy")
        ]
