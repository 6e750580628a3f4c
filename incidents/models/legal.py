"""What an incident owes by law: the facts and moments that clocks count from, and each duty."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.drafts import DraftVersion
from incidents.models.evidence import Evidence
from incidents.models.incident import Incident

# The calendars of severity.clocks, and what was read of a law, in words.
_CALENDARS = {
    "hours_continuous": _("hours, without a break"),
    "calendar_days": _("calendar days"),
    "eu_days": _("days of the EU: an end moves to the next working day"),
    "business_days_us_federal": _("business days of the US federation"),
    "business_days_br": _("business days of Brazil"),
    "dora_noon": _("DORA: an end moves to noon of the next working day"),
}
_SOURCES = {
    "primary": _("the law was read"),
    "secondary": _("a page about it was read"),
    "unverified": _("not verified"),
    "none": _("yours to fill"),
}


class LegalFacts(models.Model):
    """What was stated of an incident for its legal clocks. Never changed: the next supersedes it.

    `facts` has the form of docs/clocks.md; what is left out there is not known.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="legal_facts")
    facts = models.JSONField(default=dict)
    reason = models.CharField(max_length=1000)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    set_as = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "legal facts"
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=models.Q(supersedes=None),
                name="legal_facts_begin_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident}: facts of {self.recorded_at:%Y-%m-%d %H:%M}"


keep(LegalFacts)


class LegalEvent(models.Model):
    """A moment from which legal clocks count. Never changed: a correction supersedes it.

    `at` is None where a correction says that it did not happen after all.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="legal_events")
    # The name of an event in severity.clocks.
    kind = models.CharField(max_length=30)
    at = models.DateTimeField(null=True, blank=True)
    rationale = models.TextField(max_length=2000)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    set_as = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(default=timezone.now)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind"],
                condition=models.Q(supersedes=None),
                name="legal_event_begins_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident}: {self.kind}"


keep(LegalEvent)


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def still_owed(self) -> "ObligationQuerySet":
        """Those that somebody still has to decide about or to file."""
        return self.exclude(clock=Obligation.Clock.NOT_APPLICABLE).filter(state__in=OWED)


class Obligation(models.Model):
    """One duty by one rule: from when, until when, what was decided, and what proves it.

    `clock` is what the facts say, `state` what people did. A second `phase` is a filing that
    follows the first one of the same rule.
    """

    class Clock(models.TextChoices):
        """The states of severity.clocks that an obligation can have."""

        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waits for its event")
        NO_FIXED_TERM = "no_fixed_term", _("No fixed term")
        UNDETERMINED = "undetermined", _("May apply")
        NOT_APPLICABLE = "not_applicable", _("Does not apply")

    class State(models.TextChoices):
        TO_BE_DETERMINED = "to_be_determined", _("To be determined")
        REPORTABLE = "reportable", _("Reportable")
        NOT_REPORTABLE = "not_reportable", _("Not reportable")
        DRAFTED = "drafted", _("Drafted")
        APPROVED = "approved", _("Approved")
        SUBMITTED = "submitted", _("Submitted")
        CONFIRMED = "confirmed", _("Receipt confirmed")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="obligations")
    rule = models.CharField(max_length=40)
    rules_version = models.CharField(max_length=20)
    phase = models.PositiveSmallIntegerField(default=1)
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    # As the rule said it, so that it reads the same when rules change.
    cited = models.CharField(max_length=300)
    recipient = models.CharField(max_length=300)
    verified = models.CharField(max_length=10)
    clock = models.CharField(max_length=14, choices=Clock)
    state = models.CharField(max_length=16, choices=State, default=State.TO_BE_DETERMINED)
    started_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    calendar = models.CharField(max_length=30, blank=True)
    why = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    # How much of its time had passed, in percent, when people were reminded last.
    told_percent = models.PositiveSmallIntegerField(default=0)

    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(_("reasons"), max_length=2000, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    draft = models.CharField(max_length=500, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    proof = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="proves"
    )
    proof_sha256 = models.CharField(_("hash of the proof"), max_length=64, blank=True)
    # The approved text that was submitted, where it was written here.
    filed_text = models.ForeignKey(
        DraftVersion, models.PROTECT, null=True, blank=True, related_name="filed_as"
    )
    reference = models.CharField(max_length=200, blank=True)
    lateness = models.CharField(_("why it was late"), max_length=1000, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    receipt = models.CharField(max_length=200, blank=True)

    objects = ObligationQuerySet.as_manager()
    history = KeptHistory()

    class Meta:
        ordering = [models.F("due_at").asc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "rule", "phase"], name="obligation_once_per_rule_and_phase"
            ),
            models.CheckConstraint(
                name="obligation_decided_with_reasons",
                condition=models.Q(state="to_be_determined")
                | models.Q(decided_at__isnull=False) & ~models.Q(decision=""),
            ),
            models.CheckConstraint(
                name="obligation_submitted_with_proof",
                condition=~models.Q(state__in=["submitted", "confirmed"])
                | models.Q(submitted_at__isnull=False, approved_by__isnull=False)
                & ~models.Q(proof=None, reference=""),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="obligation_by_due_time")]

    def __str__(self) -> str:
        return f"{self.cited}, {self.phase}" if self.phase > 1 else self.cited

    @property
    def calendar_words(self) -> str:
        """How its time is counted, for a reader; as the rules call it where there are no words."""
        return str(_CALENDARS.get(self.calendar, self.calendar))

    @property
    def source_words(self) -> str:
        """What was read of the law, for a reader."""
        return str(_SOURCES.get(self.verified, self.verified))

    @property
    def is_owed(self) -> bool:
        return self.clock != self.Clock.NOT_APPLICABLE and self.state in OWED

    @property
    def is_overdue(self) -> bool:
        return self.is_owed and self.due_at is not None and self.due_at < timezone.now()

    @property
    def was_late(self) -> bool:
        return bool(self.due_at and self.submitted_at and self.submitted_at > self.due_at)

    @property
    def counts_from(self) -> datetime:
        """From when its time is reckoned for reminders."""
        return self.started_at or self.opened_at


keep(Obligation, refuse=("DELETE",))

# The states in which something is still to be done.
OWED = (
    Obligation.State.TO_BE_DETERMINED,
    Obligation.State.REPORTABLE,
    Obligation.State.DRAFTED,
    Obligation.State.APPROVED,
)
