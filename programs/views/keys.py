"""Keys of a program: a key's text is shown once, in the answer that made it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from programs import access, keys
from programs.forms import PanelForm
from programs.key_forms import IngestForm, MonitorForm
from programs.models import ProgramKey
from programs.views.detail import page


@require_POST
def issue_for_monitor(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give a monitor a key, and show its text this once."""

    def shown(key: ProgramKey) -> dict[str, Any]:
        return {
            "secret": keys.webhook_secret(key.key_id),
            "cord_url": f"{settings.ENVIRONMENT.url}/api/v1/cord/{key.key_id}",
        }

    form = MonitorForm(request.POST)
    return _issue(request, slug, form, keys.issue_for_monitor, shown=shown)


@require_POST
def issue_for_ingest(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give where records come in a key, and show its text this once."""

    def shown(_key: ProgramKey) -> dict[str, Any]:
        return {"gate_url": settings.ENVIRONMENT.gate_url}

    form = IngestForm(request.POST)
    return _issue(request, slug, form, keys.issue_for_ingest, shown=shown)


def _issue(
    request: SignedInRequest,
    slug: str,
    form: PanelForm,
    make: Callable[..., tuple[ProgramKey, str]],
    *,
    shown: Callable[[ProgramKey], dict[str, Any]],
) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    if not form.is_valid():
        return page(request, program, bound=form, status=422)
    try:
        key, text = make(program, **form.cleaned_data, actor=actor_of(request))
    except keys.Refused as refusal:
        form.blame(str(refusal))
        return page(request, program, bound=form, status=409)
    # No redirect: the text is stored nowhere that a second request could read it from.
    context = {"program": program, "key": key, "token": text, **shown(key)}
    return render(request, f"programs/{form.at}_key.html", context)


@require_POST
def withdraw(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    keys.withdraw(get_object_or_404(keys.of(program), pk=pk), actor=actor_of(request))
    messages.success(request, _("The key is withdrawn; nothing opens with it any more."))
    return redirect("programs:detail", slug=slug)
