"""The response: who does what, what happened when, which steps are open, who was let in."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident


class Role(models.TextChoices):
    """A duty in one incident.

    Source of the set: PagerDuty's and Dispatch's roles, GDPR Art. 38 and 39.
    """

    COMMANDER = "commander", _("Incident commander")
    DEPUTY = "deputy", _("Deputy")
    SCRIBE = "scribe", _("Scribe")
    COMMS = "comms_lead", _("Communications lead")
    PRIVACY = "privacy_lead", _("Privacy lead")
    LEGAL = "legal", _("Legal counsel")
    EXECUTIVE = "executive_sponsor", _("Executive sponsor")
    EXPERT = "expert", _("Subject-matter expert")
    CUSTODIAN = "custodian", _("Custodian")


# Roles that several people may hold at once.
SHARED_ROLES = (Role.EXPERT, Role.CUSTODIAN)


class RoleAssignment(models.Model):
    """A person in a role, from when to when."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="roles")
    role = models.CharField(max_length=20, choices=Role)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=models.Q(until=None) & ~models.Q(role__in=["expert", "custodian"]),
                name="one_holder_per_role",
            ),
            models.UniqueConstraint(
                fields=["incident", "role", "person"],
                condition=models.Q(until=None),
                name="each_role_once_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.get_role_display()}"


class TimelineEntry(models.Model):
    """One line of the incident's story.

    Never changed: a correction supersedes it and the old text stays.
    """

    class Kind(models.TextChoices):
        REPORT = "report", _("Report")
        UPDATE = "update", _("Update")
        SEVERITY = "severity", _("Severity")
        STATUS = "status", _("Status")
        PAUSE = "pause", _("Pause")
        PROOF = "proof", _("Proof of stop")
        RULE = "rule", _("Rule")
        ESCALATION = "escalation", _("Escalation")
        ROLE = "role", _("Role")
        RUNBOOK = "runbook", _("Runbook")
        ACCESS = "access", _("Access")
        EVIDENCE = "evidence", _("Evidence")
        REVIEW = "review", _("Review")
        EXPOSURE = "exposure", _("Exposure")
        LEGAL = "legal", _("Legal clock")

    class Audience(models.TextChoices):
        RESPONDERS = "responders", _("Responders")
        LEADERSHIP = "leadership", _("Leadership")
        TOLD = "told", _("People who were told")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=10, choices=Kind)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.RESPONDERS)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150)
    text = models.TextField(max_length=10_000)
    data = models.JSONField(default=dict, blank=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        indexes = [
            models.Index(fields=["incident", "-occurred_at", "-id"], name="timeline_of_incident"),
            models.Index(fields=["incident", "-recorded_at"], name="timeline_last_entry"),
            # What happened in a period, whatever the incident: digests.
            models.Index(
                fields=["recorded_at"],
                name="timeline_of_period",
                condition=models.Q(kind__in=["severity", "status", "update"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.occurred_at:%Y-%m-%d %H:%M}"


class RunbookRun(models.Model):
    """A runbook as it was when it was attached. Later versions do not change a run."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="runbooks")
    runbook = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    attached_at = models.DateTimeField(default=timezone.now)
    attached_by = models.CharField(max_length=150)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "runbook"], name="runbook_attached_once")
        ]

    def __str__(self) -> str:
        return self.title


class GateCheck(models.TextChoices):
    """What must hold before a step with a gate is done."""

    STATEMENT = "statement", _("Somebody says how they know")
    SECOND_PERSON = "second_person", _("A second person says how they know")
    STOP_PROVEN = "stop_proven", _("Every stop of the incident is proven")


class RunbookStep(models.Model):
    """One thing to do, by whom, by when."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Not needed")

    run = models.ForeignKey(RunbookRun, models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=60)
    action = models.TextField()
    gate = models.TextField(blank=True)
    gate_checks = ArrayField(
        models.CharField(max_length=13, choices=GateCheck), default=list, blank=True
    )
    # How somebody knows that the gate is met.
    gate_said = models.CharField(max_length=500, blank=True)
    gate_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    gate_at = models.DateTimeField(null=True, blank=True)
    hooks = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    # When it was said that it is late: to whoever has to do it, and to the commander. Once each.
    told_late_at = models.DateTimeField(null=True, blank=True)
    told_up_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="step_once_in_run")]

    def __str__(self) -> str:
        return f"{self.number}. {self.action[:40]}"

    @property
    def checks(self) -> list[str]:
        """What its gate asks for; a gate that does not say asks for a statement."""
        return self.gate_checks or ([GateCheck.STATEMENT.value] if self.gate else [])

    @property
    def needs_a_word(self) -> bool:
        """True if somebody has to say how they know that the gate is met."""
        return bool({GateCheck.STATEMENT, GateCheck.SECOND_PERSON} & {*self.checks})

    @property
    def needs_a_second_person(self) -> bool:
        return GateCheck.SECOND_PERSON in self.checks


class AccessGrant(models.Model):
    """Why a person or team may see an incident.

    The guardian rows that follow from it are access.py's.
    """

    class Level(models.TextChoices):
        VIEW = "view", _("Read")
        CONTRIBUTE = "contribute", _("Contribute")
        MANAGE = "manage", _("Manage")
        CLOSE = "close", _("Close")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="grants")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level)
    reason = models.CharField(max_length=300)
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField(default=timezone.now)
    # What a rule gives is not a person's to end.
    by_rule = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        # Those whose time is up are looked for at every reading of what a person may see.
        indexes = [
            models.Index(
                fields=["expires_at"], name="grant_for_a_time", condition=models.Q(ended_at=None)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="grant_to_a_person_or_a_team",
                condition=models.Q(person=None, team__isnull=False)
                | models.Q(person__isnull=False, team=None),
            ),
            models.UniqueConstraint(
                fields=["incident", "person", "team", "level"],
                condition=models.Q(ended_at=None),
                nulls_distinct=False,
                name="one_grant_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person or self.team}: {self.level}"


keep(TimelineEntry)
