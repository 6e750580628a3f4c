"""The palette: a dialog on every page, and a page of its own where there is no JavaScript."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from incidents import jumps
from incidents.forms.narrowing import FindForm


@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    context = {
        "text": text[: jumps.LONGEST],
        "jumps": jumps.find(request.user, text),
        "refusal": FindForm(request.GET).wrong(),
    }
    # A part for the dialog of whatever page asks, else the whole page.
    template = (
        "incidents/_jumps.html" if request.headers.get("HX-Request") else "incidents/find.html"
    )
    answer = render(request, template, context)
    answer["Vary"] = "HX-Request"
    return answer
