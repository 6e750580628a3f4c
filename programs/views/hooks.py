"""Other systems that are told of stops. A secret is shown once, in the answer that made it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from programs import access, calls, confirmations, hooks, told
from programs.forms import ConfirmForm, HookForm
from programs.models import Hook, HookCall, HookEvent, Program


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest, slug: str) -> HttpResponse:
    """Have one more system told."""
    program = access.get_program(request.user, slug, to="run")
    form = HookForm(request.POST or None, program=program)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                hook, secret = hooks.add(program, _terms(form), actor=actor_of(request))
            except hooks.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                return _shown_once(request, hook, secret=secret)
    context = {"program": program, "form": form}
    return render(request, "programs/hook_new.html", context, status=status)


def _terms(form: HookForm) -> hooks.Terms:
    sent = form.cleaned_data
    kind, events = Hook.Kind(sent["kind"]), [HookEvent(event) for event in sent["events"]]
    return hooks.Terms(**(sent | {"kind": kind, "events": events}))


def _shown_once(request: SignedInRequest, hook: Hook, *, secret: str) -> HttpResponse:
    # No redirect: no later page shows the text.
    context = {"program": hook.program, "hook": hook, "secret": secret}
    return render(request, "programs/hook_secret.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def hook(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One hook with its calls; who runs the program may change it here."""
    changes = request.method == "POST"
    program = access.get_program(request.user, slug, to="run" if changes else "machines")
    kept = _hook(program, pk)
    if not changes:
        return _page(request, kept, form=None)
    form = HookForm(request.POST, program=program)
    if not form.is_valid():
        return _page(request, kept, form=form, status=422)
    try:
        hooks.change(kept, _terms(form), actor=actor_of(request))
    except hooks.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, kept, form=form, status=409)
    messages.success(request, _("Changed. Calls that were made before keep their terms."))
    return redirect("programs:hook", slug=slug, pk=pk)


def _page(
    request: SignedInRequest,
    kept: Hook,
    *,
    form: HookForm | None,
    bound: ConfirmForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may_run = access.may_run(request.user, kept.program)
    fields = ("name", "kind", "url", "events", "dataset", "confirms", "confirm_seconds")
    initial: dict[str, Any] = {name: getattr(kept, name) for name in fields}
    lines = told.of_hook(kept)
    context = {
        "program": kept.program,
        "hook": kept,
        "may_run": may_run,
        "events": told.words_of(kept.events),
        "lines": lines,
        "waiting": [
            (line, _confirm_form(line.call, bound))
            for line in lines
            if line.said is None and line.call.must_confirm
        ],
        "change_form": form or HookForm(initial=initial, program=kept.program),
        "form": form or bound,
    }
    return render(request, "programs/hook.html", context, status=status)


def _confirm_form(call: HookCall, bound: ConfirmForm | None) -> ConfirmForm:
    return bound if bound and bound.call == call else ConfirmForm(call=call)


@require_POST
def renew_secret(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    kept = _hook(program, pk)
    secret = hooks.renew_secret(kept, actor=actor_of(request))
    return _shown_once(request, kept, secret=secret)


@require_POST
def switch(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    on = request.POST.get("on") == "yes"
    hooks.switch(_hook(program, pk), on=on, actor=actor_of(request))
    messages.success(request, _("It is told again.") if on else _("It is told no more."))
    return redirect("programs:hook", slug=slug, pk=pk)


@require_POST
def send_again(request: SignedInRequest, slug: str, pk: int, call: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="machines")
    row = get_object_or_404(_hook(program, pk).calls, pk=call)
    try:
        calls.send_again(row, actor=actor_of(request))
    except hooks.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is being sent again."))
    return redirect("programs:hook", slug=slug, pk=pk)


@require_POST
def confirm(request: SignedInRequest, slug: str, pk: int, call: int) -> HttpResponse:
    """Confirm by hand for a system that cannot say it itself; the proof names the person."""
    program = access.get_program(request.user, slug, to="machines")
    kept = _hook(program, pk)
    row = get_object_or_404(kept.calls, pk=call)
    form = ConfirmForm(request.POST, call=row)
    if not form.is_valid():
        return _page(request, kept, form=None, bound=form, status=422)
    word = confirmations.Word(**form.cleaned_data)
    try:
        confirmations.confirm(row, word, actor=actor_of(request))
    except confirmations.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, kept, form=None, bound=form, status=409)
    messages.success(request, _("Confirmed in your name."))
    return redirect("programs:hook", slug=slug, pk=pk)


def _hook(program: Program, pk: int) -> Hook:
    return get_object_or_404(program.hooks.select_related("dataset", "program"), pk=pk)
