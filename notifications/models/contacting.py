"""How people are reached."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory


class Method(models.TextChoices):
    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")


class ContactMethod(models.Model):
    """One way to reach a person.

    Without any, a person is reached at the account's e-mail address.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contact_methods"
    )
    method = models.CharField(max_length=10, choices=Method)
    address = models.CharField(max_length=500)
    # Signs what is sent to a webhook, in the form of Standard Webhooks.
    secret = models.CharField(max_length=100, blank=True)
    active = models.BooleanField(default=True)

    history = KeptHistory(excluded_fields=["secret"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "method", "address"], name="contact_method_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} by {self.method}"
