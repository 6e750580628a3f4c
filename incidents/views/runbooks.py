"""The runbooks of the house: read them, write new versions, publish as a second person."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import actions, books, drafting, library, seconding
from incidents.drafting import BadRunbook
from incidents.forms.runbooks import Draft
from incidents.models import RunbookVersion

_MOST_NAMED = 20


def _reads(request: SignedInRequest) -> None:
    if not library.may_read(request.user):
        raise PermissionDenied(_("Runbooks are read by people who have a function."))


def _edits(request: SignedInRequest) -> None:
    if not seconding.may_edit(request.user):
        raise PermissionDenied(
            _("Only incident commanders, privacy officers and security officers write runbooks.")
        )


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the runbooks in force, those that are retired, and what waits."""
    _reads(request)
    rows = RunbookVersion.objects.select_related("author")
    in_force = library.in_force()
    known = {book.id for book in in_force}
    retired = rows.filter(state=RunbookVersion.State.PUBLISHED, retires=True)
    context = {
        "books": in_force,
        "waiting": rows.filter(state=RunbookVersion.State.WAITING),
        "retired": sorted({row.runbook for row in retired} - known),
        "may_edit": seconding.may_edit(request.user),
    }
    return render(request, "incidents/runbooks.html", context)


@require_safe
def one(request: SignedInRequest, runbook: str) -> HttpResponse:
    """Show a runbook as it is, its versions, what waits, and whom it would be attached to."""
    _reads(request)
    return _page(request, runbook)


def _page(
    request: SignedInRequest, runbook: str, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    if not library.exists(runbook):
        raise Http404(_("No such runbook."))
    book, rows = library.get(runbook), list(library.versions(runbook))
    waiting = next((row for row in rows if row.state == RunbookVersion.State.WAITING), None)
    shipped = next((each for each in books.shipped() if each.id == runbook), None)
    context: dict[str, Any] = {
        "runbook": runbook,
        "book": book,
        "versions": rows,
        "shipped": shipped,
        "waiting": waiting,
        "may_edit": seconding.may_edit(request.user),
        "refusal": refusal,
        **_fitting(request, book),
    }
    if waiting:
        proposed = drafting.read(runbook, waiting.label, waiting.document)
        context |= {
            "changes": library.compare(library.last(runbook), waiting.document),
            "remarks": drafting.remarks(proposed),
            "own": waiting.author == request.user,
        }
    return render(request, "incidents/runbook.html", context, status=status)


def _fitting(request: SignedInRequest, book: books.Runbook | None) -> dict[str, Any]:
    if book is None:
        return {"fitting": [], "fitting_count": 0}
    found = library.would_attach(book.rules, request.user)
    return {
        "fitting": found.incidents[:_MOST_NAMED],
        "fitting_count": len(found.incidents),
        "looked_at": None if found.is_all else library.MOST_LOOKED_AT,
    }


@require_safe
def version(request: SignedInRequest, runbook: str, number: int) -> HttpResponse:
    """Show one version, and what it changed."""
    _reads(request)
    row = get_object_or_404(library.versions(runbook), number=number)
    before = _before(row)
    context = {
        "row": row,
        "book": drafting.read(runbook, row.label, row.document),
        "changes": library.compare(before, row.document),
        "may_edit": seconding.may_edit(request.user),
    }
    return render(request, "incidents/runbook_version.html", context)


def _before(row: RunbookVersion) -> dict[str, Any] | None:
    older = library.versions(row.runbook).filter(
        number__lt=row.number, state=RunbookVersion.State.PUBLISHED
    )
    if older:
        return dict(older[0].document)
    shipped = next((book for book in books.shipped() if book.id == row.runbook), None)
    return drafting.plain(shipped) if shipped else None


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Write a runbook that there was not."""
    _edits(request)
    runbook = request.POST.get("id", "").strip()
    if request.method != "POST":
        draft = Draft.of(None, based_on="", user=request.user)
        return _editor(request, draft, runbook="")
    draft = Draft.sent(request.POST, user=request.user)
    if library.exists(runbook) and request.POST.get("act") == "save":
        said = _("There is a runbook %(id)s already; choose another id.") % {"id": runbook}
        return _editor(request, draft, runbook=runbook, refusal=said, status=409)
    return _take(request, draft, runbook=runbook, is_new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, runbook: str) -> HttpResponse:
    """Write a new version of a runbook."""
    _edits(request)
    document = library.last(runbook)
    if document is None:
        raise Http404(_("No such runbook."))
    if request.method == "POST":
        draft = Draft.sent(request.POST, user=request.user)
        return _take(request, draft, runbook=runbook, is_new=False)
    based_on = library.version_now(runbook)
    draft = Draft.of(document, based_on=based_on, user=request.user)
    return _editor(request, draft, runbook=runbook)


def _take(request: SignedInRequest, draft: Draft, *, runbook: str, is_new: bool) -> HttpResponse:
    act = request.POST.get("act", "preview")
    if act not in ("save", "preview"):
        # A row was moved: nothing is checked before all of it is there.
        return _editor(request, Draft.sent(request.POST, user=request.user), runbook=runbook)
    try:
        document = draft.document()
        if act == "preview":
            book = drafting.read(runbook, "", document)
            return _editor(request, draft, runbook=runbook, book=book)
        library.propose(
            runbook,
            document,
            reason=request.POST.get("reason", ""),
            based_on=request.POST.get("based_on", ""),
            actor=actor_of(request),
        )
    except BadRunbook as bad:
        draft.blame(bad)
        said = next((str(each) for each in bad.faults if is_new and each.field == "id"), "")
        return _editor(request, draft, runbook=runbook, refusal=said, status=422)
    except library.Refused as refusal:
        draft.book.full_clean()
        draft.book.blame(str(refusal))
        return _editor(request, draft, runbook=runbook, status=409)
    messages.success(request, _("Written. A second person must publish it."))
    return redirect("incidents:runbook", runbook=runbook)


def _editor(
    request: SignedInRequest,
    draft: Draft,
    *,
    runbook: str,
    book: books.Runbook | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    moved = re.fullmatch(r"\w+-\d+", request.POST.get("act", ""))
    context: dict[str, Any] = {
        "draft": draft,
        "runbook": runbook,
        "is_new": request.resolver_match is not None
        and request.resolver_match.url_name == "runbook-new",
        "refusal": refusal,
        "moved": bool(moved),
        "previewed": book,
        "remarks": drafting.remarks(book) if book else [],
        "roles": list(books.DUTIES),
        "hooks": list(actions.ACTIONS.values()),
        "wrong": draft.errors and status != 200,
        **_fitting(request, book),
    }
    return render(request, "incidents/runbook_edit.html", context, status=status)


@require_POST
def decide(request: SignedInRequest, runbook: str, number: int, how: str) -> HttpResponse:
    """Publish or withdraw the version that waits, or write an older one anew."""
    _edits(request)
    row = get_object_or_404(library.versions(runbook), number=number)
    actor, reason = actor_of(request), request.POST.get("reason", "")
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "publish": (lambda: library.publish(row, actor=actor), _("Published.")),
        "withdraw": (lambda: library.withdraw(row, actor=actor), _("Withdrawn.")),
        "restore": (
            lambda: library.restore(row, reason=reason, actor=actor),
            _("Written anew. A second person must publish it."),
        ),
    }
    return _do(request, runbook, *acts[how])


@require_POST
def retire(request: SignedInRequest, runbook: str) -> HttpResponse:
    """Propose that a runbook is attached no more."""
    _edits(request)
    actor, reason = actor_of(request), request.POST.get("reason", "")
    said = _("Proposed. A second person must publish it.")
    return _do(request, runbook, lambda: library.retire(runbook, reason=reason, actor=actor), said)


def _do(
    request: SignedInRequest, runbook: str, act: Callable[[], object], said: str
) -> HttpResponse:
    try:
        act()
    except (library.Refused, BadRunbook) as refusal:
        return _page(request, runbook, refusal=str(refusal), status=409)
    messages.success(request, said)
    return redirect("incidents:runbook", runbook=runbook)
