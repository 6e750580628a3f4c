"""Register collectors and their keys. A key's text is shown once, in the answer that made it."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from programs import access, collectors
from programs.forms import CollectorForm
from programs.models import Collector, CollectorKey, Program
from programs.views.detail import carry_out


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: SignedInRequest, slug: str) -> HttpResponse:
    """Add a collector with its first key."""
    program = access.get_program(request.user, slug, to="run")
    form = CollectorForm(request.POST or None, program=program)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with transaction.atomic():
                    made = collectors.register(
                        program, **form.cleaned_data, actor=actor_of(request)
                    )
                    key, text = collectors.issue_key(made, actor=actor_of(request))
            except collectors.Refused as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                return _shown_once(request, program, key, text=text)
    context = {"program": program, "form": form}
    return render(request, "programs/register.html", context, status=status)


def _shown_once(
    request: SignedInRequest, program: Program, key: CollectorKey, *, text: str
) -> HttpResponse:
    # No redirect: the text is stored nowhere that a second request could read it from.
    context = {
        "program": program,
        "collector": key.collector,
        "key": key,
        "token": text,
        "gate_url": settings.ENVIRONMENT.gate_url,
    }
    return render(request, "programs/key.html", context)


@require_POST
def issue_key(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Give a collector one more key, so that the old one can be withdrawn after the change."""
    program = access.get_program(request.user, slug, to="run")
    collector = _collector(program, pk)
    try:
        key, text = collectors.issue_key(collector, actor=actor_of(request))
    except collectors.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("programs:collector", slug=slug, pk=pk)
    return _shown_once(request, program, key, text=text)


@require_http_methods(["GET", "HEAD"])
def collector(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One collector with its keys, for who runs the program."""
    program = access.get_program(request.user, slug, to="run")
    made = _collector(program, pk)
    context = {"program": program, "collector": made, "keys": made.keys.order_by("-created_at")}
    return render(request, "programs/collector.html", context)


def _collector(program: Program, pk: int) -> Collector:
    return get_object_or_404(program.collectors.select_related("dataset"), pk=pk)


@require_POST
def withdraw_key(request: SignedInRequest, slug: str, pk: int, key: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    row = get_object_or_404(_collector(program, pk).keys, pk=key)
    collectors.withdraw_key(row, actor=actor_of(request))
    messages.success(request, _("The key is withdrawn; the gates refuse it within a second."))
    return redirect("programs:collector", slug=slug, pk=pk)


@require_POST
def retire(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    made = _collector(program, pk)
    return carry_out(
        request,
        program,
        lambda: collectors.retire(made, actor=actor_of(request)),
        said=_("The collector is retired."),
    )
