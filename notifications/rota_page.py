"""What the page of a rota shows to a reader, with whatever was refused there. Changes nothing."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import SignedInRequest
from accounts.models import User
from audit import clockwork
from notifications import access, covers, oncall, rota_story, rotas, standing, swaps
from notifications.calendar_forms import CalendarForm
from notifications.cover_forms import CoverForm, SwapForm
from notifications.models import Rota, Swap
from notifications.oncall_forms import LayerForm


def show(
    request: SignedInRequest,
    rota: Rota,
    *,
    wrong: forms.Form | None = None,
    refusal: str = "",
) -> HttpResponse:
    """Return the page of a rota.

    Args:
        wrong: the form that was refused, which takes the place of its empty one.
        refusal: of what has no form, a sentence.
    """
    [stand] = standing.stands([rota], clockwork.now())
    keeps = access.may_keep(request.user, rota)
    context = {
        "rota": rota,
        "stand": stand,
        "layers": standing.layers(rota),
        "owners": rota.owners.order_by("first_name", "last_name", "username"),
        "may_keep": keeps,
        "story": rota_story.lately(rota),
        "refusal": refusal[:1].upper() + refusal[1:],
        "wrong": wrong,
        "layer_form": LayerForm(rota=rota, initial=usual(rota)),
        "calendars": rota.calendars.filter(removed_at=None).order_by("-rank"),
        "calendar_form": CalendarForm(initial={"rank": usual(rota)["rank"]}) if keeps else None,
        "feed": request.user.calendar_feeds.filter(rota=rota, withdrawn_at=None).first(),
        **_shifts(request.user, rota, keeps),
    }
    if wrong:
        context[f"{wrong.at}_form"] = wrong  # type: ignore[attr-defined]
    status = 422 if refusal or (wrong and wrong.errors) else 200
    return render(request, "notifications/rota.html", context, status=status)


def usual(rota: Rota) -> dict[str, object]:
    """What a new layer has unless somebody says otherwise: above the others, from today."""
    highest = rotas.highest_rank(rota)
    today = clockwork.now().astimezone(ZoneInfo(rota.zone)).date()
    return {"rank": min(highest + 10, rotas.RANKS[-1]), "starts_on": today, "handover": "09:00"}


def _shifts(user: User, rota: Rota, keeps: bool) -> dict[str, Any]:
    """What is taken over and swapped, and the forms for it, each for whoever may send it."""
    now = clockwork.now()
    there = oncall.who_takes_turns(rota.pk, now)
    found: dict[str, Any] = {
        "covers": [
            (made, covers.may_withdraw(made, user, keeps=keeps), covers.other_half(made))
            for made in covers.coming(rota, now)
        ],
        "swaps": [(swap, _answers(swap, user, keeps)) for swap in swaps.waiting(rota)],
    }
    if keeps or user in there:
        found["cover_form"] = cover_form(user, rota, keeps=keeps)
    coming = oncall.between(rota.pk, now, now + oncall.AHEAD) if user in there else []
    own = [span for span in coming if user.pk in span.who]
    if own:
        # The one that goes on can be swapped in part alone.
        ahead = [{"starts_at": span.start, "ends_at": span.end} for span in own if span.start > now]
        found["swap_form"] = swap_form(user, initial=ahead[0] if ahead else None)
    return found


def cover_form(user: User, rota: Rota, data: Any = None, *, keeps: bool) -> CoverForm:
    """Return the form to put somebody on call, with those whom this person may put there."""
    there = oncall.who_takes_turns(rota.pk, clockwork.now())
    people = list(rotas.who_may_be_on_call()) if keeps else there
    return CoverForm(data, people=people, initial={"person": user.pk})


def swap_form(user: User, data: Any = None, *, initial: Any = None) -> SwapForm:
    """Return the form to ask somebody else to take a shift."""
    others = [person for person in rotas.who_may_be_on_call() if person != user]
    return SwapForm(data, people=others, initial=initial)


def _answers(swap: Swap, user: User, keeps: bool) -> list[str]:
    if user.pk == swap.asked_id:
        return ["accept", "decline"]
    return ["withdraw"] if swaps.may_withdraw(swap, user, keeps) else []
