"""Who is on call now, next and in the coming days; make rotas, and say who takes turns in them."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from audit import clockwork
from notifications import access, rotas, standing, turns
from notifications.models import Rota, RotaLayer
from notifications.oncall_forms import LayerForm, RotaForm


@require_http_methods(["GET", "HEAD", "POST"])
def everyone(request: SignedInRequest) -> HttpResponse:
    """Show who is on call in each rota, and the reader's own shifts; take another rota."""
    if not access.may_read(request.user):
        raise Http404
    may_make = access.may_make(request.user)
    if request.method == "POST" and not may_make:
        raise PermissionDenied
    form = RotaForm(request.POST or None, initial={"zone": timezone.get_current_timezone_name()})
    if request.method == "POST" and form.is_valid():
        try:
            rota = rotas.make(form.about_it(request.user), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            return redirect("rota", pk=rota.pk)
    stands = standing.stands(access.rotas_for(request.user), clockwork.now())
    context = {
        "form": form,
        "may_make": may_make,
        "stands": stands,
        "mine": standing.of_person(stands, request.user),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/on_call.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the coming days of a rota and its layers; take another layer."""
    rota = access.get_rota(request.user, pk, to_keep=request.method == "POST")
    form = LayerForm(request.POST or None, rota=rota, initial=_usual(rota))
    if request.method == "POST" and form.is_valid():
        try:
            turns.add(rota, form.terms(), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("They take turns from now on."))
            return redirect("rota", pk=pk)
    return _page(request, rota, form)


@require_POST
def end_layer(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Let a layer of a rota count no more."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    layer = RotaLayer.objects.filter(rota=rota, pk=number).first()
    if layer is None:
        raise Http404
    try:
        turns.end(layer, actor=actor_of(request))
    except rotas.Refused as refusal:
        sentence = str(refusal).partition(": ")[2]
        return _page(request, rota, LayerForm(rota=rota, initial=_usual(rota)), sentence)
    messages.success(request, _("It counts no more."))
    return redirect("rota", pk=pk)


def _usual(rota: Rota) -> dict[str, object]:
    """What a new layer has unless somebody says otherwise: above the others, from today."""
    highest = rota.layers.filter(until=None).order_by("-rank").first()
    today = clockwork.now().astimezone(ZoneInfo(rota.zone)).date()
    rank = min(highest.rank + 10, rotas.RANKS[-1]) if highest else 10
    return {"rank": rank, "starts_on": today, "handover": "09:00"}


def _page(request: SignedInRequest, rota: Rota, form: LayerForm, refusal: str = "") -> HttpResponse:
    [stand] = standing.stands([rota], clockwork.now())
    context = {
        "rota": rota,
        "stand": stand,
        "layers": standing.layers(rota),
        "owners": rota.owners.order_by("first_name", "last_name", "username"),
        "may_keep": access.may_keep(request.user, rota),
        "form": form,
        "refusal": refusal,
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "notifications/rota.html", context, status=status)
