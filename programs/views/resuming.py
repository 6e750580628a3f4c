"""The page on which people ask and agree that a program goes on, and its next stages."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from programs import access, answering, lifecycle, pauses, resuming, wishes
from programs.models import Program, ResumeRequest
from programs.resume_forms import ResumeForm
from programs.views import detail


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Show the criteria: to be answered, or as they were answered to whoever is to agree."""
    if request.method == "POST":
        return _ask(request, slug)
    return page(request, access.get_program(request.user, slug, to="criteria"))


@recently_signed_in
def _ask(request: SignedInRequest, slug: str) -> HttpResponse:
    program = access.get_program(request.user, slug, to="machines")
    form = ResumeForm(request.POST, holds=resuming.can_be_asked(program))
    if not form.is_valid():
        return page(request, program, bound=form, status=422)
    said = form.cleaned_data
    return carry_out(
        request,
        program,
        lambda: resuming.request(
            program,
            reason=said["reason"],
            answers=form.answers(),
            holds=said["holds"],
            actor=actor_of(request),
        ),
        said=_("Asked. People of other functions must agree."),
        form=form,
    )


def page(
    request: SignedInRequest,
    program: Program,
    *,
    bound: ResumeForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    wish = wishes.of(program)
    context: dict[str, Any] = {
        "program": program,
        "form": bound,
        "refusal": refusal,
        "sees_criteria": access.sees_evidence(request.user, program),
        **agreeing(request, wish),
    }
    if wish:
        context |= {"answered": _answered(wish), "digest": resuming.digest(wish)}
    elif access.sees_machines(request.user, program) and program.pauses.in_force().exists():
        holds = resuming.can_be_asked(program)
        context["resume_form"] = bound or ResumeForm(holds=holds)
    return render(request, "programs/resume.html", context, status=status)


def agreeing(request: SignedInRequest, wish: ResumeRequest | None) -> dict[str, Any]:
    """How far a request is, and what the reader may do about it."""
    if wish is None:
        return {"wish": None}
    user, so_far = request.user, resuming.standing(wish)
    return {
        "wish": wish,
        "so_far": so_far,
        "can_agree": user.pk not in so_far.barred and user.is_any(*access.RESUMING),
        "can_withdraw": access.may_withdraw(user, wish),
    }


def _answered(wish: ResumeRequest) -> list[dict[str, Any]]:
    """Each criterion with its answer, in their order."""
    if not wish.criteria_version:
        return []
    asked = {each.id: each for each in answering.criteria(wish.criteria_version)}
    return [{"criterion": asked[answer["id"]], **answer} for answer in wish.answers]


def carry_out(
    request: SignedInRequest,
    program: Program,
    act: Callable[[], object],
    *,
    said: str,
    form: ResumeForm | None = None,
) -> HttpResponse:
    """Do one thing and lead to the program; a refusal shows this page with its sentence, as 409."""
    try:
        act()
    except (pauses.Refused, lifecycle.Refused) as refusal:
        program.refresh_from_db()
        if form:
            form.blame(str(refusal))
            return page(request, program, bound=form, status=409)
        return page(request, program, refusal=str(refusal), status=409)
    messages.success(request, said)
    return redirect("programs:detail", slug=program.slug)


@require_POST
def withdraw(request: SignedInRequest, slug: str) -> HttpResponse:
    """Take a request back, or send it back to whoever asked."""
    program = access.get_program(request.user, slug, to="criteria")
    wish = named(request, program)
    if not access.may_withdraw(request.user, wish):
        raise PermissionDenied(_("Only who asked, who runs the program or who may agree can."))
    return carry_out(
        request,
        program,
        lambda: resuming.withdraw(wish, actor=actor_of(request)),
        said=_("The request is withdrawn."),
    )


def named(request: SignedInRequest, program: Program) -> ResumeRequest:
    """The request that was sent along, of this program."""
    sent = request.POST.get("request", "")
    key = int(sent) if sent.isdecimal() and len(sent) < 10 else 0
    return get_object_or_404(program.resume_requests, pk=key)


@require_POST
@recently_signed_in
def go_further(request: SignedInRequest, slug: str) -> HttpResponse:
    """Let the next stage of collectors go on."""
    program = access.get_program(request.user, slug, to="go further")
    read = request.POST.get("open_seats", "")
    seats = int(read) if read.isdecimal() and len(read) < 10 else -1
    return detail.carry_out(
        request,
        program,
        lambda: resuming.go_further(program, read=seats, actor=actor_of(request)),
        said=_("More collectors may collect now."),
    )
