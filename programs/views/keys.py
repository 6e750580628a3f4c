"""Keys of a program: a key's text is shown once, in the answer that made it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from programs import access, keys
from programs.key_forms import MonitorForm
from programs.views.detail import page


@require_POST
def issue_for_monitor(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give a monitor a key, and show its text this once."""
    program = access.get_program(request.user, slug, to="run")
    form = MonitorForm(request.POST)
    if not form.is_valid():
        return page(request, program, bound=form, status=422)
    try:
        key, text = keys.issue_for_monitor(program, **form.cleaned_data, actor=actor_of(request))
    except keys.Refused as refusal:
        form.blame(str(refusal))
        return page(request, program, bound=form, status=409)
    # No redirect: the text is stored nowhere that a second request could read it from.
    context = {
        "program": program,
        "key": key,
        "token": text,
        "secret": keys.webhook_secret(key.key_id),
        "cord_url": f"{settings.ENVIRONMENT.url}/api/v1/cord/{key.key_id}",
    }
    return render(request, "programs/monitor_key.html", context)


@require_POST
def withdraw(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    keys.withdraw(get_object_or_404(keys.of(program), pk=pk), actor=actor_of(request))
    messages.success(request, _("The key is withdrawn; nothing opens with it any more."))
    return redirect("programs:detail", slug=slug)
