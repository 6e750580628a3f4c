"""Evidence and bundles as an answer: bytes to be saved, and never opened on our address."""

from typing import IO
from urllib.parse import quote

from django.http import FileResponse

from accounts.actors import Actor
from incidents import bundles, evidence
from incidents.models import Bundle, Evidence

# It is opened by nobody's browser here: no script, no form, no frame of it runs on our address.
_SANDBOX = "sandbox; default-src 'none'"


def of(row: Evidence, *, actor: Actor) -> FileResponse:
    """Return the bytes as an attachment; the custody log names who took them.

    Raises:
        Refused: as evidence.give_out.
    """
    file = evidence.give_out(row, actor=actor)
    return _answer(file, name=row.name, size=row.size, type_=row.type)


def of_bundle(row: Bundle, *, actor: Actor) -> FileResponse:
    """Return a bundle as an attachment; the record names who took it.

    Raises:
        Refused: as bundles.give_out.
    """
    file = bundles.give_out(row, actor=actor)
    name = f"{row.incident.ref}-bundle-{row.pk}.zip"
    return _answer(file, name=name, size=row.size, type_="application/zip")


def _answer(file: IO[bytes], *, name: str, size: int, type_: str) -> FileResponse:
    answer = FileResponse(file, content_type=type_)
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = _SANDBOX
    return answer
