"""Who is on call in the demo: three of its people, a week each."""

from datetime import time, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from notifications import rotas, turns
from notifications.models import Rota, RotaLayer

NAME = "Data response"
PEOPLE = ("responder", "commander", "security")


def seed(actor: Actor) -> None:
    """Make the rota once; whoever retired or renamed it in the demo finds it so again."""
    if Rota.objects.exists():
        return
    there = User.objects.in_bulk(PEOPLE, field_name="username")
    people = [there[name] for name in PEOPLE]
    about = "Whoever is called first when data may be exposed."
    said = rotas.About(NAME, settings.HOUSE_ZONE, [there["commander"]], about)
    today = timezone.localdate()
    terms = turns.Terms(
        name="First line",
        rank=10,
        zone=settings.HOUSE_ZONE,
        unit=RotaLayer.Unit.WEEKS,
        starts_on=today - timedelta(days=today.weekday()),
        handover=time(9),
        weekday=0,
        people=people,
    )
    turns.add(rotas.make(said, actor=actor), terms, actor=actor)
