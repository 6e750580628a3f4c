"""Services that talk back, for operators alone: connect them, say who is who there."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in, recently_signed_in_to_change
from notifications import connecting
from notifications.connection_forms import (
    ConnectionForm,
    CounterpartForm,
    SecretsForm,
    TokenForm,
)
from notifications.contact_views import refuse
from notifications.models import Connection
from notifications.people_views import for_operators


@require_http_methods(["GET", "HEAD", "POST"])
@for_operators
@recently_signed_in_to_change
def every(request: SignedInRequest) -> HttpResponse:
    """Show all connections, and take another one."""
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = connecting.make(
                said["kind"],
                said["name"],
                form.given(),
                token=said["token"],
                actor=actor_of(request),
            )
        except connecting.Refused as refusal:
            refuse(form, refusal)
        else:
            return redirect("connection", pk=made.pk)
    context = {"form": form, "connections": connecting.every(request.user)}
    status = 422 if form.errors else 200
    return render(request, "notifications/connections.html", context, status=status)


@require_safe
@for_operators
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one: where the service has to send, who people are there, what came."""
    return _page(request, _of(request, pk))


@require_POST
@for_operators
@recently_signed_in
def act(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a secret, vouch for a person or no more, try the token, retire it."""
    connection, do = _of(request, pk), request.POST.get("do", "")
    form = _FORMS.get(do, forms.Form)(request.POST)
    if not form.is_valid():
        return _page(request, connection, form)
    try:
        _do(request, connection, do, form)
    except connecting.Refused as refusal:
        refuse(form, refusal)
        return _page(request, connection, form)
    messages.success(request, _("Saved."))
    return redirect("connection", pk=pk)


_FORMS: dict[str, type[forms.Form]] = {
    "secrets": SecretsForm,
    "token": TokenForm,
    "name": CounterpartForm,
}


def _do(request: SignedInRequest, connection: Connection, do: str, form: forms.Form) -> None:
    actor = actor_of(request)
    if isinstance(form, SecretsForm):
        connecting.change_secrets(connection, form.given(), actor=actor)
    elif isinstance(form, TokenForm):
        connecting.change_token(connection, form.cleaned_data["token"], actor=actor)
    elif isinstance(form, CounterpartForm):
        connecting.name(connection, **form.cleaned_data, actor=actor)
    elif do == "look":
        connecting.ask_for_look(connection, actor=actor)
    elif do == "retire":
        connecting.retire(connection, actor=actor)
    elif do == "forget":
        known = get_object_or_404(connection.counterparts, pk=_number(request))
        connecting.forget(known, actor=actor)
    else:
        raise connecting.Refused("do: nothing of this name can be done here.")


def _number(request: SignedInRequest) -> int:
    given = request.POST.get("counterpart", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _of(request: SignedInRequest, pk: int) -> Connection:
    return get_object_or_404(connecting.every(request.user), pk=pk)


def _page(
    request: SignedInRequest, connection: Connection, wrong: forms.Form | None = None
) -> HttpResponse:
    path = reverse(f"api:{connection.kind}_says", args=[connection.ident])
    context = {
        "connection": connection,
        "address": f"{settings.ENVIRONMENT.url}{path}",
        "counterparts": connection.counterparts.filter(ended_at=None).select_related("person"),
        "secrets_form": wrong if isinstance(wrong, SecretsForm) else SecretsForm(),
        "token_form": wrong if isinstance(wrong, TokenForm) else TokenForm(),
        "name_form": wrong if isinstance(wrong, CounterpartForm) else CounterpartForm(),
        "form": wrong,
    }
    status = 422 if wrong else 200
    return render(request, "notifications/connection.html", context, status=status)
