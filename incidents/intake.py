"""The bytes of evidence: look at them, keep them, give them back unchanged, sweep what nobody kept.

Talks to the storage, which may be a network away: never called inside a transaction.
"""

import hashlib
import os
import tempfile
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

import structlog
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.utils.translation import gettext as _

from audit import clockwork
from incidents import sniffing
from incidents.models import Evidence
from incidents.models.evidence import storage
from incidents.sniffing import Family
from programs.contents import plain_name

logger = structlog.get_logger(__name__)

SWEEP = "incidents.sweep_evidence"
# No upload takes that long: a file that no row names by then never gets one.
SWEPT_AFTER = timedelta(days=1)
_PIECE = 64 * 1024
_IN_MEMORY = 1024**2


class Refused(Exception):
    """This is not taken as evidence, or not given out; the message names the field at fault.

    `status` is that of HTTP: 422 for a field, 409 for a state, 413 for too much.
    """

    def __init__(self, sentence: str, *, field: str = "", status: int = 409) -> None:
        super().__init__(f"{field}: {sentence}" if field else sentence)
        self.field, self.sentence, self.status = field, sentence, status


class Altered(Exception):
    """What is stored is not what was handed in, or is gone."""


class Away(Exception):
    """The storage does not answer just now."""


@dataclass(frozen=True)
class Examined:
    """What is known of a file without believing anybody. `size` is in bytes."""

    name: str
    family: Family
    type: str
    size: int
    sha256: str


def examine(upload: "File[bytes]", *, declared: str = "", sha256: str = "") -> Examined:
    """Read a file once, piece by piece.

    Args:
        declared: the media type that it was sent as; empty if none.
        sha256: what the sender says that it has; empty if nothing.

    Raises:
        Refused: if it is empty, too large, not what it says, or of no kind that is taken.
    """
    look, digest, size = sniffing.Look(), hashlib.sha256(), 0
    for piece in upload.chunks(_PIECE):
        size += len(piece)
        if size > settings.EVIDENCE.largest:
            raise too_large()
        digest.update(piece)
        look.take(piece)
    if not size:
        raise Refused(_("it is empty."), field="file", status=422)
    if sha256 and sha256.lower() != digest.hexdigest():
        said = _("what arrived has another SHA-256, so it was changed or cut off on its way.")
        raise Refused(said, field="sha256", status=422)
    name = plain_name(upload.name)
    found = _of_a_kind_that_is_taken(look, name, declared)
    return Examined(name, found.family, found.type, size, digest.hexdigest())


def _of_a_kind_that_is_taken(look: sniffing.Look, name: str, declared: str) -> sniffing.Found:
    try:
        found = look.end(name=name, declared=declared)
    except sniffing.Odd as odd:
        raise Refused(str(odd), field="file", status=422) from odd
    if found.family not in settings.EVIDENCE.families:
        taken = ", ".join(each for each in Family if each in settings.EVIDENCE.families)
        said = _("it is of a kind that is not taken here (%(kind)s). Taken are: %(taken)s.")
        facts = {"kind": found.family.value, "taken": taken}
        raise Refused(said % facts, field="file", status=422)
    return found


def too_large() -> Refused:
    said = _("at most %(mib)s MiB.") % {"mib": f"{settings.EVIDENCE.largest / 1024**2:g}"}
    return Refused(said, field="file", status=413)


def keep(upload: "File[bytes]", *, size: int) -> str:
    """Store a file under a random name and return that; swept later unless a row names it.

    Raises:
        Refused: if it cannot be stored, or not as a whole.
    """
    name = f"incidents/{uuid.uuid4().hex}"
    with transaction.atomic():
        # Before the first byte lies there: whoever is killed in between leaves nothing for ever.
        clockwork.schedule(SWEEP, key=_key(name), payload={"file": name}, after=SWEPT_AFTER)
    try:
        upload.seek(0)
        stored = storage().save(name, upload)
        _write_through(stored)
        whole = stored == name and storage().size(stored) == size
    except Exception as error:
        # The class only: the message may hold a path or a key.
        logger.warning("evidence_not_stored", error=type(error).__name__)
        raise _not_stored() from error
    if not whole:
        raise _not_stored()
    return name


def _not_stored() -> Refused:
    said = _("It could not be stored where evidence is kept. Nothing was added; send it again.")
    return Refused(said, status=503)


def _write_through(name: str) -> None:
    # The row is on the disk when it is committed; after a power cut its file must be as well.
    kept = storage()
    if not isinstance(kept, FileSystemStorage):
        return
    for each in (kept.path(name), os.path.dirname(kept.path(name))):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def claim(name: str) -> None:
    """Say that a row names the file, in the transaction that writes this row.

    Raises:
        Refused: if the file was swept already, or is being.
    """
    # Once claimed the sweep may be removing it at this moment.
    if clockwork.cancel(prefix=_key(name), handed_over=False) != 1:
        raise _not_stored()


def discard(name: str) -> None:
    """Remove a file whose row was refused. If that fails it is swept later."""
    try:
        storage().delete(name)
    except Exception:  # noqa: BLE001 - of whatever storage; the due row tries again
        return


def sweep(name: str) -> None:
    """Remove a file that no row names."""
    if not Evidence.objects.filter(file=name).exists():
        storage().delete(name)


def _key(name: str) -> str:
    return f"evidence-file:{name}"


def unchanged(row: Evidence) -> IO[bytes]:
    """Return a copy of a stored file after checking that it is what was handed in.

    A copy, so that what was checked is what is given out.

    Raises:
        Altered: if it is gone or has another SHA-256.
        Away: if the storage does not answer.
    """
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        if _copied(row, copy) != row.sha256:
            raise Altered(_("its SHA-256 is no longer that of what was handed in."))
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy


def _copied(row: Evidence, to: IO[bytes]) -> str:
    digest = hashlib.sha256()
    try:
        with storage().open(str(row.file), "rb") as stored:
            while piece := stored.read(_PIECE):
                digest.update(piece)
                to.write(piece)
    except FileNotFoundError as error:
        raise Altered(_("it is gone from where evidence is kept.")) from error
    except Exception as error:
        logger.warning("evidence_not_read", error=type(error).__name__)
        raise Away(type(error).__name__) from error
    return digest.hexdigest()
