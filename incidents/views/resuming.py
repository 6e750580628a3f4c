"""Agree that a program goes on. Not in programs, as the commander of its incident may not agree."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import resuming
from programs import access, pauses
from programs.models import ResumeRequest
from programs.views import detail


@require_POST
def approve(request: SignedInRequest, slug: str) -> HttpResponse:
    program = access.get_program(request.user, slug)
    wish = get_object_or_404(program.resume_requests, pk=_key(request), program=program)
    try:
        wish = pauses.approve_resume(wish, actor=actor_of(request), barred=resuming.barred(program))
    except pauses.Refused as refusal:
        program.refresh_from_db()
        return detail.page(request, program, refusal=str(refusal), status=409)
    granted = wish.state == ResumeRequest.State.GRANTED
    messages.success(
        request,
        _("The program goes on.") if granted else _("Agreed. A second person must agree as well."),
    )
    return redirect("programs:detail", slug=slug)


def _key(request: SignedInRequest) -> int:
    sent = request.POST.get("request", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else 0
