"""What the reader hears of by e-mail: subscribe, change, end; and end by a link of a mail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import Actor
from accounts.http import SignedInRequest, actor_of
from notifications import digests, hints, leaving, subscribing
from notifications.models import Subscription
from notifications.subscription_forms import SubscriptionForm, given


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: SignedInRequest) -> HttpResponse:
    """Show what the reader hears of, and take another subscription."""
    form = SubscriptionForm(request.POST or None, reader=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            subscribing.subscribe(request.user, form.wish(), actor=actor_of(request))
        except subscribing.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("You will be told."))
            return redirect("subscriptions")
    context = {"form": form, "subscriptions": subscribing.of(request.user)}
    status = 422 if form.errors else 200
    return render(request, "notifications/subscriptions.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one subscription and change it."""
    subscription = _mine(request, pk)
    form = SubscriptionForm(request.POST or None, reader=request.user, initial=given(subscription))
    if request.method == "POST" and form.is_valid():
        try:
            subscribing.change(subscription, form.wish(), actor=actor_of(request))
        except subscribing.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("subscriptions")
    context = {"form": form, "subscription": subscription}
    status = 422 if form.errors else 200
    return render(request, "notifications/subscription.html", context, status=status)


@require_POST
def end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tell the reader no more."""
    subscribing.end(_mine(request, pk), actor=actor_of(request))
    messages.success(request, _("You will not be told any more."))
    return redirect("subscriptions")


def _mine(request: SignedInRequest, pk: int) -> Subscription:
    return get_object_or_404(subscribing.of(request.user), pk=pk)


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End a subscription or the digest by the link of a mail.

    Nothing happens on GET: mail scanners open links. A mail program posts here for its reader,
    with no cookie and no word of ours (RFC 8058).
    """
    try:
        left = leaving.behind(token)
    except leaving.BadLink:
        return render(request, "notifications/bad_unsubscribe.html", status=404)
    by = Actor.person(left.person, via="link")
    if request.method == "POST" and left.subscription:
        subscribing.end(left.subscription, actor=by)
    elif request.method == "POST":
        digests.stop(left.person, actor=by)
    context = {"over": request.method == "POST", "whose": hints.hint(left.person.email)}
    return render(request, "notifications/unsubscribe.html", context)
