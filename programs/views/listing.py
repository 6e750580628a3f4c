"""The list of programs, and a new one."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, actor_of
from programs import access, lifecycle, summary
from programs.forms import DraftForm


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    context = {"lines": summary.lines(request.user), "may_draft": access.may_draft(request.user)}
    return render(request, "programs/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Write down a program. It may not collect yet."""
    if not access.may_draft(request.user):
        raise PermissionDenied(_("Only program owners and privacy officers may add a program."))
    form = DraftForm(request.POST or None, user=request.user)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                program = lifecycle.draft(**form.cleaned_data, actor=actor_of(request))
            except lifecycle.Refused as refusal:
                form.add_error("slug", str(refusal).removeprefix("slug: "))
                status = 409
            else:
                return redirect("programs:detail", slug=program.slug)
    return render(request, "programs/new.html", {"form": form}, status=status)
