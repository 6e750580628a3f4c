"""When the reader gets the digest, and what would stand in it now."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest, actor_of
from notifications import digest_mail, digesting, digests
from notifications.models import DigestPlan
from notifications.subscription_forms import DigestForm, planned


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: SignedInRequest) -> HttpResponse:
    """Show the digest as it would be sent now, and take when it is sent."""
    plan = DigestPlan.objects.filter(person=request.user).first()
    form = DigestForm(request.POST or None, initial=planned(plan))
    if request.method == "POST" and form.is_valid():
        try:
            digests.choose(request.user, form.wish(), actor=actor_of(request))
        except digests.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("digest")
    since, until = digests.period_now(request.user)
    context = {
        "form": form,
        "plan": plan,
        "contents": digesting.of(request.user, since, until),
        "period": digest_mail.said_period(request.user, since, until),
        "sent": request.user.digests.all()[:7],
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/digest.html", context, status=status)
