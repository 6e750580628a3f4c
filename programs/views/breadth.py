"""Who responds for a program, whether they read its incidents, and who runs it with its owner."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from accounts.naming import team_name
from programs import access, breadth, running
from programs.breadth_forms import (
    BreadthForm,
    EndForm,
    EndRunnerForm,
    ResponderForm,
    RunnerForm,
)
from programs.forms import PanelForm
from programs.models import Program


@require_http_methods(["GET", "HEAD", "POST"])
def responders(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show who responds for a program; by POST let another one."""
    program = access.get_program(request.user, slug)
    if not access.sees_machines(request.user, program):
        raise PermissionDenied(_("Only insiders and who runs the program see its responders."))
    if request.method != "POST":
        return _page(request, program)
    form = ResponderForm(request.POST)

    def add() -> None:
        said = form.cleaned_data["reason"]
        breadth.add(program, form.responder(), reason=said, actor=actor_of(request))

    return _carry_out(request, program, form, add, said=_("They respond for it now."))


@require_POST
def end(request: SignedInRequest, slug: str) -> HttpResponse:
    """Let somebody respond no more."""
    program = access.get_program(request.user, slug)
    form = EndForm(request.POST)

    def stop() -> None:
        said = form.cleaned_data
        found = [each for each in breadth.of(program) if each.key == said["who"]]
        if not found:
            raise Http404
        breadth.end(program, found[0], reason=said["reason"], actor=actor_of(request))

    return _carry_out(request, program, form, stop, said=_("They respond for it no more."))


@require_POST
def choose(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say whether its responders read its incidents."""
    program = access.get_program(request.user, slug)
    form = BreadthForm(request.POST)

    def say() -> None:
        breadth.choose(program, **form.cleaned_data, actor=actor_of(request))

    return _carry_out(request, program, form, say, said=_("Said."))


@require_POST
def let_run(request: SignedInRequest, slug: str) -> HttpResponse:
    """Let somebody run a program beside its owner."""
    program = _mine_to_give(request, slug)
    form = RunnerForm(request.POST)

    def add() -> None:
        running.add(program, **form.cleaned_data, actor=actor_of(request))

    return _try(request, program, form, add, said=_("They run it now."))


@require_POST
def end_run(request: SignedInRequest, slug: str) -> HttpResponse:
    """Let somebody run it no more, or give up running it."""
    gives_up = request.POST.get("who") == str(request.user.pk)
    program = access.get_program(request.user, slug) if gives_up else _mine_to_give(request, slug)
    form = EndRunnerForm(request.POST)

    def stop() -> None:
        said = form.cleaned_data
        found = [each for each in running.of(program) if each.pk == said["who"]]
        if not found:
            raise Http404
        running.end(program, found[0], reason=said["reason"], actor=actor_of(request))

    return _try(request, program, form, stop, said=_("They run it no more."))


def _mine_to_give(request: SignedInRequest, slug: str) -> Program:
    program = access.get_program(request.user, slug)
    if not running.may_decide(request.user, program):
        said = _("Only its owner and privacy officers who do not run the program decide this.")
        raise PermissionDenied(said)
    return program


def _carry_out(
    request: SignedInRequest,
    program: Program,
    form: PanelForm,
    act: Callable[[], None],
    *,
    said: str,
) -> HttpResponse:
    if not breadth.may_decide(request.user, program):
        raise PermissionDenied(_("Only a privacy officer who does not run the program decides."))
    return _try(request, program, form, act, said=said)


def _try(
    request: SignedInRequest,
    program: Program,
    form: PanelForm,
    act: Callable[[], None],
    *,
    said: str,
) -> HttpResponse:
    status = 422
    if form.is_valid():
        try:
            act()
        except (breadth.Refused, running.Refused) as refusal:
            form.blame(str(refusal))
            status = 409
        else:
            messages.success(request, said)
            # Whoever gave up running it may not see this page any more.
            stays = access.sees_machines(request.user, program)
            return redirect("programs:responders" if stays else "programs:detail", program.slug)
    return _page(request, program, form, status=status)


def _page(
    request: SignedInRequest,
    program: Program,
    form: PanelForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    said = "yes" if program.responders_read else "no"
    sent = {form.at: form} if form else {}
    context: dict[str, Any] = {
        "program": program,
        "responders": [
            (each, each.person.name if each.person else each.team and team_name(each.team))
            for each in breadth.of(program)
        ],
        "may_decide": breadth.may_decide(request.user, program),
        "runners": running.of(program),
        "may_let_run": running.may_decide(request.user, program),
        "runner_form": sent.get("runner") or RunnerForm(),
        "responder_form": sent.get("responder") or ResponderForm(),
        "end_form": sent.get("end") or EndForm(),
        "breadth_form": sent.get("breadth") or BreadthForm(initial={"responders_read": said}),
        "form": form,
    }
    return render(request, "programs/responders.html", context, status=status)
