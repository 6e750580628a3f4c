"""Write to the record. The only module that writes Entry and Remark."""

import hashlib
import secrets
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, models, transaction

from accounts.actors import Actor
from audit import chain
from audit.gathering import OutsideTransaction, Turn, afterwards, write_soon
from audit.inserting import insert_all
from audit.models import Entry, Remark

# For a change that is mostly a part of a larger one: it joins the transaction around it without a
# savepoint, which would cost two statements each time. If it fails, the larger one fails.
joined = transaction.atomic(savepoint=False)


def stream_of(subject: models.Model) -> str:
    """Return the stream that acts on this object are chained in, such as `program:3`.

    Raises:
        ValueError: if the object was not saved yet.
    """
    return f"{subject._meta.model_name}:{_key(subject)}"


def _key(subject: models.Model) -> Any:
    # "None" would be a name that many share, in a record that nobody can put right.
    if subject.pk is None:
        raise ValueError(f"{subject._meta.label} has no key yet: save it before it is recorded")
    return subject.pk


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
        ValueError: if the subject has no key when the entry is written.
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
        entry.subject = f"{subject._meta.label_lower}:{_key(subject)}"
        said = {}
        if text:
            salt = secrets.token_hex(16)
            said = {"remark": chain.commitment(salt, text)}
            remarks.append(Remark(entry=entry, salt=salt, text=text))
        entry.body = chain.canonical(body | {"subject": entry.subject} | said)
    if len(lines) == 1:
        _insert(lines[0].entry, remarks)
        return
    insert_all([line.entry for line in lines])
    for remark in remarks:
        # Its entry has a key only now.
        remark.entry_id = remark.entry.pk
    insert_all(remarks)


# What the trigger sets is left empty. Entry and text go in one statement: whoever acts waits for
# each, and the ORM takes as long to word two as the database to do them.
_ENTRY = """
    INSERT INTO audit_entry (stream, seq, at, prev, hash, actor_id, action, subject, body)
    VALUES (%s, 0, now(), '', '', %s, %s, %s, %s) RETURNING id
"""
_WITH_TEXT = f"""
    WITH entry AS ({_ENTRY}), remark AS (
        INSERT INTO audit_remark (entry_id, salt, text) SELECT id, %s::text, %s::text FROM entry)
    SELECT id FROM entry
"""  # noqa: S608


def _insert(entry: Entry, remarks: list[Remark]) -> None:
    given = [entry.stream, entry.actor_id, entry.action, entry.subject, entry.body]
    for remark in remarks:
        given += [remark.salt, remark.text]
    cursor = transaction.get_connection().cursor()
    cursor.execute(_WITH_TEXT if remarks else _ENTRY, given)
    entry._state.adding, entry._state.db = False, DEFAULT_DB_ALIAS

    def take() -> None:
        with cursor:
            (entry.pk,) = cursor.fetchone()

    # Nobody needs its key before the rest is written.
    afterwards(take)


def digest_of(secret: str) -> str:
    """Return what an entry tells of a secret, so that the row can be compared with it: a SHA-256.

    Only for what nobody can guess, such as the salted hash of a password.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def erase(entry: Entry, *, reason: str, actor: Actor) -> None:
    """Erase the text of an entry with its salt, where the law wants it gone, and record that.

    The entry stays, and with it the hash that shows that there was a text; the chain stays whole.

    Raises:
        ValueError: if it has no text, or no reason is given.
    """
    if not reason.strip():
        raise ValueError("reason: say why the law wants it gone.")
    removed, _models = Remark.objects.filter(entry=entry).delete()
    if not removed:
        raise ValueError(f"{entry.stream} #{entry.seq} has no text.")
    record("record.text_erased", entry, actor=actor, stream=entry.stream, remark=reason)
