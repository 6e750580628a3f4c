"""Which incident an exposure found by the watch is handled in."""

from django.db import models

from accounts.kept import KeptHistory
from incidents.models.exposing import Exposure
from incidents.models.incident import Incident
from programs.models import Drift


class WatchedDrift(models.Model):
    """The incident of a drift. A new one takes its place when it comes back after the first."""

    drift = models.OneToOneField(Drift, models.PROTECT, related_name="watched")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="watched")
    exposure = models.ForeignKey(Exposure, models.PROTECT, related_name="+")

    history = KeptHistory()

    def __str__(self) -> str:
        return f"{self.drift} in {self.incident}"
