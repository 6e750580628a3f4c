"""Evidence as an answer: its bytes, to be saved and never opened on our address."""

from urllib.parse import quote

from django.http import FileResponse

from accounts.actors import Actor
from incidents import evidence
from incidents.models import Evidence

# It is opened by nobody's browser here: no script, no form, no frame of it runs on our address.
_SANDBOX = "sandbox; default-src 'none'"


def of(row: Evidence, *, actor: Actor) -> FileResponse:
    """Return the bytes as an attachment; the custody log names who took them.

    Raises:
        Refused: as evidence.give_out.
    """
    answer = FileResponse(evidence.give_out(row, actor=actor), content_type=row.type)
    answer["Content-Length"] = str(row.size)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = _SANDBOX
    return answer
