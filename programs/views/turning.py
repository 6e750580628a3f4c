"""A stop while it is under way and afterwards: its live picture, and every collector as a table."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.http import Fragment, SignedInRequest
from programs import access, picture
from programs.filter_forms import ProofsForm

PER_PAGE = 100
# htmx asks no more after an answer of this status.
OVER = 286


@dataclass(frozen=True)
class Turning:
    """The picture of a stop as a live part. `every` is the seconds to the next look, 0 for none."""

    fragment: Fragment
    every: int

    def answer(self, request: SignedInRequest) -> HttpResponse:
        """Return the part, or 304; the last one ends the asking."""
        answer = self.fragment.answer(request)
        if answer.status_code == 200 and not self.every:
            answer.status_code = OVER
        return answer


def turning(request: SignedInRequest, stop: picture.Stop | None, *, alone: bool = False) -> Turning:
    """The picture of a stop; `alone` on the page that is about it: no link to itself there."""
    program = stop.order.program if stop else None
    context = {"stop": stop, "program": program, "alone": alone}
    return Turning(
        Fragment.of("programs/_stop.html", context, request),
        every=stop.every if stop and not stop.is_settled else 0,
    )


@require_safe
def live_last(request: SignedInRequest, slug: str) -> HttpResponse:
    """The picture of the latest stop."""
    program = access.get_program(request.user, slug, to="machines")
    return turning(request, picture.of_last(program)).answer(request)


@require_safe
def live(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    program = access.get_program(request.user, slug, to="machines")
    order = get_object_or_404(program.stop_orders, generation=generation)
    return turning(request, picture.of(order), alone=True).answer(request)


@require_safe
def stop(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    """One stop with its picture and a table of its collectors, narrowed by state if asked."""
    program = access.get_program(request.user, slug, to="machines")
    order = get_object_or_404(program.stop_orders.select_related("dataset"), generation=generation)
    seen = picture.of(order)
    proofs = order.proofs.select_related("collector").order_by("collector__name")
    form = ProofsForm(request.GET)
    said = form.allowed()
    if state := said.get("state", ""):
        proofs = proofs.filter(state=state)
    context = {
        "program": program,
        "stop": seen,
        "turning": turning(request, seen, alone=True),
        "page": Paginator(proofs, PER_PAGE).get_page(request.GET.get("page")),
        "refusal": form.wrong(),
        "state": state,
    }
    return render(request, "programs/stop.html", context)
