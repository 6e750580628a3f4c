"""The record for those who check it: where each stream ends, its checkpoints, verifications."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.functions import Function
from accounts.http import Fragment, SignedInRequest, actor_of
from accounts.models import User
from audit import checkpoints, keyring, looking, sealing
from audit.forms import StreamForm
from audit.models import Checkpoint, Deposit, Head, Verification
from audit.offline import verify_andon

READERS = (Function.AUDITOR, Function.OPERATOR, Function.PRIVACY_OFFICER)
MOST_CHECKPOINTS, EACH_PAGE, MOST_NAME = 10, 50, 80
LARGEST_KEY = 2**63 - 1


def _refuse_others(user: User) -> None:
    if not user.is_any(*READERS):
        said = _("Only auditors, operators and privacy officers read the record.")
        raise PermissionDenied(said)


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """Show what seals the record, what the last look at it found, and where each stream ends."""
    _refuse_others(request.user)
    form = StreamForm(request.GET, auto_id="%s")
    name = request.GET.get("stream", "").replace("\0", "")[:MOST_NAME]
    # By its name alone: a part of one would be looked for in all of them.
    heads = Head.objects.filter(stream__startswith=name).order_by("stream")
    page = Paginator(heads, EACH_PAGE).get_page(request.GET.get("page"))
    rows = Checkpoint.objects.order_by("-number").prefetch_related(
        Prefetch("deposits", queryset=Deposit.objects.defer("token").order_by("at"))
    )
    newest = rows[:MOST_CHECKPOINTS]
    context = {
        "live": _live(request),
        "checkpoints": [(row, checkpoints.read(row.text)) for row in newest],
        "key": keyring.ring().key,
        "page": page,
        "form": form,
        "stream": name,
    }
    return render(request, "audit/record.html", context)


@require_safe
def live(request: SignedInRequest) -> HttpResponse:
    """The verification that is under way, and the last one that came to an end."""
    _refuse_others(request.user)
    return _live(request).answer(request)


def _live(request: HttpRequest) -> Fragment:
    under_way = Verification.objects.filter(state__in=looking.UNDER_WAY).order_by("pk").first()
    context: dict[str, Any] = {"under_way": under_way, "last": looking.latest()}
    return Fragment.of("audit/_looking.html", context, request)


@require_POST
def verify(request: SignedInRequest) -> HttpResponse:
    """Have the engine verify the record."""
    _refuse_others(request.user)
    looking.ask(actor=actor_of(request))
    messages.success(request, _("The engine verifies the record now."))
    return redirect("record")


@require_POST
def seal(request: SignedInRequest) -> HttpResponse:
    """Seal the record at this moment."""
    _refuse_others(request.user)
    said = sealing.seal_now(actor=actor_of(request))
    facts = {"n": said.number, "size": said.size}
    messages.success(request, _("Checkpoint %(n)s seals %(size)s entries.") % facts)
    return redirect("record")


@require_safe
def checkpoint(request: SignedInRequest, number: int) -> HttpResponse:
    """One checkpoint, as a line to be kept."""
    _refuse_others(request.user)
    row = Checkpoint.objects.filter(number=min(number, LARGEST_KEY)).first()
    if row is None:
        raise Http404
    name = f"andon-checkpoint-{row.number}.jsonl"
    return _file(f"{row.text}\n", name, "application/json")


@require_safe
def stamp(request: SignedInRequest, number: int) -> HttpResponse:
    """The answer of the time-stamping authority on one checkpoint."""
    _refuse_others(request.user)
    found = Deposit.objects.filter(
        checkpoint=min(number, LARGEST_KEY), place=Deposit.Place.STAMP
    ).first()
    if found is None:
        raise Http404
    name = f"andon-checkpoint-{number}.tsr"
    return _file(bytes(found.token), name, "application/timestamp-reply")


@login_not_required
@require_safe
def key(_request: HttpRequest) -> HttpResponse:
    """The public key of the record as openssl reads it. Who checks needs no account."""
    return HttpResponse(keyring.ring().key.pem, content_type="application/x-pem-file")


@login_not_required
@require_safe
def verifier(_request: HttpRequest) -> HttpResponse:
    """The script with which outsiders check bundles and checkpoints."""
    text = Path(verify_andon.__file__).read_text(encoding="utf-8")
    return _file(text, "verify_andon.py", "text/x-python; charset=utf-8")


def _file(content: str | bytes, name: str, type_: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(content, content_type=type_, headers={"Content-Disposition": disposition})
