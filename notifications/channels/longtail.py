"""Pages by one of the many services that Apprise knows: SMS, voice, chat, push.

Only services that speak HTTP by `requests`, each call of which leaves by `notifications.leash`.
No file is read, and nothing is attached.
"""

import threading
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyType

from accounts.addresses import LONGEST
from notifications import leash, outbound
from notifications.channels.message import Message, NotSent

# By the names that stand before ://; none that speaks anything else, and none that publishes.
SERVICES = frozenset(Path(__file__).with_name("services.txt").read_text().split())
# They name files, or loosen what holds for every call.
REFUSED = {"template", "keyfile", "verify", "redirect", "retry", "wait", "cto", "rto", "store"}
_SHORT = 200


def why_not(address: str) -> str:
    """Return why the address of a service cannot be used, or nothing. Asks no network."""
    if len(address) > LONGEST or not address.isprintable():
        return f"address: at most {LONGEST} characters that can be printed."
    schema, found, rest = address.partition("://")
    if not found or schema.lower() not in SERVICES:
        return (
            f"address: {schema[:20]}:// is none of the services that may be used; "
            "docs/channels.md lists them."
        )
    for name, _value in parse_qsl(rest.partition("?")[2], keep_blank_values=True):
        if name.lower().strip("+-: ") in REFUSED:
            return f"address: leave out the parameter {name.lower().strip('+-: ')}."
    if _service(address) is None:
        return f"address: {schema} cannot be told by it whom to reach; see what its service needs."
    return ""


def called(address: str) -> list[str]:
    """Return where a service would call first with a page, of an address for which `why_not` says
    nothing. Asks no network.
    """
    service = _service(address)
    with leash.noted() as noted, suppress(Exception):
        # Whatever it makes of a call that fails: by then it said where.
        if service:
            service.notify(body="Andon", title="Andon", notify_type=NotifyType.WARNING)
    return noted.wanted


def send(message: Message) -> str:
    """Have a service send a page.

    Raises:
        NotSent: if the address cannot be used, or the service did not take it in time.
    """
    refusal = why_not(message.address)
    service = None if refusal else _service(message.address)
    if service is None:
        raise NotSent(refusal)
    until = outbound.in_time()
    work = _Work(service, message, until)
    # A service that hangs holds a thread of its own, which can call nobody once its time is up.
    thread = threading.Thread(target=copy_context().run, args=(work.do,), daemon=True)
    thread.start()
    thread.join(outbound.SECONDS + 1)
    name = str(service.service_name)
    if thread.is_alive():
        raise NotSent(f"{name}: Timeout")
    if not work.went:
        raise NotSent(f"{name}: {work.said or 'did not take it'}")
    return f"{name}: {work.said or 'taken'}"


class _Work:
    """One page by one service, and what became of it."""

    def __init__(self, service: NotifyBase, message: Message, until: float) -> None:
        self._service, self._message, self._until = service, message, until
        self.went, self.said = False, ""

    def do(self) -> None:
        title, body = _words(self._service, self._message)
        with leash.held(until=self._until) as held:
            try:
                self.went = self._service.notify(
                    body=body, title=title, notify_type=NotifyType.WARNING
                )
                self.said = held.last
                if self.went and held.refused:
                    # What Apprise goes by is mostly the status alone.
                    self.went, self.said = False, f"{held.last}: not taken"
            except Exception as error:  # noqa: BLE001 - of whatever service; the page is tried again
                self.said = held.last or type(error).__name__


def _words(service: NotifyBase, message: Message) -> tuple[str, str]:
    """What is short carries what it is about and where to answer, and nothing else."""
    if service.title_maxlen > 0 and service.body_maxlen > _SHORT:
        return message.subject, message.text
    link = message.data.get("acknowledge_url") or message.data.get("url") or ""
    return "", f"{message.subject}\n{link}".strip() if link else message.text


def _service(address: str) -> NotifyBase | None:
    made: Any = Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
    if not isinstance(made, NotifyBase) or getattr(made, "template", None):
        return None
    # One page at once: the pause between two messages to a service is for those who send many.
    made.request_rate_per_sec = 0
    return made


@cache
def _asset() -> AppriseAsset:
    return AppriseAsset(
        app_id="Andon",
        app_desc="Andon",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        http_redirects=False,
        async_mode=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        timezone="UTC",
        language="en",
    )
