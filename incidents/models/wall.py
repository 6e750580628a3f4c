"""Boards on a wall: figures that whoever has the address reads without signing in."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from programs.models import Program


class Wallboard(models.Model):
    """One address at which figures are read. Of its secret only a hash is kept.

    `preset` is a period of incidents.spans; `worst` the mildest level that counts there.
    """

    name = models.CharField(_("name"), max_length=80)
    preset = models.CharField(max_length=10)
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="+")
    worst = models.PositiveSmallIntegerField(default=5)
    key_id = models.CharField(max_length=32, unique=True)
    secret_hash = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(excluded_fields=["secret_hash"])

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


keep(Wallboard, refuse=("DELETE",))
