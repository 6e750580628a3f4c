"""Why a program stands still, the order that stopped it, and the proof."""

from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from programs.models.collecting import Collector
from programs.models.program import Dataset, Program
from programs.reach import Reach


class StopOrder(models.Model):
    """The order to stop that one generation of leases got, and how far its proof is."""

    class Proof(models.TextChoices):
        PAUSING = "pausing", _("Pause sent, not confirmed")
        UNPROVEN = "paused_unproven", _("Paused, not proven")
        PROVEN = "paused_proven", _("Paused, proven")

    program = models.ForeignKey(Program, models.PROTECT, related_name="stop_orders")
    dataset = models.ForeignKey(Dataset, models.PROTECT, null=True, blank=True, related_name="+")
    # Concerns only the collectors that are for drills.
    drill_only = models.BooleanField(default=False)
    generation = models.BigIntegerField()
    # Those it stopped go on in this one; only for a stop of a part.
    resumed_generation = models.BigIntegerField(null=True, blank=True)
    ordered_at = models.DateTimeField()
    # When the collectors that may still run were written down; nothing is proven before.
    counted_at = models.DateTimeField(null=True, blank=True)
    # Ordered plus lease plus staleness: by then every lease that anybody may have extended
    # has run out.
    deadline_at = models.DateTimeField()
    proof = models.CharField(max_length=15, choices=Proof, default=Proof.PAUSING)
    # When it was first said to be proven or unproven; what is learned afterwards is marked so.
    settled_at = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "generation"], name="one_stop_order_per_generation"
            )
        ]
        indexes = [
            models.Index(
                fields=["program"], condition=models.Q(proof="pausing"), name="stop_under_way"
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} generation {self.generation}"

    @property
    def reach(self) -> Reach:
        return Reach(self.dataset_id, self.drill_only)

    @cached_property
    def stamps(self) -> "Stamps":
        """What was refused where records come in, of all its collectors."""
        found = self.proofs.aggregate(n=models.Sum("refused"), after=models.Sum("violations"))
        return Stamps(found["n"] or 0, found["after"] or 0)


class Stamps(NamedTuple):
    """How many stamps were refused after a stop, and how many of them were captured after it."""

    refused: int
    violations: int


class StopProof(models.Model):
    """What is known of one collector after a stop order."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("Not heard yet")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        EXPIRED = "expired", _("Lease ran out")
        VIOLATION = "violation", _("Violation")

    # Found by the constraint below; one index more would be written for every collector.
    order = models.ForeignKey(StopOrder, models.PROTECT, related_name="proofs", db_index=False)
    collector = models.ForeignKey(Collector, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.UNKNOWN)
    lease_ends_at = models.DateTimeField()
    # The collector's own word, by its own clock; `settled_at` is when we knew.
    stopped_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    # When it was counted as run out, if it has spoken since: what was said then is not forgotten.
    expired_at = models.DateTimeField(null=True, blank=True)
    buffer = models.CharField(max_length=10, blank=True)
    counter = models.BigIntegerField(null=True, blank=True)
    # Stamps that were refused where records come in, and how many of them were captured after
    # the collector had to be silent.
    refused = models.PositiveIntegerField(db_default=0)
    violations = models.PositiveIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "collector"], name="one_proof_per_collector")
        ]

    def __str__(self) -> str:
        return f"{self.collector}: {self.state}"


class PauseQuerySet(models.QuerySet["Pause"]):
    def in_force(self) -> "PauseQuerySet":
        return self.filter(lifted_at=None)

    def whole(self) -> "PauseQuerySet":
        """Those in force that hold all of a program."""
        return self.in_force().filter(dataset=None, drill_only=False)


class Pause(models.Model):
    """One reason for a program, or a part of it, to stand still.

    It goes on when the last of those that hold it is lifted.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="pauses")
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, null=True, blank=True, related_name="pauses"
    )
    drill_only = models.BooleanField(default=False)
    holder = models.CharField(max_length=80)
    # Held by a drill, which lets go by itself and counts in no figure.
    is_drill = models.BooleanField(default=False)
    # What may be shown to people and machines that may not know the holder: a codename.
    label = models.CharField(max_length=80)
    reason = models.TextField(max_length=2000)
    rule = models.CharField(max_length=80, blank=True)
    # One of those who agree to lift it must be an executive.
    needs_executive = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)
    order = models.ForeignKey(
        StopOrder, models.PROTECT, null=True, blank=True, related_name="pauses"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = PauseQuerySet.as_manager()
    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "dataset", "drill_only", "holder"],
                condition=models.Q(lifted_at=None),
                nulls_distinct=False,
                name="one_pause_in_force_per_holder",
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} held by {self.label}"

    @property
    def reach(self) -> Reach:
        return Reach(self.dataset_id, self.drill_only)

    @property
    def is_controls(self) -> bool:
        """True if a control holds it. Why is for everybody who sees the program."""
        return self.holder.startswith("control:")

    @property
    def is_machines(self) -> bool:
        """True if a drill or a control holds it: it lets go by itself, and nobody can ask."""
        return self.is_drill or self.is_controls
