"""The one way out by HTTP.

No address inside is reached unless it is listed in ANDON_INTERNAL_HOSTS.
"""

from collections.abc import Mapping

import requests
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from AntiSSRF.antissrf_error import AntiSSRFError

from accounts.addresses import is_internal, why_not

SECONDS = 10.0


class NotReached(Exception):
    """The other side was not asked, or did not answer; the text holds no secrets."""


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


def _session(url: str) -> requests.Session:
    if is_internal(url):
        session = requests.Session()
    else:
        # Pins the address it has checked: a name that resolves anew on the second look
        # gains nothing.
        session = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST).get_antissrf_session()
    session.trust_env = False
    return session
