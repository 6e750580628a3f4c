"""Change what a program says of itself: its terms, and where its data lie."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest, actor_of
from programs import access, forms, terms
from programs.control_forms import DatasetForm
from programs.controlset import Control


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change what the program says of itself."""
    program = access.get_program(request.user, slug, to="run")
    form = forms.TermsForm(request.POST or None, instance=program)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                ended = terms.change(program, **form.cleaned_data, actor=actor_of(request))
            except terms.Refused as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, _ended(ended))
                return redirect("programs:detail", slug=slug)
    context = {"program": program, "form": form}
    return render(request, "programs/terms.html", context, status=status)


def _ended(controls: list[Control]) -> str:
    if not controls:
        return _("Changed.")
    names = ", ".join(control.id for control in controls)
    return _("Changed. To be attested anew: %(names)s.") % {"names": names}


@require_http_methods(["GET", "HEAD", "POST"])
def add_dataset(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say where else its data lie."""
    program = access.get_program(request.user, slug, to="run")
    form = DatasetForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _dataset, ended = terms.add_dataset(
                    program, **form.cleaned_data, actor=actor_of(request)
                )
            except terms.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                messages.success(request, _ended(ended))
                return redirect("programs:detail", slug=slug)
    context = {"program": program, "form": form}
    return render(request, "programs/dataset_new.html", context, status=status)
