"""The engine's page, for operators: who works, what waits, how late it was, what was given up."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.functions import Function
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from audit import clockwork, figures, overdue, reviving
from audit.models import Due

MOST_SHOWN = 100
LARGEST_KEY = 2**63 - 1


def may_tend(user: User) -> bool:
    """True for operators: they see the engine, and have tried again what was given up."""
    return user.is_any(Function.OPERATOR)


def _refuse_others(user: User) -> None:
    if not may_tend(user):
        raise PermissionDenied(_("Only operators see the engine."))


@require_safe
def engine(request: SignedInRequest) -> HttpResponse:
    _refuse_others(request.user)
    now = clockwork.now()
    context = {
        "seen": overdue.look(now=now),
        "engines": figures.engines(now=now)[:MOST_SHOWN],
        "silent_before": now - overdue.SILENT_AFTER,
        "depths": figures.depths(now=now),
        "lateness": figures.lateness(since=now - timedelta(hours=1)),
        "dead": figures.dead()[:MOST_SHOWN],
        "findings": figures.findings()[:MOST_SHOWN],
    }
    return render(request, "audit/engine.html", context)


@require_POST
def try_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have work done after all that was given up."""
    _refuse_others(request.user)
    if pk > LARGEST_KEY:
        raise Http404
    try:
        due = reviving.try_again(pk, actor=actor_of(request))
    except Due.DoesNotExist:
        raise Http404 from None
    except reviving.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(kind)s is tried again now.") % {"kind": due.kind})
    return redirect("engine")
