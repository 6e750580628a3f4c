"""The one way out by HTTP.

No address inside is reached unless it is listed in ANDON_INTERNAL_HOSTS.
"""

import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

import requests
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from AntiSSRF.antissrf_error import AntiSSRFError
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from accounts.addresses import is_internal, why_not

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
    refusal = why_not(url)
    if refusal:
        raise NotReached(refusal)
    deadline = _Deadline()
    try:
        with (
            deadline,
            _session(url, deadline) as session,
            session.post(
                url,
                data=body.encode(),
                headers=dict(headers),
                timeout=(CONNECT_SECONDS, SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            # Of headers that were cut off http.client makes a whole answer.
            deadline.check()
            # An answer that is huge, or drips for hours, stays unread but for its beginning.
            said = answer.raw.read(most, decode_content=False) if most else b""
            deadline.check()
            return answer.status_code, said
    except AntiSSRFError as error:
        raise NotReached("the address leads inside and is not allowed") from error
    # OSError: also a name that leads nowhere. ValueError: an address that nobody can read.
    except (OSError, ValueError) as error:
        raise NotReached("Timeout" if deadline.passed else type(error).__name__) from error


class _Deadline:
    """Ends an exchange when its time is up, whatever it does then.

    A socket's own time-out begins anew with each byte: who drips an answer would hold us for hours.
    """

    def __init__(self) -> None:
        self._ends = time.monotonic() + SECONDS
        self._line: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> "_Deadline":
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        if self._line:
            self._line.close()

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._ends

    def check(self) -> None:
        if self.passed:
            raise TimeoutError

    def watch(self, line: socket.socket) -> None:
        # A descriptor of its own: TLS moves the other one about, and its number may be reused.
        self._line = socket.socket(fileno=os.dup(line.fileno()))
        self._timer = threading.Timer(
            max(self._ends - time.monotonic(), 0), self._cut, [self._line]
        )
        self._timer.daemon = True
        self._timer.start()

    @staticmethod
    def _cut(line: socket.socket) -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def _session(url: str, deadline: _Deadline) -> requests.Session:
    if is_internal(url):
        session = requests.Session()
    else:
        # Pins the address it has checked: a name that resolves anew on the second look
        # gains nothing.
        session = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST).get_antissrf_session()
    session.trust_env = False
    adapter = session.get_adapter(url)
    assert isinstance(adapter, HTTPAdapter)
    adapter.poolmanager.pool_classes_by_scheme = _pools(deadline)
    return session


def _pools(deadline: _Deadline) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            line = super()._new_conn()
            deadline.watch(line)
            return line

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            line = super()._new_conn()
            deadline.watch(line)
            return line

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
