"""The page of one program, its live parts, and how an act leads back to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import Fragment, SignedInRequest
from programs import (
    access,
    clearance,
    collectors,
    controlling,
    forms,
    keys,
    lifecycle,
    machines,
    participation,
    pauses,
    picture,
    presence,
    resuming,
    stops,
    summary,
    told,
    wishes,
)
from programs.filter_forms import BLOCKING, ControlsForm
from programs.forms import PanelForm
from programs.key_forms import IngestForm, MonitorForm
from programs.models import Category, Program, ProgramKey, State
from programs.views.turning import turning

REFUSALS = (collectors.Refused, lifecycle.Refused, pauses.Refused)
MOST_KEYS = 50
Forms = dict[str, PanelForm]


@require_safe
def detail(request: SignedInRequest, slug: str) -> HttpResponse:
    return page(request, access.get_program(request.user, slug))


def page(
    request: SignedInRequest,
    program: Program,
    *,
    bound: PanelForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the whole page; `bound` is the form that was sent, with what is wrong with it."""
    sent: Forms = {bound.at: bound} if bound else {}
    sees = access.sees_machines(request.user, program)
    context: dict[str, Any] = {
        "program": program,
        "form": bound,
        "refusal": refusal or ControlsForm(request.GET).wrong(),
        "sees_machines": sees,
        "stand": _stand(request, program),
        "machines": _machines(request, program) if sees else None,
        "turning": turning(request, picture.of_last(program)) if sees else None,
        "told": told.of_program(program) if sees else [],
        "pauses": program.pauses.select_related("dataset").order_by("-since")[:50],
        "datasets": program.datasets.all(),
        "categories": [Category(name).label for name in program.categories],
        "pause_form": sent.get("pause") or forms.PauseForm(),
        "retire_form": sent.get("retire") or forms.RetireForm(),
        "choices": participation.counts(program) if sees else None,
        **_controls(request, program),
        **_keys(request, program, sent),
        **_what_one_may(request, program),
        **_resuming(request, program, sees=sees),
    }
    return render(request, "programs/detail.html", context, status=status)


def _controls(request: SignedInRequest, program: Program) -> dict[str, Any]:
    every = controlling.standings(program)
    blocking = [each for each in every if each.blocks]
    only_blocking = request.GET.get("controls") == BLOCKING
    end = clearance.end_of(program, blocking)
    return {
        "controls": blocking if only_blocking else every,
        "blocking": blocking,
        "paused_at": end if end and end > timezone.now() else None,
        "only_blocking": only_blocking,
    }


def _keys(request: SignedInRequest, program: Program, sent: Forms) -> dict[str, Any]:
    if not access.may_run(request.user, program):
        return {}
    return {
        "monitors": keys.of(program, ProgramKey.Kind.MONITOR)[:MOST_KEYS],
        "monitor_form": sent.get("monitor") or MonitorForm(),
        "ingest_keys": keys.of(program, ProgramKey.Kind.INGEST)[:MOST_KEYS],
        "ingest_form": sent.get("ingest") or IngestForm(),
    }


def _what_one_may(request: SignedInRequest, program: Program) -> dict[str, Any]:
    user, state = request.user, program.state
    may_run = access.may_run(user, program)
    held = program.pauses.whole().exists()
    return {
        "may_run": may_run,
        "can_pause": state != State.RETIRED and not held,
        "can_approve": state == State.DRAFT and access.may_approve(user, program),
        "may_start": state == State.APPROVED and may_run and not held,
        "can_retire": state != State.RETIRED and may_run,
    }


def _resuming(request: SignedInRequest, program: Program, *, sees: bool) -> dict[str, Any]:
    wish = wishes.of(program)
    held = sees and program.pauses.in_force().exists()
    return {
        "wish": wish,
        "so_far": resuming.standing(wish) if wish else None,
        "sees_criteria": access.sees_evidence(request.user, program),
        "can_ask": wish is None and held and bool(resuming.can_be_asked(program)),
        "stage": resuming.stage(program) if sees else None,
        "unclean": resuming.why_not_further(program) if program.state == State.RESUMING else "",
        "can_go_further": access.may_go_further(request.user, program),
    }


def _stand(request: SignedInRequest, program: Program) -> Fragment:
    line = summary.of([program])[0]
    sees = access.sees_machines(request.user, program)
    context = {"program": program, "line": line, "sees_machines": sees}
    return Fragment.of("programs/_stand.html", context, request)


def _machines(request: SignedInRequest, program: Program) -> Fragment:
    context = {
        "program": program,
        "machines": machines.of(program),
        "may_run": access.may_run(request.user, program),
        "most": machines.MOST_SHOWN,
        "gates": presence.addresses(),
    }
    return Fragment.of("programs/_machines.html", context, request)


LIVE = {"stand": _stand, "machines": _machines}


@require_safe
def live(request: SignedInRequest, slug: str, part: str) -> HttpResponse:
    """One live part, or 304."""
    program = access.get_program(
        request.user, slug, to="machines" if part == "machines" else "view"
    )
    if part not in LIVE:
        raise Http404
    answer = LIVE[part](request, program).answer(request)
    if stops.is_under_way(program):
        # A page that was opened before this stop looks at its picture from now on.
        answer["HX-Trigger"] = "stop-news"
    return answer


def carry_out(
    request: SignedInRequest,
    program: Program,
    act: Callable[[], object],
    *,
    said: str,
    form: PanelForm | None = None,
) -> HttpResponse:
    """Do one thing and lead back; a refusal shows the page with its sentence, as 409."""
    if form and not form.is_valid():
        return page(request, program, bound=form, status=422)
    try:
        # A refusal in the middle must leave nothing behind.
        with transaction.atomic():
            act()
    except REFUSALS as refusal:
        program.refresh_from_db()
        if form:
            form.blame(str(refusal))
            return page(request, program, bound=form, status=409)
        return page(request, program, refusal=str(refusal), status=409)
    messages.success(request, said)
    return redirect("programs:detail", slug=program.slug)
