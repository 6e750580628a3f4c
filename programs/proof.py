"""The proof of one stop as a document that outsiders can check. Reads only.

Give it to those whom programs.access.sees_machines names. What it says of the past never
changes: a later document of the same order only adds what was learned since, and says so.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from audit import trail
from audit.chain import canonical, stamp
from audit.models import Entry, Head
from audit.seal import BadDocument, Key, Seal, key_from_pem, opened
from audit.verification import one_moment
from programs import distribution, stops
from programs.models import HookCall, HookConfirmation, HookEvent, StopOrder, StopProof

KIND = "andon-stop-proof"
VERSION = 1
_COLLECTOR = (
    "state",
    "lease_ends_at",
    "stopped_at",
    "settled_at",
    "expired_at",
    "buffer",
    "counter",
)


def our_key() -> Key:
    """The public key of this installation; it follows from SECRET_KEY."""
    return _seal().key


def _seal() -> Seal:
    return Seal.from_secret(settings.SECRET_KEY)


def sealed(order: StopOrder, *, now: datetime) -> str:
    """Return the document of an order with its signature, as one line of JSON."""
    return _seal().sign(document(order, now=now))


def document(order: StopOrder, *, now: datetime) -> dict[str, Any]:
    """Return all that is known of an order: `facts`, their hash, and where the record stands.

    Two documents with the same `facts_sha256` say the same, whenever they were made.
    """
    with one_moment():
        # Read again: at one moment with all the rest.
        order = StopOrder.objects.select_related("program", "dataset").get(pk=order.pk)
        facts = _facts(order)
        head = Head.objects.get(stream=trail.stream_of(order.program))
    return {
        "kind": KIND,
        "version": VERSION,
        "made_at": stamp(now),
        "made_by": settings.ENVIRONMENT.url,
        "facts": facts,
        "facts_sha256": digest(facts),
        "record": {"stream": head.stream, "seq": head.seq, "hash": head.hash},
    }


@dataclass(frozen=True)
class Paper:
    """A document with its signature, and each state in words."""

    document: dict[str, Any]
    signature: dict[str, str]
    state: str
    collectors: list[tuple[dict[str, Any], str]]
    systems: list[tuple[dict[str, Any], str, str]]


def on_paper(order: StopOrder, *, now: datetime) -> Paper:
    """Return the document of an order for a reader: the same facts, signed in the same way."""
    made = json.loads(sealed(order, now=now))
    facts = made["document"]["facts"]
    return Paper(
        document=made["document"],
        signature=made["signature"],
        state=str(StopOrder.Proof(facts["proof"]["state"]).label),
        collectors=[
            (each, str(StopProof.State(each["state"]).label)) for each in facts["collectors"]
        ],
        systems=[
            (each, str(HookEvent(each["event"]).label), _said(each["confirmed"]))
            for each in facts["systems"]
        ],
    )


def _said(confirmed: dict[str, Any] | None) -> str:
    return str(HookConfirmation.State(confirmed["state"]).label) if confirmed else ""


def digest(facts: dict[str, Any]) -> str:
    """The SHA-256 of the canonical text of the facts, as 64 hex digits."""
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def checked(text: str) -> str:
    """Check a proof of this installation; return what it proves, in a sentence.

    Raises:
        BadDocument: if it was changed, is not ours, or the record has been changed since.
    """
    said = opened(text, our_key())
    words = _in_words(said)
    record = said["record"]
    link = Entry.objects.filter(stream=record["stream"], seq=record["seq"]).first()
    if link is None or link.hash != record["hash"]:
        raise BadDocument(
            f"The signature fits, but {record['stream']} #{record['seq']} of the record is not"
            " what it was: run verify_audit."
        )
    return f"{words} The record still holds {record['stream']} #{record['seq']}."


def checked_with(text: str, pem: str) -> str:
    """Check a proof of any installation with its public key; return what it proves.

    Raises:
        BadDocument: if it was changed, or is not by this key.
    """
    return _in_words(opened(text, key_from_pem(pem)))


def _in_words(said: dict[str, Any]) -> str:
    if said.get("kind") != KIND or said.get("version") != VERSION:
        raise BadDocument(f"It is signed, but is no {KIND} of version {VERSION}.")
    facts = said["facts"]
    if digest(facts) != said["facts_sha256"]:
        raise BadDocument("It is signed, but its facts are not those that it names.")
    figures = facts["figures"]
    states = ", ".join(f"{figures[state.value]} {state.value}" for state in StopProof.State)
    drill = "A drill: " if facts["order"].get("drill") else ""
    return (
        f"{drill}{facts['program']['slug']} generation {facts['order']['generation']} is"
        f" {facts['proof']['state']}; {figures['collectors']} collectors: {states};"
        f" {figures['unconfirmed_systems']} systems unconfirmed. Made {said['made_at']}"
        f" by {said['made_by']}."
    )


def _facts(order: StopOrder) -> dict[str, Any]:
    collectors = list(_collectors(order))
    systems = list(_systems(order))
    return {
        "program": {"slug": order.program.slug, "name": order.program.name},
        "order": _order(order),
        "proof": {
            "state": order.proof,
            "settled_at": _at(order.settled_at),
            "proven_at": _at(order.proven_at),
        },
        "figures": _figures(order, collectors),
        "collectors": collectors,
        "systems": systems,
        "learned_later": {
            "collectors": sum(each["learned_later"] for each in collectors),
            "systems": sum(each["learned_later"] for each in systems),
        },
    }


def _order(order: StopOrder) -> dict[str, Any]:
    # The pause that ordered it; what joined it later is not why it stopped.
    hold = order.pauses.order_by("pk").first()
    return {
        "number": order.pk,
        "generation": order.generation,
        "dataset": order.dataset.slug if order.dataset else None,
        "only_for_drills": order.drill_only,
        "drill": stops.is_drill(order),
        "reason": hold.label if hold else "",
        "ordered_at": _at(order.ordered_at),
        # Before that the list of collectors is not complete.
        "listed_at": _at(order.counted_at),
        "deadline_at": _at(order.deadline_at),
        "bound_ms": _ms(order.deadline_at - order.ordered_at),
    }


def _collectors(order: StopOrder) -> Iterator[dict[str, Any]]:
    rows = order.proofs.order_by("collector__name").values(*_COLLECTOR, name=F("collector__name"))
    for row in rows:
        known = row["settled_at"]
        yield {
            "name": row["name"],
            "state": row["state"],
            "lease_ends_at": _at(row["lease_ends_at"]),
            "known_at": _at(known),
            "known_after_ms": _ms(known - order.ordered_at) if known else None,
            "its_word": {
                "stopped_at": _at(row["stopped_at"]),
                "buffer": row["buffer"],
                "counter": row["counter"],
            }
            if row["stopped_at"]
            else None,
            "counted_as_run_out_at": _at(row["expired_at"]),
            "learned_later": _is_later(known, order),
        }


def _systems(order: StopOrder) -> Iterator[dict[str, Any]]:
    calls = order.calls.select_related("confirmation__by").order_by("name", "event")
    for call in calls:
        said = call.confirmed
        yield {
            "name": call.name,
            "kind": call.kind,
            "event": call.event,
            "must_confirm": call.must_confirm,
            "confirm_by": _at(call.confirm_by),
            "sent_at": _at(call.sent_at),
            "answered_at": _at(call.answered_at),
            "confirmed": _confirmed(call),
            "learned_later": _is_later(said.confirmed_at if said else None, order),
        }


def _confirmed(call: HookCall) -> dict[str, Any] | None:
    said = call.confirmed
    if said is None:
        return None
    return {
        "state": said.state,
        "at": _at(said.confirmed_at),
        "count": said.count,
        "detail": said.detail,
        # A person who looked is another source than the system itself.
        "by_hand_of": said.by.name if said.by else None,
    }


def _figures(order: StopOrder, collectors: list[dict[str, Any]]) -> dict[str, Any]:
    times = distribution.of(
        each["known_after_ms"]
        for each in collectors
        if each["state"] == StopProof.State.ACKNOWLEDGED
    )
    states = [each["state"] for each in collectors]
    return {
        "collectors": len(collectors),
        **{state.value: states.count(state.value) for state in StopProof.State},
        "unconfirmed_systems": order.calls.unconfirmed().count(),
        "acknowledged_after_ms": {"p50": times.p50, "p95": times.p95, "max": times.longest},
    }


def _is_later(known: datetime | None, order: StopOrder) -> bool:
    return known is not None and order.settled_at is not None and known > order.settled_at


def _at(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
