"""Take over shifts in a rota and swap them, on its page. Who may do what, covers and swaps say."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.actors import Actor
from accounts.http import SignedInRequest, actor_of
from notifications import access, covers, rota_page, rotas, swaps
from notifications.models import Override, Swap


@require_POST
def cover(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put somebody on call for a while."""
    rota = access.get_rota(request.user, pk)
    keeps = access.may_keep(request.user, rota)
    form = rota_page.cover_form(request.user, rota, request.POST, keeps=keeps)
    if form.is_valid():
        try:
            made = covers.take(rota, form.said(), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            said = _("%(name)s is on call then. Whoever is concerned hears of it by e-mail.")
            messages.success(request, said % {"name": made.person.name})
            return redirect("rota", pk=pk)
    return rota_page.show(request, rota, wrong=form)


@require_POST
def withdraw(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Let an override count no more."""
    rota = access.get_rota(request.user, pk)
    made = get_object_or_404(Override, rota=rota, pk=number)
    try:
        covers.withdraw(made, actor=actor_of(request))
    except rotas.Refused as refusal:
        return rota_page.show(request, rota, refusal=str(refusal).partition(": ")[2])
    messages.success(request, _("It counts no more."))
    return redirect("rota", pk=pk)


@require_POST
def ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask a colleague to take a shift."""
    rota = access.get_rota(request.user, pk)
    form = rota_page.swap_form(request.user, request.POST)
    if form.is_valid():
        try:
            swap = swaps.ask(rota, form.said(), back=form.back(), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            said = _("%(name)s is asked by e-mail. Until they accept, you are on call.")
            messages.success(request, said % {"name": swap.asked.name})
            return redirect("rota", pk=pk)
    return rota_page.show(request, rota, wrong=form)


_ANSWERS: dict[str, Callable[..., Swap]] = {
    "accept": swaps.accept,
    "decline": swaps.decline,
    "withdraw": swaps.withdraw,
}


@require_POST
def answer(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Accept a swap, decline it, or take it back."""
    rota = access.get_rota(request.user, pk)
    swap = get_object_or_404(Swap, rota=rota, pk=number)
    act = _ANSWERS.get(request.POST.get("do", ""))
    if act is None:
        raise Http404
    actor: Actor = actor_of(request)
    try:
        swap = act(swap, actor=actor)
    except rotas.Refused as refusal:
        return rota_page.show(request, rota, refusal=str(refusal).partition(": ")[2])
    messages.success(request, Swap.State(swap.state).label)
    return redirect("rota", pk=pk)
