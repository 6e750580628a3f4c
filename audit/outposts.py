"""Put checkpoints into an object store and into another PostgreSQL.

Each checkpoint is an object or a row of its own, written once: a store with object lock, or a role
that may add rows and nothing else, keeps what was put there from whoever owns this database.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from audit import checkpoints, clockwork, deposits, elsewhere
from audit.models import Checkpoint, Deposit

STORE, ROW = "audit.deposit_in_store", "audit.deposit_in_database"
# The name in STORAGES.
STORAGE = "checkpoints"
Place = Deposit.Place
# With the five of connecting within the half minute of a claim: a silent server holds no worker.
_LONGEST_SECONDS = 20
_SESSION = {
    "statement_timeout": 10_000,
    "lock_timeout": 5_000,
    "idle_in_transaction_session_timeout": 10_000,
}
_MAKE = """
    CREATE TABLE IF NOT EXISTS andon_checkpoint (
        log text NOT NULL, number bigint NOT NULL, text text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (log, number));
    CREATE OR REPLACE FUNCTION andon_checkpoint_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'andon_checkpoint keeps what was written'; END $$;
    CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON andon_checkpoint
        FOR EACH STATEMENT EXECUTE FUNCTION andon_checkpoint_kept()
"""
_ADD = """
    INSERT INTO andon_checkpoint (log, number, text) VALUES (%s, %s, %s)
        ON CONFLICT (log, number) DO NOTHING
"""


class NotDeposited(Exception):
    """The place did not take the checkpoint."""


# Classes of their own, as of what failed operators read the class alone.
class HoldsAnother(NotDeposited):
    """The place holds another checkpoint under its number: somebody wrote there, or here."""


class NoAnswer(NotDeposited):
    """The place cannot be reached, or does not let us in."""


def plan(number: int) -> None:
    """Have a checkpoint put wherever the settings say, each in a lane of its own."""
    record = settings.RECORD
    wanted = {STORE: record.storage, ROW: record.database}
    clockwork.schedule_all(
        [
            clockwork.Wish(
                kind, f"deposit:{kind}:{number}", {"number": number, "lane": kind}, priority=8
            )
            for kind, where in wanted.items()
            if where
        ]
    )


def in_store(payload: dict[str, Any]) -> Callable[[], None]:
    """Write a checkpoint into the object store; return what to write of it.

    Raises:
        HoldsAnother: if the store holds something else under its name.
    """
    checkpoint = Checkpoint.objects.get(number=payload["number"])
    name = f"{checkpoint.made_at:%Y-%m-%d}/checkpoint-{checkpoint.number:012}{deposits.SUFFIX}"
    line = f"{checkpoint.text}\n".encode()
    store = storages[STORAGE]
    if not store.exists(name):
        store.save(name, ContentFile(line))
    # Also what was just written: the store may have given it another name beside one that came
    # meanwhile, and only what is read under this one is there for whoever looks for it.
    with store.open(name) as kept:
        if kept.read(len(line) + 1) != line:
            raise HoldsAnother(f"The store holds another checkpoint as {name}.")
    return lambda: deposits.note(checkpoint, Place.STORAGE, name)


def in_database(payload: dict[str, Any]) -> Callable[[], None]:
    """Add a checkpoint to the table of another PostgreSQL, made if it is missing and may be.

    Raises:
        NoAnswer: if it does not answer, or falls silent.
        HoldsAnother: if it holds something else under the number.
        NotDeposited: if it refuses.
    """
    checkpoint = Checkpoint.objects.get(number=payload["number"])
    try:
        with elsewhere.opened(
            settings.RECORD.database, seconds=_LONGEST_SECONDS, session=_SESSION, autocommit=True
        ) as line:
            where = _add(line, checkpoint)
    except psycopg.Error as error:
        # Not its words: those of a connection that failed may hold whom it was tried as.
        why = NoAnswer if isinstance(error, psycopg.OperationalError) else NotDeposited
        raise why(f"The other PostgreSQL: {type(error).__name__}.") from error
    return lambda: deposits.note(checkpoint, Place.POSTGRES, where)


def _add(line: psycopg.Connection[Any], checkpoint: Checkpoint) -> str:
    log = checkpoints.read(checkpoint.text).log
    given = [log, checkpoint.number, checkpoint.text]
    try:
        line.execute(_ADD, given)
    except psycopg.errors.UndefinedTable:
        line.execute(_MAKE)
        line.execute(_ADD, given)
    found = line.execute(
        "SELECT text FROM andon_checkpoint WHERE log = %s AND number = %s", given[:2]
    ).fetchone()
    if found != (checkpoint.text,):
        raise HoldsAnother(f"The other PostgreSQL holds another checkpoint {checkpoint.number}.")
    return f"{line.info.host}/{line.info.dbname}"
