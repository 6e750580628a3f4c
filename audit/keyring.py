"""The keys with which the record is sealed. They are in the settings and never in the database."""

from django.conf import settings

from accounts import secrets
from audit.checkpoints import Ring
from audit.seal import Key, Seal

_LABEL = "andon-record-key-v1"
_PUBLIC = "public:"


def ring() -> Ring:
    """Return the keys of ANDON_RECORD_KEYS, or those that follow from SECRET_KEY if it is empty."""
    # Where there are keys of their own, whoever has SECRET_KEY, as every web process does, must
    # not be able to seal with it.
    own = [
        Seal.from_seed(secrets.sealing_key(key))
        for key in settings.RECORD.keys
        if not key.startswith(_PUBLIC)
    ]
    derived = [
        Seal.from_secret(secret, label=_LABEL)
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    public = [
        Key.from_raw(secrets.sealing_key(key.removeprefix(_PUBLIC)))
        for key in settings.RECORD.keys
        if key.startswith(_PUBLIC)
    ]
    return Ring.of(own or derived, public)
