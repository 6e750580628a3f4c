"""The one way out by HTTP.

No address inside is reached unless it is listed in ANDON_INTERNAL_HOSTS.
"""

import socket
import time
from collections.abc import Mapping
from contextlib import closing

import requests
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from AntiSSRF.antissrf_error import AntiSSRFError
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from accounts.addresses import is_internal, why_not
from notifications.cutting import Deadline, watched

SECONDS = 10.0
# Whoever is there takes the call at once; who is not holds a place that others wait for.
CONNECT_SECONDS = 3.0


class NotReached(Exception):
    """The other side was not asked, or did not answer; the text holds no secrets."""


def post(url: str, *, body: str, headers: Mapping[str, str]) -> int:
    """Post and return the status. Redirects are not followed.

    Raises:
        NotReached: if the address is not allowed, or nobody has answered after 10 s.
    """
    status, _said = ask(url, body=body, headers=headers, most=0)
    return status


def ask(url: str, *, body: str, headers: Mapping[str, str], most: int) -> tuple[int, bytes]:
    """Post and return the status and the first bytes of the answer, `most` of them.

    Raises:
        NotReached: if the address is not allowed, or nobody has answered after 10 s.
    """
    answer, said = exchange(_request("POST", url, headers, body), until=in_time(), most=most)
    return answer.status_code, said


def fetch(url: str, *, most: int, headers: Mapping[str, str] | None = None) -> bytes:
    """Return what stands at an address: all of it, `most` bytes at the most.

    Raises:
        NotReached: if the address is not allowed, nobody has answered after 10 s, the answer is
            not 200 (a redirect is not followed), or it is longer.
    """
    asked = _request("GET", url, headers or {}, "")
    answer, said = exchange(asked, until=in_time(), most=most + 1)
    if answer.status_code != 200:
        raise NotReached(f"answered {answer.status_code}")
    if len(said) > most:
        raise NotReached(f"the answer is longer than {most} bytes")
    return said


def in_time() -> float:
    """Return when a call that begins now must be over, on the monotonic clock."""
    return time.monotonic() + SECONDS


def _request(
    method: str, url: str, headers: Mapping[str, str], body: str
) -> requests.PreparedRequest:
    refusal = why_not(url)
    if refusal:
        raise NotReached(refusal)
    named = {"User-Agent": "Andon", **headers}
    try:
        return requests.Request(method, url, headers=named, data=body.encode()).prepare()
    # An address that nobody can read, or a line break in a header.
    except ValueError as error:
        raise NotReached(type(error).__name__) from error


def exchange(
    request: requests.PreparedRequest, *, until: float, most: int
) -> tuple[requests.Response, bytes]:
    """Send a request and return the answer with the first bytes of its body, `most` of them.

    Args:
        until: when all of it must be over, see `in_time`.

    Raises:
        NotReached: if the address is not allowed, or not all was over in time.
    """
    url = request.url or ""
    refusal = why_not(url)
    if refusal:
        raise NotReached(refusal)
    # What is packed could unpack to a thousand times as much.
    request.headers["Accept-Encoding"] = "identity"
    deadline = Deadline(until)
    try:
        with (
            deadline,
            closing(_adapter(url)) as adapter,
            closing(
                adapter.send(request, stream=True, timeout=(CONNECT_SECONDS, SECONDS))
            ) as answer,
        ):
            # Of headers that were cut off http.client makes a whole answer.
            deadline.check()
            # An answer that is huge, or drips for hours, stays unread but for its beginning.
            said = answer.raw.read(most, decode_content=False) if most else b""
            deadline.check()
            return answer, said
    except AntiSSRFError as error:
        raise NotReached("the address leads inside and is not allowed") from error
    # OSError: also a name that leads nowhere. ValueError: an address that nobody can read.
    # HTTPError: an answer that was cut off while it was read.
    except (OSError, ValueError, HTTPError) as error:
        raise NotReached("Timeout" if deadline.passed else type(error).__name__) from error


def _adapter(url: str) -> HTTPAdapter:
    # An adapter alone, without a session: none of the environment's proxies, no cookies, and
    # nobody who would follow a redirect.
    if is_internal(url):
        adapter = HTTPAdapter()
    else:
        # Pins the address it has checked: a name that resolves anew on the second look
        # gains nothing.
        policy = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
        adapter = policy.get_antissrf_session().get_adapter(url)
    adapter.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return adapter


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return watched(super()._new_conn())


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return watched(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure
