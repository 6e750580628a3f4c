"""Legal facts and a clock that runs, for the demo's incident."""

from datetime import timedelta

from django.utils import timezone

from accounts.actors import Actor
from incidents import access, legalevents, lifecycle

FACTS = {
    "jurisdictions": ["DE", "EU"],
    "role": "controller",
    "internal_only": True,
    "unintelligible": False,
    "risk": "risk",
    "individuals": 24,
    "categories": ["transcripts"],
    "sectors": ["technology"],
}


def seed(officer: Actor) -> None:
    """Let the privacy officer decide awareness and state the facts of the newest incident."""
    assert officer.user
    incident = access.visible_to(officer.user).order_by("-number").first()
    if incident is None:
        return
    now = timezone.now()
    lifecycle.decide_awareness(
        incident,
        aware_at=now - timedelta(hours=19),
        rationale="Support confirmed that the link led to call texts.",
        actor=officer,
    )
    legalevents.set_event(
        incident,
        "occurred",
        now - timedelta(hours=20),
        rationale="The log of the file share.",
        actor=officer,
    )
    legalevents.state_facts(
        incident,
        FACTS,
        reason="From the register of programs; the readers were all of team 7.",
        actor=officer,
    )
