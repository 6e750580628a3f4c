"""How people come in: by invitation only, and with secrets that no copy of the database tells."""

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

SEALED = "sealed:"


class ByInvitation(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes their own account: whoever handles exposures is named by someone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps what an authenticator app and the recovery codes are made from encrypted.

    With the keys of SECRET_KEY and SECRET_KEY_FALLBACKS; what was written before stays readable.
    """

    def encrypt(self, text: str) -> str:
        return SEALED + _key(settings.SECRET_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        if not encrypted_text.startswith(SEALED):
            return encrypted_text
        sealed = encrypted_text.removeprefix(SEALED).encode()
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([_key(each) for each in keys]).decrypt(sealed).decode()


def _key(secret: str | bytes) -> Fernet:
    # A name of its own: nothing else that is derived from the secret opens these.
    derived = salted_hmac("accounts.factors", "", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(derived))
