"""Plan a drill of a program, and call one off."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import drills
from incidents.forms.drills import DrillForm
from programs import access


@require_http_methods(["GET", "HEAD", "POST"])
def drills_of(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the drills of a program with what they showed; plan the next."""
    program = access.get_program(request.user, slug, to="machines")
    may_plan = access.may_run(request.user, program)
    form = DrillForm(request.POST or None)
    status = 200
    if request.method == "POST":
        program = access.get_program(request.user, slug, to="run")
        status = 422
        if form.is_valid():
            try:
                drills.plan(
                    program,
                    form.cleaned_data["scope"],
                    at=form.cleaned_data["when"],
                    window_minutes=form.cleaned_data["window_minutes"],
                    actor=actor_of(request),
                )
            except drills.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                messages.success(request, _("The drill is planned."))
                return redirect("incidents:drills", slug=slug)
    context = {
        "program": program,
        "form": form,
        "may_plan": may_plan,
        "drills": program.drills.select_related("planned_by", "incident")[:50],
    }
    return render(request, "incidents/drills.html", context, status=status)


@require_POST
def cancel(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    drill = get_object_or_404(program.drills, pk=pk)
    try:
        drills.cancel(drill, actor=actor_of(request))
    except drills.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The drill is called off."))
    return redirect("incidents:drills", slug=slug)
