"""The record, the outbox and the clock: what every app writes to in its own transaction."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import keep


class Head(models.Model):
    """The last link of each stream."""

    stream = models.CharField(max_length=80, primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.stream} #{self.seq}"


class Entry(models.Model):
    """One act: who did what to which object.

    Append-only, chained by `stream`; `body` is what is hashed.
    """

    stream = models.CharField(max_length=80)
    # The trigger sets these four; the defaults only satisfy NOT NULL before it runs.
    seq = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    prev = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, db_index=True)
    body = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="one_link_per_place")]

    def __str__(self) -> str:
        return f"{self.stream} #{self.seq} {self.action}"


class Remark(models.Model):
    """The free text of an entry.

    Kept beside the chain, which holds only its salted hash: a text may have to be erased.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="remark", primary_key=True)
    salt = models.CharField(max_length=32)
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class Leaf(models.Model):
    """The place of an entry in the tree over all of them, given when it is sealed."""

    place = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="leaf")

    def __str__(self) -> str:
        return f"{self.place}"


class Checkpoint(models.Model):
    """The root of the tree over the first `size` entries, signed. Written by audit.sealing."""

    number = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField()
    # Every entry with a key up to here was sealed by then, but for those whose transaction was
    # still under way.
    reached = models.BigIntegerField()
    made_at = models.DateTimeField()
    # With its signatures, as it is given out.
    text = models.TextField()
    # What the next one goes on from, see audit.merkle.
    frontier = models.TextField()

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class Deposit(models.Model):
    """A place outside the database that has a checkpoint. Written by audit.deposits."""

    class Place(models.TextChoices):
        FILE = "file", _("file")
        MAIL = "mail", _("mail")
        WEBHOOK = "webhook", _("webhook")
        STAMP = "stamp", _("time stamp")
        STORAGE = "storage", _("object store")
        POSTGRES = "postgres", _("another PostgreSQL")

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="deposits")
    place = models.CharField(max_length=8, choices=Place)
    # Which file, address or host.
    where = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    # Of a time stamp: the token of RFC 3161, in DER.
    token = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "place", "where"], name="one_deposit_for_each_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.where}"


class Verification(models.Model):
    """One look at the record by the engine, and what it found. Written by audit.looking."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for the engine")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("did not come to an end")

    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    stream = models.CharField(max_length=80, default="", blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Entries that were read so far, and how many there were at the beginning.
    read = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stream"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_verification_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}"


class OutboxEvent(models.Model):
    """A fact that others may want to know, stored in the transaction that made it true."""

    topic = models.CharField(max_length=60, db_index=True)
    payload = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"


class DueQuerySet(models.QuerySet["Due"]):
    def waiting(self) -> "DueQuerySet":
        return self.filter(state__in=[Due.State.SCHEDULED, Due.State.ENQUEUED])


class Due(models.Model):
    """One thing that must happen, and when.

    Written, claimed and finished by audit.clockwork alone.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        ENQUEUED = "enqueued"
        DONE = "done"
        CANCELLED = "cancelled"
        DEAD = "dead"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=160, unique=True)
    payload = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(default=5)
    due_at = models.DateTimeField()
    # When it should have happened at first; `due_at` moves on with each new try. None if it was
    # scheduled by a version that did not note this.
    planned_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.SCHEDULED)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    hand_overs = models.PositiveIntegerField(default=0)
    last_error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="due_enqueued_is_leased",
                condition=~models.Q(state="enqueued")
                | models.Q(token__isnull=False, lease_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "due_at"],
                name="due_scheduled",
                condition=models.Q(state="scheduled"),
            ),
            models.Index(
                fields=["lease_until"], name="due_enqueued", condition=models.Q(state="enqueued")
            ),
            # What is late, however much waits for a later time.
            models.Index(
                fields=["due_at"], name="due_by_time", condition=models.Q(state="scheduled")
            ),
            models.Index(fields=["due_at"], name="due_dead", condition=models.Q(state="dead")),
            models.Index(
                fields=["finished_at"],
                name="due_finished",
                condition=models.Q(state__in=["done", "dead"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class EngineBeat(models.Model):
    """A sign of life of one engine process."""

    name = models.CharField(max_length=120, primary_key=True)
    run = models.UUIDField(default=uuid.uuid4)
    started_at = models.DateTimeField()
    ticked_at = models.DateTimeField(db_index=True)
    ticks = models.BigIntegerField(default=0)
    # When this engine last looked for what was lost, all of it.
    checked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Mark(models.Model):
    """Up to which event of the outbox each subscriber was seen to have its work."""

    name = models.CharField(max_length=40, primary_key=True)
    reached = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.reached}"


class Finding(models.Model):
    """Something that should not be: work that is late, lost or given up. Kept after it is over."""

    check_name = models.CharField(max_length=60)
    # Names what it is about, within the check; nothing of an incident but its number.
    key = models.CharField(max_length=120)
    says = models.CharField(max_length=300)
    count = models.PositiveIntegerField(default=1)
    mended = models.BooleanField(default=False)
    found_at = models.DateTimeField(db_index=True)
    seen_at = models.DateTimeField()
    # When operators were told of it by mail.
    told_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "key"],
                condition=models.Q(over_at=None),
                name="finding_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_name} {self.key}"


keep(Entry)
# A head moves, but only when an entry is added: see `andon_head` in audit.triggers.
keep(Head, refuse=("DELETE",))
# May be deleted, where the law says that a text must go; the chain shows that there was one.
keep(Remark, refuse=("UPDATE",))
keep(Leaf)
keep(Checkpoint)
keep(Deposit)
keep(OutboxEvent, refuse=("UPDATE",))
