"""Make an evidence bundle of an incident for somebody who manages it.

The only module that writes Bundle.
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import clockwork, sealing, trail
from audit.chain import stamp
from audit.keyring import ring
from incidents import access, bundling, evidence
from incidents.bundling import Contents
from incidents.intake import Refused as NotGiven
from incidents.models import AccessGrant, Bundle, Evidence, Incident
from incidents.models.evidence import storage

MAKE, REMOVE = "incidents.make_bundle", "incidents.remove_bundle"
KEPT_FOR = timedelta(days=7)
# More is left out, and named: nobody can send it on, and it would fill a disk.
MOST_BYTES = 4 * 1024**3
_PIECE = 1 << 16
_EARLY = (1980, 1, 1, 0, 0, 0)
State = Bundle.State


class Refused(Exception):
    """The bundle is not made or not given out; the message says why."""


@transaction.atomic
def ask(incident: Incident, *, actor: Actor) -> Bundle:
    """Have a bundle made for a person; whoever asks meanwhile gets the same one.

    Raises:
        Refused: if no person asks, or one who does not manage the incident.
    """
    if actor.user is None or not access.may(actor.user, AccessGrant.Level.MANAGE, incident):
        raise Refused(_("Only whoever manages the incident gets a bundle of it."))
    row, is_new = Bundle.objects.get_or_create(
        incident=incident,
        asked_by=actor.user,
        state=State.WAITING,
        defaults={"expires_at": clockwork.now() + KEPT_FOR},
    )
    if is_new:
        stream = trail.stream_of(incident)
        trail.record("incident.bundle_asked", row, actor=actor, stream=stream)
        payload = {"bundle": row.pk, "lane": f"bundle:{actor.user.pk}"}
        clockwork.schedule(MAKE, key=f"bundle:{row.pk}:make", payload=payload, priority=7)
        clockwork.schedule(
            REMOVE, key=f"bundle:{row.pk}:remove", payload=payload, due_at=row.expires_at
        )
    return row


def make(pk: int) -> Callable[[], None]:
    """Make one; return what to write of it. Takes as long as there is evidence to read."""
    row = Bundle.objects.select_related("incident", "asked_by").get(pk=pk)
    if row.state != State.WAITING:
        return lambda: None
    # Access may have ended since, and what is made now would be read later.
    if not access.may(row.asked_by, AccessGrant.Level.MANAGE, row.incident):
        return lambda: _end(pk, State.FAILED, said=_("Who asked does not manage it any more."))
    with tempfile.NamedTemporaryFile() as whole:
        left_out = write(row.incident, whole, actor=Actor.person(row.asked_by, via="bundle"))
        size, digest = _measured(whole)
        _store(row, whole)
    return lambda: _end(pk, State.READY, size=size, sha256=digest, left_out=left_out)


def write(incident: Incident, to: IO[bytes], *, actor: Actor) -> int:
    """Write the bundle of an incident for a person; return how much had to be left out.

    Not to be called in a transaction: it reads evidence where that is kept.

    Raises:
        Refused: if no person wants it.
    """
    if actor.user is None:
        raise Refused(_("Only whoever manages the incident gets a bundle of it."))
    # So that all of it is sealed, up to the line that says who asked.
    sealing.seal()
    made_by = settings.ENVIRONMENT.url
    contents = bundling.of(incident, reader=actor.user, made_by=made_by)
    listed: list[dict[str, Any]] = []
    with zipfile.ZipFile(to, "w", allowZip64=True) as bundle:
        for name, text in contents.texts.items():
            listed.append(_put(bundle, name, iter([text.encode()]), packed=True))
        for row in contents.files:
            _put_evidence(bundle, row, contents, listed, actor=actor)
        manifest = {
            "kind": "andon-bundle",
            "version": 1,
            "incident": incident.ref,
            "made_at": stamp(clockwork.now()),
            "made_by": made_by,
            "made_for": actor.name,
            "checkpoint": contents.checkpoint,
            "files": listed,
            "left_out": [{"name": name, "why": why} for name, why in contents.left_out],
        }
        _put(bundle, "manifest.json", iter([ring().sign(manifest).encode()]), packed=True)
    return len(contents.left_out)


def _put_evidence(
    bundle: zipfile.ZipFile,
    row: Evidence,
    contents: Contents,
    listed: list[dict[str, Any]],
    *,
    actor: Actor,
) -> None:
    name = bundling.name_of(row)
    if sum(each["size"] for each in listed) + row.size > MOST_BYTES:
        contents.left_out.append((name, "the bundle would be too large"))
        return
    try:
        with evidence.give_out(row, actor=actor) as file:
            listed.append(_put(bundle, name, _pieces(file), packed=False))
    except NotGiven as refusal:
        contents.left_out.append((name, str(refusal)))


def _put(
    bundle: zipfile.ZipFile, name: str, pieces: Iterator[bytes], *, packed: bool
) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    # No time of its own: the same contents make the same bytes.
    info = zipfile.ZipInfo(name, date_time=_EARLY)
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with bundle.open(info, "w", force_zip64=True) as into:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            into.write(piece)
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE), b"")


def _measured(whole: IO[bytes]) -> tuple[int, str]:
    whole.seek(0)
    digest = hashlib.file_digest(whole, "sha256")  # type: ignore[arg-type]
    return whole.tell(), digest.hexdigest()


def _store(row: Bundle, whole: IO[bytes]) -> None:
    name = str(row.file)
    # Of a try that ended half-way.
    storage().delete(name)
    whole.seek(0)
    if storage().save(name, File(whole)) != name:
        raise RuntimeError("the bundle was stored elsewhere")


def _end(pk: int, state: str, **said: Any) -> None:
    Bundle.objects.filter(pk=pk, state=State.WAITING).update(state=state, finished_at=Now(), **said)


def give_up(pk: int) -> None:
    """Write down that none was made."""
    _end(pk, State.FAILED, said=_("It was tried several times and could not be made."))


def remove(pk: int) -> Callable[[], None]:
    """Remove the file of a bundle when its days are over."""
    row = Bundle.objects.get(pk=pk)
    storage().delete(str(row.file))
    return lambda: _note_gone(pk)


def _note_gone(pk: int) -> None:
    Bundle.objects.filter(pk=pk).exclude(state=State.FAILED).update(state=State.GONE)


def give_out(row: Bundle, *, actor: Actor) -> IO[bytes]:
    """Return the bytes of a bundle to whom it was made for, after writing down that they take it.

    Raises:
        Refused: if it is not there, or not any more.
    """
    if row.state != State.READY:
        said = _("This bundle is %(state)s.")
        raise Refused(said % {"state": row.get_state_display()})
    try:
        file: IO[bytes] = storage().open(str(row.file), "rb")
    except Exception as error:
        raise Refused(_("The bundle cannot be read just now.")) from error
    with transaction.atomic():
        stream = trail.stream_of(row.incident)
        trail.record("incident.bundle_taken", row, actor=actor, stream=stream, sha256=row.sha256)
    return file


def of(incident: Incident, person: Any) -> list[Bundle]:
    """Return the bundles that were made for a person, the newest first."""
    return list(Bundle.objects.filter(incident=incident, asked_by=person)[:20])
