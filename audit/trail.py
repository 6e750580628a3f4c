"""Write to the record. The only module that writes Entry and Remark."""

import secrets
from typing import Any, NamedTuple

from django.db import models, transaction

from accounts.actors import Actor
from audit import chain
from audit.gathering import Turn, write_soon
from audit.models import Entry, Remark

# For a change that is mostly a part of a larger one: it joins the transaction around it without a
# savepoint, which would cost two statements each time. If it fails, the larger one fails.
joined = transaction.atomic(savepoint=False)


class OutsideTransaction(RuntimeError):
    """Something was recorded or published without a transaction to belong to."""


def stream_of(subject: models.Model) -> str:
    """Return the stream that acts on this object are chained in, such as `program:3`."""
    return f"{subject._meta.model_name}:{subject.pk}"


def record(
    act: str,
    subject: models.Model,
    /,
    *,
    actor: Actor,
    stream: str = "",
    remark: str = "",
    **facts: Any,
) -> Entry:
    """Append one entry; call it inside the transaction that does the thing.

    Args:
        stream: which chain; that of the subject unless a parent's is named.
        remark: free text of a person. Only its salted hash enters the chain.
        facts: JSON values without floats; never incident text.

    Returns:
        the entry, written at the end of `gathered()` if that is around the call, else already.

    Raises:
        OutsideTransaction: if there is no transaction around the call.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"record({act!r}) needs transaction.atomic() around it")
    body: dict[str, Any] = {
        "action": act,
        "actor": actor.user.pk if actor.user else None,
        "actor_name": actor.name,
        "via": actor.via,
        "facts": facts,
    }
    entry = Entry(stream=stream or stream_of(subject), actor=actor.user, action=act)
    write_soon(_write, _Line(entry, subject, body, remark), turn=Turn.RECORD)
    return entry


class _Line(NamedTuple):
    entry: Entry
    subject: models.Model
    body: dict[str, Any]
    remark: str


def _write(lines: list[_Line]) -> None:
    remarks = []
    for entry, subject, body, text in lines:
        entry.subject = f"{subject._meta.label_lower}:{subject.pk}"
        said = {}
        if text:
            salt = secrets.token_hex(16)
            said = {"remark": chain.commitment(salt, text)}
            remarks.append(Remark(entry=entry, salt=salt, text=text))
        entry.body = chain.canonical(body | {"subject": entry.subject} | said)
    Entry.objects.bulk_create([line.entry for line in lines])
    for remark in remarks:
        # Its entry has a key only now.
        remark.entry_id = remark.entry.pk
    Remark.objects.bulk_create(remarks)
