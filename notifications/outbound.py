"""The one way out by HTTP.

No address inside is reached unless it is listed in ANDON_INTERNAL_HOSTS.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from AntiSSRF.antissrf_error import AntiSSRFError
from django.conf import settings

SECONDS = 10.0


class NotReached(Exception):
    """The other side was not asked, or did not answer; the text holds no secrets."""


def why_not(url: str) -> str:
    """Return why an address may not be called, or nothing. Says so before it is ever saved."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "address: cannot be read; give a full address with https://."
    if _internal(url) and parts.scheme in ("http", "https"):
        return ""
    if parts.scheme != "https":
        return (
            "address: must start with https://, unless the host is listed in ANDON_INTERNAL_HOSTS."
        )
    if not parts.hostname or parts.username or parts.password:
        return "address: give a host, and no user or password before it."
    return ""


def post(url: str, *, body: str, headers: Mapping[str, str]) -> int:
    """Post and return the status. Redirects are not followed.

    Raises:
        NotReached: if the address is not allowed, or nobody answers within 10 s.
    """
    refusal = why_not(url)
    if refusal:
        raise NotReached(refusal)
    try:
        with (
            _session(url) as session,
            session.post(
                url,
                data=body.encode(),
                headers=dict(headers),
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            # The status is all we need: an answer that is huge, or drips for hours, stays unread.
            return answer.status_code
    except AntiSSRFError as error:
        raise NotReached("the address leads inside and is not allowed") from error
    # OSError: also a name that leads nowhere. ValueError: an address that nobody can read.
    except (OSError, ValueError) as error:
        raise NotReached(type(error).__name__) from error


def _internal(url: str) -> bool:
    return urlsplit(url).netloc in settings.ENVIRONMENT.internal_hosts


def _session(url: str) -> requests.Session:
    if _internal(url):
        session = requests.Session()
    else:
        # Pins the address it has checked: a name that resolves anew on the second look
        # gains nothing.
        session = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST).get_antissrf_session()
    session.trust_env = False
    return session
