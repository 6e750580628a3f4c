"""What was shown for the controls of a program, and who agreed to it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from programs.models.program import Program


def _place(attestation: "Attestation", _name: str) -> str:
    # The name that somebody gave a file decides nothing about where it lies.
    return f"evidence/{attestation.program_id}/{uuid.uuid4().hex}"


class Attestation(models.Model):
    """Somebody's or a machine's word that a control is met, with its evidence.

    It counts once it is approved, until `good_until`, unless something ended it before.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    program = models.ForeignKey(Program, models.PROTECT, related_name="attestations")
    control = models.CharField(max_length=3)
    controls_version = models.CharField(max_length=12)
    state = models.CharField(max_length=9, choices=State, default=State.SUBMITTED)
    note = models.TextField(max_length=2000, blank=True)
    link = models.URLField(max_length=500, blank=True)
    file = models.FileField(upload_to=_place, max_length=200, blank=True)
    file_name = models.CharField(max_length=150, blank=True)
    file_type = models.CharField(max_length=40, blank=True)
    file_size = models.PositiveIntegerField(default=0)
    # Of the file; or of the report that a machine made and kept elsewhere.
    sha256 = models.CharField(max_length=64, blank=True)
    # When what it says was true: its time runs from here, not from the day it was handed in.
    as_of = models.DateTimeField()
    # None where a machine's token belongs to nobody here.
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    attested_as = models.CharField(max_length=200)
    attested_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(max_length=2000, blank=True)
    good_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)

    history = KeptHistory()

    class Meta:
        indexes = [models.Index(fields=["program", "control"], name="attestation_of_control")]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "control"],
                condition=models.Q(state="submitted", ended_at=None),
                name="one_attestation_waits_per_control",
            ),
            models.UniqueConstraint(
                fields=["program", "control"],
                condition=models.Q(state="approved", ended_at=None),
                name="one_attestation_counts_per_control",
            ),
            models.CheckConstraint(
                name="approved_attestation_has_an_end",
                condition=~models.Q(state="approved")
                | models.Q(good_until__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.control} #{self.pk}"


class AttestationApproval(models.Model):
    """A second person's yes to an attestation."""

    attestation = models.ForeignKey(Attestation, models.PROTECT, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # As which they agreed: a function, or "manager" of the program.
    function = models.CharField(max_length=20)
    approved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attestation", "person"], name="one_approval_per_person_and_attestation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.attestation}"


class Waiver(models.Model):
    """A control that blocks nothing, left aside for a time with a reason that everybody reads."""

    class State(models.TextChoices):
        OPEN = "open", _("Waits for approval")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")

    program = models.ForeignKey(Program, models.PROTECT, related_name="waivers")
    control = models.CharField(max_length=3)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    reason = models.TextField(max_length=2000)
    days = models.PositiveSmallIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    refusal = models.TextField(max_length=2000, blank=True)
    # From the second yes on, not from the day it was asked for.
    good_until = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "control"],
                condition=models.Q(state="open"),
                name="one_waiver_waits_per_control",
            ),
            models.CheckConstraint(
                name="granted_waiver_has_an_end",
                condition=~models.Q(state="granted") | models.Q(good_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} without {self.control}"


class WaiverApproval(models.Model):
    """One of the two who agree to a waiver."""

    waiver = models.ForeignKey(Waiver, models.PROTECT, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["waiver", "person"], name="one_approval_per_person_and_waiver"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.waiver}"


keep(AttestationApproval)
keep(WaiverApproval)
