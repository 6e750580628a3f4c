"""Incidents of the past that came from a file: the file, its parts, what was refused of it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident


class Import(models.Model):
    """One file of historic incidents, from its upload to its last row."""

    class Form(models.TextChoices):
        CSV = "csv", _("CSV")
        VERIS = "veris", _("VERIS JSON")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Not confirmed")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    name = models.CharField(max_length=200)
    form = models.CharField(max_length=5, choices=Form)
    # Whose numbering the source ids are of: the same id of another source is another incident.
    source = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    # Our names of fields, each with the number of its column from 0.
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.UPLOADED)
    rows = models.PositiveIntegerField(default=0)
    parts_done = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def rows_done(self) -> int:
        return self.made + self.repeated + self.refused

    @property
    def percent(self) -> int:
        return 100 * self.rows_done // self.rows if self.rows else 0


keep(Import, refuse=("DELETE",))


class ImportPart(models.Model):
    """Some rows of a file as they were read, until they are worked off; then it is empty.

    A worker takes one part in one transaction, so that no file is ever held in memory.
    """

    run = models.ForeignKey(Import, models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    # Each is the row's number, its cells or record, and what was wrong with it already.
    rows = models.JSONField(default=list)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_part_once")]

    def __str__(self) -> str:
        return f"{self.run}, part {self.number}"


class ImportFault(models.Model):
    """What was wrong with a row: which field, why, and what stood there.

    A row that was `refused` is not taken; of others only this was read otherwise than it stood.
    """

    run = models.ForeignKey(Import, models.PROTECT, related_name="faults")
    row = models.PositiveIntegerField()
    source_id = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500)
    refused = models.BooleanField(default=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["row", "pk"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"


keep(ImportFault)


class Imported(models.Model):
    """Where a historic incident came from, and what its register says that nobody can reckon here.

    `record` is the VERIS record as it was read; None for a row of a table. Unknown is None.
    """

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="imported")
    run = models.ForeignKey(Import, models.PROTECT, related_name="incidents")
    row = models.PositiveIntegerField()
    source = models.CharField(max_length=100)
    source_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    record = models.JSONField(null=True, blank=True)
    remarks = models.JSONField(default=list, blank=True)
    effects = models.TextField(blank=True)
    remedy = models.TextField(_("remedial action"), blank=True)
    decision = models.TextField(_("decision and reasons"), blank=True)
    authority_told = models.BooleanField(null=True, blank=True)
    authority_told_at = models.DateTimeField(null=True, blank=True)
    people_told = models.BooleanField(null=True, blank=True)
    people_told_at = models.DateTimeField(null=True, blank=True)
    lateness = models.CharField(_("why it was late"), max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="imported_once_by_source")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.source_id}"

    def facts(self) -> dict[str, Any]:
        """What it says for the register, by the names of the fields."""
        names = ("effects", "remedy", "decision", "lateness")
        return {name: getattr(self, name) for name in names}


keep(Imported)
