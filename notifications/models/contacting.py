"""How people are reached."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from notifications import hints, vault


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
    # What may be shown of the address.
    hint = models.CharField(max_length=100)
    sealed_address = vault.SealedField()
    sealed_secret = vault.SealedField(blank=True, default="")
    active = models.BooleanField(default=True)

    history = KeptHistory(excluded_fields=["sealed_address", "sealed_secret"])

    def __str__(self) -> str:
        return f"{self.person} by {self.method}"

    @property
    def address(self) -> str:
        """Where it leads. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_address)

    @address.setter
    def address(self, text: str) -> None:
        self.sealed_address, self.hint = vault.seal(text), hints.hint(text)

    @property
    def secret(self) -> str:
        """What signs a webhook, or opens a service. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_secret)

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = vault.seal(text)
