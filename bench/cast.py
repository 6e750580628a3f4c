"""People and programs for benches: all that must be there before something can be stopped."""

import secrets
from datetime import timedelta
from typing import Any, NamedTuple

PARTICIPANTS = 70_000


class Staff(NamedTuple):
    """Who lets programs run: their owner, and two people who agree to all else."""

    owner: Any
    officer: Any
    keeper: Any


def maker() -> Any:
    """Return who makes all of it."""
    from accounts.actors import Actor

    return Actor(name="bench", via="command")


def person(name: str, *functions: Any) -> Any:
    from audit import people

    return people.add(
        name,
        email=f"{name}@demo.example",
        password=secrets.token_urlsafe(24),
        functions=functions,
        actor=maker(),
    )


def staff(suffix: str = "") -> Staff:
    """Return new people; the suffix tells them from others of their kind."""
    from accounts.functions import Function
    from config import attested

    return Staff(
        owner=person(f"owner{suffix}", Function.PROGRAM_OWNER),
        officer=person(f"officer{suffix}", *attested.OFFICER),
        keeper=person(f"keeper{suffix}", *attested.KEEPER),
    )


def collecting(slug: str, by: Staff, **facts: Any) -> Any:
    """Return a new program that collects, with all its controls met.

    Args:
        facts: what it says of itself beside, or instead of, the usual.
    """
    from accounts.actors import Actor
    from config import attested
    from programs import lifecycle
    from programs.evidence import Shown

    usual = {"name": slug, "purpose": "To be stopped.", "categories": ["keystrokes"]}
    usual |= {"declared_audience": "Nobody", "participants": PARTICIPANTS}
    said = usual | attested.NOTHING_SPECIAL | facts
    program = lifecycle.draft(slug=slug, owner=by.owner, actor=maker(), **said)
    duties = attested.two(by.officer, by.keeper, owner=by.owner)
    attested.attest_all(program, by=duties, shown=Shown(note="For a bench."))
    program = lifecycle.approve(program, actor=Actor.person(by.officer, via="command"))
    return lifecycle.start(program, actor=Actor.person(by.owner, via="command"))


def token(owner: Any, *scopes: Any) -> str:
    """Return a new API token of a person, good for a day."""
    from django.utils import timezone

    from audit import credentials

    end = timezone.now() + timedelta(days=1)
    _row, text = credentials.issue(
        owner, label="Bench", scopes=list(scopes), expires_at=end, actor=maker()
    )
    return text
