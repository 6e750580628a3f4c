"""Who and what a drill needs, made in the drill's own database."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import Scope, User
from audit import credentials, history, people
from config import attested
from notifications import policies
from notifications.models import ContactMethod, Method
from programs import collectors, lifecycle, terms
from programs.evidence import Shown
from programs.models import Program

PROGRAM = "drill"
_ACTOR = Actor(name="drill", via="command")


@dataclass
class Cast:
    """What the drill plays with. `collectors` are the texts of their keys."""

    program: str
    reporter_token: str
    commander_token: str
    collectors: list[str] = field(default_factory=list)


def webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def prepare(count: int, *, webhook: str, secret: str, store: str = "") -> Cast:
    """Make the people of a drill, reached by webhook, and a program with `count` collectors.

    Args:
        store: where the program's one dataset lies; it has none if empty.
    """
    reporter = _person("reporter")
    commander = _person("commander", Function.COMMANDER)
    officer = _person("privacy", *attested.OFFICER)
    keeper = _person("keeper", *attested.KEEPER)
    owner = _person("owner", Function.PROGRAM_OWNER)
    policies.ensure_general_policies(actor=_ACTOR)
    for person in (commander, officer):
        history.create(
            ContactMethod,
            actor=_ACTOR,
            verified_at=timezone.now(),
            person=person,
            method=Method.WEBHOOK,
            address=f"http://{webhook}/{person.username}",
            secret=secret,
        )
    program = _program(owner, officer, keeper, store=store)
    keys = []
    for number in range(1, count + 1):
        collector = collectors.register(program, name=f"drill-{number}", actor=_ACTOR)
        keys.append(collectors.issue_key(collector, actor=_ACTOR)[1])
    return Cast(
        program=PROGRAM,
        reporter_token=_token(reporter, Scope.REPORT),
        commander_token=_token(commander, Scope.READ, Scope.RESPOND),
        collectors=keys,
    )


def _person(name: str, *functions: Function) -> User:
    return people.add(
        name,
        email=f"{name}@demo.example",
        password=secrets.token_urlsafe(24),
        functions=functions,
        actor=_ACTOR,
    )


def _program(owner: User, officer: User, keeper: User, *, store: str) -> Program:
    program = lifecycle.draft(
        slug=PROGRAM,
        name="Drill program",
        purpose="Nothing is collected: it exists to be stopped.",
        owner=owner,
        actor=_ACTOR,
        categories=["keystrokes", "conversations"],
        declared_audience="The drill",
        participants=70_000,
        is_drill=True,
        **attested.NOTHING_SPECIAL,
    )
    if store:
        # Before its controls are shown: a dataset that is added later ends some of them.
        terms.add_dataset(program, slug="keys", name="Keystrokes", store=store, actor=_ACTOR)
    by = attested.two(officer, keeper, owner=owner)
    attested.attest_all(program, by=by, shown=Shown(note="For a drill: nothing is collected."))
    program = lifecycle.approve(program, actor=Actor.person(officer, via="command"))
    return lifecycle.start(program, actor=Actor.person(owner, via="command"))


def _token(owner: User, *scopes: Scope) -> str:
    _row, text = credentials.issue(
        owner,
        label="drill",
        scopes=list(scopes),
        expires_at=timezone.now() + timedelta(hours=1),
        actor=_ACTOR,
    )
    return text
