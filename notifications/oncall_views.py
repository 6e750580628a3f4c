"""Who is on call now, next and in the coming days; make rotas, and say who takes turns in them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from audit import clockwork
from notifications import access, rota_page, rotas, standing, swaps, turns, weekgrid
from notifications.models import RotaLayer
from notifications.oncall_forms import ChangeForm, LayerForm, RotaForm


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
        "week": weekgrid.week(stands, clockwork.now(), timezone.get_current_timezone()),
        "mine": standing.of_person(stands, request.user),
        "asked": swaps.asked_of(request.user),
        "feed": request.user.calendar_feeds.filter(rota=None, withdrawn_at=None).first(),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/on_call.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the coming days of a rota and its layers; take another layer."""
    rota = access.get_rota(request.user, pk, to_keep=request.method == "POST")
    if request.method != "POST":
        return rota_page.show(request, rota)
    form = LayerForm(request.POST, rota=rota, initial=rota_page.usual(rota))
    if form.is_valid():
        try:
            turns.add(rota, form.terms(), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("They take turns from now on."))
            return redirect("rota", pk=pk)
    return rota_page.show(request, rota, wrong=form)


@require_POST
def end_layer(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Let a layer of a rota count no more."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    layer = get_object_or_404(RotaLayer, rota=rota, pk=number)
    try:
        turns.end(layer, actor=actor_of(request))
    except rotas.Refused as refusal:
        return rota_page.show(request, rota, refusal=str(refusal).partition(": ")[2])
    messages.success(request, _("It counts no more."))
    return redirect("rota", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def change_layer(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Put a layer of a rota on other terms."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    layer = get_object_or_404(RotaLayer, rota=rota, pk=number)
    if not LayerForm.holds(layer):
        messages.error(request, _("It has more than this page shows; end it and add another."))
        return redirect("rota", pk=pk)
    form = LayerForm(request.POST or None, rota=rota, initial=LayerForm.of(layer))
    if request.method == "POST" and form.is_valid():
        try:
            turns.change(layer, form.terms(), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("They take turns so from now on."))
            return redirect("rota", pk=pk)
    context = {"form": form, "rota": rota, "layer": layer}
    status = 422 if form.errors else 200
    return render(request, "notifications/rota_layer.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """Name a rota anew, or give it to others."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    kept = {"name": rota.name, "about": rota.about, "zone": rota.zone, "owners": rota.owners.all()}
    form = ChangeForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            rotas.change(rota, form.changed(), actor=actor_of(request))
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("rota", pk=pk)
    status = 422 if form.errors else 200
    context = {"form": form, "rota": rota}
    return render(request, "notifications/rota_change.html", context, status=status)


@require_POST
def retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a rota for good."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    try:
        rotas.retire(rota, actor=actor_of(request))
    except rotas.Refused as refusal:
        return rota_page.show(request, rota, refusal=str(refusal).partition(": ")[2])
    messages.success(request, _("It is retired: nobody is on call in it any more."))
    return redirect("on-call")
