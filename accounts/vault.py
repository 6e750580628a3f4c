"""Seal addresses and secrets that must be used again, and open them.

In the database they lie encrypted with the first key of ANDON_VAULT_KEYS; each further key opens
what was sealed before it. `notifications.rotating` seals all anew.
"""

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

from accounts import secrets

SEALED = "sealed:"


class Unreadable(Exception):
    """What was sealed cannot be opened; the text says why and holds nothing of it."""


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A column for what `seal` returns, and for nothing else; empty for nothing.

    A model opens it in a property: a list of rows must not fail at one that is unreadable. Keep it
    out of its history. `rotate_vault` finds each such column by its class.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value and not str(value).startswith(SEALED):
            raise ValueError(f"{self.attname} takes what vault.seal() returns, never a plain text")
        return super().get_prep_value(value)

    def deconstruct(self) -> Any:
        # A migration must not need this module for ever.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


def seal(text: str) -> str:
    """Return a text encrypted, to be kept in a SealedField; nothing for nothing."""
    return SEALED + _ring().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """Return the text that was sealed.

    Raises:
        Unreadable: if it was sealed with a key that is not there any more, or was changed.
    """
    if not sealed:
        return ""
    try:
        return _ring().decrypt(_token(sealed)).decode()
    except InvalidToken as error:
        raise Unreadable(
            "sealed with a key that is missing: put it into ANDON_VAULT_KEYS, after the first"
        ) from error


def is_fresh(sealed: str) -> bool:
    """True if a text is sealed with the first key, or is empty."""
    try:
        return not sealed or bool(_fernet(_keys()[0]).decrypt(_token(sealed)))
    except InvalidToken:
        return False


def _token(sealed: str) -> bytes:
    return sealed.removeprefix(SEALED).encode()


def _ring() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in _keys()])


@lru_cache(maxsize=20)
def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))


def _keys() -> list[bytes]:
    # Those of SECRET_KEY seal where no others are named, for a look; later they still open, so that
    # whoever names keys loses nobody's address.
    signing = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    named = [secrets.sealing_key(text) for text in settings.ENVIRONMENT.vault_keys]
    return named + [_derived(secret) for secret in signing]


@lru_cache(maxsize=20)
def _derived(secret: str) -> bytes:
    return salted_hmac("notifications.vault", "", secret=secret, algorithm="sha256").digest()
