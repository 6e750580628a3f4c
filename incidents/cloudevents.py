"""Read CloudEvents 1.0, in structured and in binary mode. Pure: bytes and headers in."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from incidents import alerts
from incidents.alerts import Alert, Unreadable

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
VERSION = "1.0"
_REQUIRED = ("specversion", "id", "source", "type")
_LONGEST = 2000


@dataclass(frozen=True)
class Event:
    """One event; `source` and `id` together name it for good."""

    id: str
    source: str
    alert: Alert

    @property
    def ident(self) -> str:
        return f"{self.source} {self.id}"


def is_one(said: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """True if this says of itself that it is a CloudEvent."""
    return "ce-specversion" in headers or ("specversion" in said and "source" in said)


def is_binary(headers: Mapping[str, str]) -> bool:
    """True if the attributes stand in headers, where no signature over the body covers them."""
    return "ce-specversion" in headers or "ce-id" in headers


def read(body: bytes, headers: Mapping[str, str]) -> Event:
    """Read an event.

    Args:
        headers: `content-type` and those that start with `ce-`, named in small letters.

    Raises:
        Unreadable: if a required attribute is missing, it is of another version, or a batch.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == BATCH:
        raise Unreadable("Batches are not read: send each CloudEvent by itself.")
    if is_binary(headers):
        attributes: dict[str, Any] = {
            name.removeprefix("ce-"): unquote(value)
            for name, value in headers.items()
            if name.startswith("ce-")
        }
        data = _data_of(body, kind)
    else:
        attributes = alerts.parsed(body)
        data = attributes.pop("data", None)
        if data is None and isinstance(attributes.get("data_base64"), str):
            data = _decoded(attributes.pop("data_base64"))
    return _event(attributes, data)


def _event(attributes: Mapping[str, Any], data: Any) -> Event:
    for name in _REQUIRED:
        if not alerts.line(attributes.get(name), _LONGEST):
            raise Unreadable(f"This is no CloudEvent 1.0: {name} is missing.")
    if attributes["specversion"] != VERSION:
        raise Unreadable("Only CloudEvents of specversion 1.0 are read.")
    said: dict[str, Any] = data if isinstance(data, dict) else {"detail": data}
    # What is in the event counts before what stands around it, and its id names no thing.
    around = {
        "title": attributes.get("subject") or attributes["type"],
        "occurred_from": attributes.get("time", ""),
    }
    named = said.keys() & {"title", "summary", "name", "message"}
    alert = alerts.of_envelope({**({} if named else around), **said})
    ident = alerts.line(attributes["id"], _LONGEST)
    source = alerts.line(attributes["source"], _LONGEST)
    return Event(ident, source, replace(alert, dedup=_thing(alert, source, ident)))


def _thing(alert: Alert, source: str, ident: str) -> str:
    return f"{source} {alert.event or ident}"


def _data_of(body: bytes, kind: str) -> Any:
    if not body:
        return {}
    if kind in ("", "application/json") or kind.endswith("+json"):
        return alerts.parsed(body)
    return body.decode(errors="replace")


def _decoded(text: str) -> Any:
    try:
        raw = base64.b64decode(text, validate=True)
        return json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return None
