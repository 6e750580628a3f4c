"""The proof of one stop: as a signed document, on paper, and the key that checks it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from programs import access, proof
from programs.models import Program, StopOrder


@require_safe
def as_json(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    """The signed document. `manage.py verify_proof` and docs/proof.md say how to check it."""
    program = access.get_program(request.user, slug, to="machines")
    order = _order(program, generation)
    name = f"{program.slug}-stop-{order.generation}-proof.json"
    return HttpResponse(
        proof.sealed(order, now=timezone.now()),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
def on_paper(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    """The same document for people, every collector in it, made to be printed."""
    program = access.get_program(request.user, slug, to="machines")
    order = _order(program, generation)
    paper = proof.on_paper(order, now=timezone.now())
    context = {"program": program, "order": order, "paper": paper, "key_id": proof.our_key().id}
    return render(request, "programs/proof.html", context)


def _order(program: Program, generation: int) -> StopOrder:
    return get_object_or_404(program.stop_orders, generation=generation)


@login_not_required
@require_safe
def key_as_jwk(_request: HttpRequest) -> HttpResponse:
    """The public key in the form of RFC 7517. Who checks a proof needs no account."""
    return JsonResponse({"keys": [proof.our_key().jwk]})


@login_not_required
@require_safe
def key_as_pem(_request: HttpRequest) -> HttpResponse:
    """The public key as openssl reads it."""
    return HttpResponse(proof.our_key().pem, content_type="application/x-pem-file")
