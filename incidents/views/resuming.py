"""Agree that a program goes on. Not in programs, as the commander of its incident may not agree."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from incidents.resuming import barred
from programs import access, pauses, resuming
from programs.models import ResumeRequest
from programs.views.resuming import named, page


@require_POST
@recently_signed_in
def approve(request: SignedInRequest, slug: str) -> HttpResponse:
    """Agree to what the reader has read, and to nothing else."""
    program = access.get_program(request.user, slug, to="criteria")
    wish = named(request, program)
    read, actor = request.POST.get("read", ""), actor_of(request)
    try:
        wish = resuming.approve(wish, read=read, actor=actor, barred=barred(program))
    except pauses.Refused as refusal:
        program.refresh_from_db()
        return page(request, program, refusal=str(refusal), status=409)
    granted = wish.state == ResumeRequest.State.GRANTED
    messages.success(
        request,
        _("The program goes on.") if granted else _("Agreed. Others must agree as well."),
    )
    return redirect("programs:detail", slug=slug)
