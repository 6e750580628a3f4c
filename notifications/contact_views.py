"""How the reader is reached: add, verify, test, order, switch off. Nobody sees another's."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import Fragment, SignedInRequest, actor_of
from notifications import contacts, trying, vault, ways
from notifications.contact_forms import AddForm, CodeForm, TermsForm
from notifications.models import ContactMethod, ContactTry, Method


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: SignedInRequest) -> HttpResponse:
    """Show by which ways the reader is reached, and take another one."""
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            contact = contacts.add(
                request.user,
                Method(said["method"]),
                said["address"],
                terms=form.terms(),
                actor=actor_of(request),
            )
        except contacts.Refused as refusal:
            refuse(form, refusal)
        else:
            return redirect("contact", pk=contact.pk)
    context = {
        "form": form,
        "contacts": request.user.contact_methods.all(),
        "is_sure": ways.is_sure(request.user),
        "ways": ways.ways(request.user),
    }
    return render(
        request, "notifications/contacts.html", context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one way, and change when it is used."""
    contact = _mine(request, pk)
    fields = ("label", "mildest", "quiet_from", "quiet_until")
    given = {name: getattr(contact, name) for name in fields}
    form = TermsForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            contacts.change(contact, form.terms(), actor=actor_of(request))
        except contacts.Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("contact", pk=pk)
    tries = Fragment.of("notifications/_tries.html", _tries(contact), request)
    context = {"contact": contact, "form": form, "code_form": CodeForm(), "tries": tries}
    context["secret"] = "" if contact.verified_at else _secret(contact)
    return render(
        request, "notifications/contact.html", context, status=422 if form.errors else 200
    )


@require_POST
def act(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a code or a test, take the code, put it first, switch it on or off."""
    contact, actor, do = _mine(request, pk), actor_of(request), request.POST.get("do")
    try:
        if do in ("code", "test"):
            trying.ask(contact, ContactTry.Kind(do))
        elif do == "confirm":
            trying.confirm(contact, request.POST.get("code", "")[:20], actor=actor)
            messages.success(request, _("Verified."))
        elif do == "up":
            contacts.move_up(contact, actor=actor)
            return redirect("contacts")
        elif do in ("on", "off"):
            contacts.switch(contact, on=do == "on", actor=actor)
        else:
            raise Http404
    except contacts.Refused as refusal:
        messages.error(request, str(refusal).partition(": ")[2].capitalize())
    return redirect("contact", pk=pk)


@require_safe
def tries(request: SignedInRequest, pk: int) -> HttpResponse:
    """The live part that shows what became of codes and tests."""
    contact = _mine(request, pk)
    return Fragment.of("notifications/_tries.html", _tries(contact), request).answer(request)


def _secret(contact: ContactMethod) -> str:
    """Shown to its owner, who has to put it into the other side."""
    try:
        return contact.secret
    except vault.Unreadable:
        return ""


def _tries(contact: ContactMethod) -> dict[str, object]:
    return {"tries": contact.tries.all()[:10]}


def _mine(request: SignedInRequest, pk: int) -> ContactMethod:
    return get_object_or_404(request.user.contact_methods, pk=pk)


def refuse(form: forms.Form, refusal: Exception) -> None:
    """Show a refusal at the field that it names."""
    name, _colon, said = str(refusal).partition(": ")
    form.add_error(name if name in form.fields else None, said)
