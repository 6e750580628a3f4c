"""How people are reached in the demo, and whom its first program pages: who is on call first."""

from datetime import timedelta

from accounts.actors import Actor
from accounts.models import User
from config import demo_rota
from notifications import contacts, policymaking
from notifications.escalation import Step, Target
from notifications.models import Method, Rota
from notifications.policydraft import Draft
from programs.models import Program


def seed(study: Program, *, actor: Actor) -> None:
    """Make a policy that pages the rota of the demo."""
    for person in User.objects.filter(groups__isnull=False).distinct():
        terms = contacts.Terms(label="Work")
        way = contacts.add(person, Method.EMAIL, person.email, terms=terms, actor=actor)
        contacts.verify(way, actor=actor)
    rota = Rota.objects.get(name=demo_rota.NAME)
    steps = (
        (0, Target("rota", rota=rota.pk), Target("function", "commander")),
        (5, Target("function", "privacy_officer"), Target("role", "commander")),
        (10, Target("function", "executive"), Target("fallback")),
    )
    draft = Draft(
        name=study.name,
        levels=(0, 1, 2),
        steps=tuple(Step(timedelta(minutes=after), tuple(whom)) for after, *whom in steps),
        program=study.pk,
    )
    policymaking.make(draft, reason="Their data are the most sensitive.", actor=actor)
