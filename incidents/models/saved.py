"""Filters that people keep."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

LONGEST_NAME = 60


class SavedView(models.Model):
    """A filter of the incident list with a name. It opens nothing: each reader sees what they may.

    `query` is a query string. With a team its members have it too.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    team = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once")
        ]

    def __str__(self) -> str:
        return self.name
