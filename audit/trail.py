"""Write to the record. The only module that writes Entry and Remark."""

import secrets
from typing import Any

from django.db import models, transaction

from accounts.actors import Actor
from audit import chain
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

    Raises:
        OutsideTransaction: if there is no transaction around the call.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"record({act!r}) needs transaction.atomic() around it")
    label = f"{subject._meta.label_lower}:{subject.pk}"
    body: dict[str, Any] = {
        "action": act,
        "actor": actor.user.pk if actor.user else None,
        "actor_name": actor.name,
        "via": actor.via,
        "subject": label,
        "facts": facts,
    }
    salt = secrets.token_hex(16)
    if remark:
        body["remark"] = chain.commitment(salt, remark)
    entry = Entry.objects.create(
        stream=stream or stream_of(subject),
        actor=actor.user,
        action=act,
        subject=label,
        body=chain.canonical(body),
    )
    if remark:
        Remark.objects.create(entry=entry, salt=salt, text=remark)
    return entry
