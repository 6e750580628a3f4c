"""Services that talk back, for operators alone: connect them, say who is who there."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from notifications import connecting
from notifications.connection_forms import ConnectionForm, CounterpartForm, SecretsForm
from notifications.contact_views import refuse
from notifications.models import Connection
from notifications.people_views import for_operators


@require_http_methods(["GET", "HEAD", "POST"])
@for_operators
@recently_signed_in
def every(request: SignedInRequest) -> HttpResponse:
    """Show all connections, and take another one."""
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = connecting.make(
                said["kind"], said["name"], form.given(), actor=actor_of(request)
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
@recently_signed_in
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one: where the service has to send, who people are there, what came."""
    return _page(request, _of(request, pk))


@require_POST
@for_operators
@recently_signed_in
def act(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change the secrets, vouch for a person or no more, retire it."""
    connection, actor, do = _of(request, pk), actor_of(request), request.POST.get("do")
    form = SecretsForm(request.POST) if do == "secrets" else CounterpartForm(request.POST)
    try:
        if do == "retire":
            connecting.retire(connection, actor=actor)
        elif do == "forget":
            known = get_object_or_404(connection.counterparts, pk=_number(request))
            connecting.forget(known, actor=actor)
        elif do not in ("secrets", "name"):
            raise Http404
        elif not form.is_valid():
            return _page(request, connection, form)
        elif isinstance(form, SecretsForm):
            connecting.change_secrets(connection, form.given(), actor=actor)
        else:
            connecting.name(connection, **form.cleaned_data, actor=actor)
    except connecting.Refused as refusal:
        refuse(form, refusal)
        return _page(request, connection, form)
    messages.success(request, _("Saved."))
    return redirect("connection", pk=pk)


def _number(request: SignedInRequest) -> int:
    given = request.POST.get("counterpart", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _of(request: SignedInRequest, pk: int) -> Connection:
    return get_object_or_404(connecting.every(request.user), pk=pk)


def _page(
    request: SignedInRequest,
    connection: Connection,
    wrong: SecretsForm | CounterpartForm | None = None,
) -> HttpResponse:
    path = reverse("api:pagerduty_says", args=[connection.ident])
    context = {
        "connection": connection,
        "address": f"{settings.ENVIRONMENT.url}{path}",
        "counterparts": connection.counterparts.filter(ended_at=None).select_related("person"),
        "secrets_form": wrong if isinstance(wrong, SecretsForm) else SecretsForm(),
        "name_form": wrong if isinstance(wrong, CounterpartForm) else CounterpartForm(),
        "form": wrong,
    }
    status = 422 if wrong else 200
    return render(request, "notifications/connection.html", context, status=status)
