"""The register of breaches: every incident, notified or not, for whoever answers for it."""

from datetime import UTC

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from incidents import export as exporting
from incidents import importing, register, registerexport, registerline
from incidents.forms.register import RegisterForm

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def _reads(request: SignedInRequest) -> None:
    if not register.may_read(request.user):
        raise PermissionDenied(
            _("Privacy officers, counsel and auditors read the register of breaches.")
        )


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show the breaches that the reader may know of and asked for."""
    _reads(request)
    return _page(request, RegisterForm(request.GET, user=request.user))


@require_POST
@recently_signed_in
def export(request: SignedInRequest) -> HttpResponseBase:
    """Hand out what the filter in the address finds, as a file."""
    _reads(request)
    form = RegisterForm(request.GET, user=request.user)
    kind = request.POST.get("form", "")
    if kind not in TYPES:
        return _page(request, form, refusal=_("Choose CSV or JSON."), status=422)
    if not form.is_valid():
        return _page(request, form, status=422)
    query, actor = form.query(), actor_of(request)
    try:
        taken = registerexport.take(
            request.user, form.wanted(), query=query, form=kind, actor=actor
        )
    except exporting.Refused as refusal:
        return _page(request, form, refusal=str(refusal), status=409)
    lines = taken.csv() if kind == "csv" else taken.json()
    answer = StreamingHttpResponse(lines, content_type=TYPES[kind])
    name = f"register-{timezone.now().astimezone(UTC):%Y-%m-%dT%H%M%SZ}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _page(
    request: SignedInRequest, form: RegisterForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    found = register.find(request.user, form.wanted())
    pages = Paginator(found, register.PER_PAGE)
    counted = len(found.order_by().values("pk")[: register.MOST + 1])
    pages.count = min(counted, register.MOST)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "may_import": importing.may(request.user),
        "page": page,
        "count": pages.count,
        "is_more": counted > register.MOST,
        "lines": registerline.lines(page.object_list),
        "query": form.query(),
        "refusal": refusal,
    }
    return render(request, "incidents/register.html", context, status=status)
