"""People and the secrets they use. Functions are groups, see accounts.functions."""

import zoneinfo
from datetime import datetime
from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.functions import Function
from accounts.kept import KeptHistory

# Sent when a password is kept by another hash than before and nobody changed it: `user`, `was`.
rehashed = Signal()


def known_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("Give an IANA time zone such as Europe/Berlin."), code="zone")


class Theme(models.TextChoices):
    AUTO = "auto", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractUser):
    """A person who files, handles or reads incidents.

    Deactivated, never deleted: the record names them.
    """

    # Empty for whoever has not chosen one: that of the organisation.
    zone = models.CharField(
        _("Time zone"), max_length=64, default="", blank=True, validators=[known_zone]
    )
    theme = models.CharField(_("Theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    shortcuts = models.BooleanField(_("Single-key shortcuts"), default=True)

    history = KeptHistory(excluded_fields=["password", "last_login"])

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="email_once", condition=~models.Q(email="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def check_password(self, raw_password: str | None) -> bool:
        """True if it is this; Django then keeps it by its newest hash, and `rehashed` says so."""
        was = self.password
        fits = super().check_password(raw_password)
        if self.password != was:
            rehashed.send(User, user=self, was=was)
        return fits

    @property
    def name(self) -> str:
        return self.get_full_name() or self.username

    @cached_property
    def functions(self) -> frozenset[Function]:
        """The person's functions, read once a loaded row: a change counts at the next request."""
        names = self.groups.values_list("name", flat=True)
        return frozenset(Function(name) for name in names if name in Function.values)

    def is_any(self, *functions: Function) -> bool:
        return self.is_active and not self.functions.isdisjoint(functions)


class StoredSecret(models.Model):
    """The half of an API secret that is kept: enough to recognise it, not to use it."""

    key_id = models.CharField(max_length=32, unique=True)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class Scope(models.TextChoices):
    """What a person's API token may do; a scope never adds to what the person may do."""

    REPORT = "incidents:report", _("Report incidents")
    READ = "incidents:read", _("Read incidents and programs")
    RESPOND = "incidents:respond", _("Acknowledge and change incidents")
    PAUSE = "programs:pause", _("Pause programs")
    ATTEST = "programs:attest", _("Attest controls that a machine measures")
    POLICIES = "policies:write", _("Make and change escalation policies")
    RULES = "rules:write", _("Write and publish threshold rules, severity rules and runbooks")


class ApiToken(StoredSecret):
    """A key with which a program acts for a person, within its scopes."""

    owner = models.ForeignKey(User, models.PROTECT, related_name="api_tokens")
    label = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope), default=list)
    # The slugs of the programs it is for, and for nothing else; empty: all that its owner may.
    programs = ArrayField(models.SlugField(max_length=50), default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(excluded_fields=["secret_hash", "last_used_at"])

    def __str__(self) -> str:
        return f"{self.label} ({self.key_id})"
