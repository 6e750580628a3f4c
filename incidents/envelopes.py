"""Which alert a request carries, by the kind of its source, and which delivery it is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from incidents import alerts, cloudevents, mapping
from incidents.alerts import Alert, Unreadable

ANY, ALERTMANAGER, MAPPED, CLOUDEVENTS, STANDARD = (
    "any",
    "alertmanager",
    "mapped",
    "cloudevents",
    "standard",
)


@dataclass(frozen=True)
class Shape:
    """What a source sends."""

    kind: str = ANY
    must_sign: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """What came.

    Args:
        ident: names this very delivery; the same again is a repeat. Empty if nothing names it.
        missing: what a mapping looked for and did not find.
    """

    alert: Alert
    ident: str = ""
    missing: tuple[str, ...] = ()


def read(shape: Shape, body: bytes, headers: Mapping[str, str], *, signed: bool) -> Opened:
    """Read a request of a source.

    Args:
        headers: named in small letters.
        signed: the body's signature was checked.

    Raises:
        Unreadable: if this is not what the source sends; a sentence for whoever set it up.
    """
    ident = headers.get("webhook-id", "") or headers.get("idempotency-key", "")
    binary = shape.kind == ANY and cloudevents.is_binary(headers)
    if shape.kind == CLOUDEVENTS or binary:
        return _of_event(body, headers, ident=ident, signed=signed)
    if shape.kind == MAPPED:
        found = mapping.look(shape.paths, alerts.parsed(body))
        return Opened(found.alert, ident, found.missing)
    said = alerts.parsed(body)
    if shape.kind == ALERTMANAGER:
        return Opened(_of_alertmanager(said), ident)
    if shape.kind == ANY and cloudevents.is_one(said, headers):
        return _of_event(body, headers, ident=ident, signed=signed)
    return Opened(
        alerts.of_group(said) if alerts.is_group(said) else alerts.of_envelope(said), ident
    )


def _of_event(body: bytes, headers: Mapping[str, str], *, ident: str, signed: bool) -> Opened:
    if signed and cloudevents.is_binary(headers):
        # Whoever has the message could give it another id, and so play it again.
        raise Unreadable(
            "A signature covers the body alone: send signed CloudEvents in structured mode."
        )
    event = cloudevents.read(body, headers)
    return Opened(event.alert, ident or event.ident)


def _of_alertmanager(said: Mapping[str, object]) -> Alert:
    if not alerts.is_group(said):
        raise Unreadable("This is not what Alertmanager sends: groupKey or alerts is missing.")
    if said.get("version") not in (None, "4"):
        raise Unreadable("Only version 4 of Alertmanager's webhook is read.")
    return alerts.of_group(said)
