"""Stamps that were refused after a stop."""

from django.db import models
from django.utils import timezone

from accounts.kept import keep
from programs.models.stopping import StopProof


class RefusedStamp(models.Model):
    """A stamp of a generation that a stop had ended, seen where records come in. Never changed."""

    # Of the stamp's text, so that each is counted once whoever reports it.
    digest = models.CharField(max_length=64, unique=True)
    proof = models.ForeignKey(StopProof, models.PROTECT, related_name="refused_stamps")
    # By the collector's own word, which it signed.
    captured_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.digest[:8]}… of {self.proof}"


keep(RefusedStamp)
