"""A person's own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import preferences
from accounts.forms import ProfileForm
from accounts.http import SignedInRequest
from accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show and save name, zone, theme and shortcuts; the ways to sign in are allauth's pages."""
    # A copy: a form writes into its row even where it then finds it wrong.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        preferences.change(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("profile")
    status = 422 if form.errors else 200
    return render(request, "accounts/profile.html", {"form": form}, status=status)


@login_not_required
@csrf_exempt
def closed(_request: HttpRequest) -> HttpResponse:
    """Answer as if there were nothing here, whoever asks and by whatever method."""
    raise Http404
