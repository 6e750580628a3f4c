"""What is done in the database of the Andon under attack: `cast`, `check`. Prints one JSON line."""

import json
import secrets
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django
from django.utils import timezone


def cast(programs: int, collectors_each: int, webhook: str, secret: str) -> dict[str, object]:
    """Make people, a policy that pages by webhook, and programs with collectors."""
    from accounts.models import Scope
    from audit import credentials
    from programs import collectors

    maker = _maker()
    _make_a_policy(webhook, secret)
    slugs, keys = [], []
    for program in _programs(programs):
        slugs.append(program.slug)
        # All of them in the first: it is the one whose stops are timed.
        for each in range(collectors_each if len(slugs) == 1 else 0):
            collector = collectors.register(program, name=f"machine-{each}", actor=maker)
            keys.append(collectors.issue_key(collector, actor=maker)[1])
    _row, token = credentials.issue(
        _person("reporter"),
        label="chaos",
        scopes=[Scope.REPORT],
        expires_at=timezone.now() + timedelta(hours=2),
        actor=maker,
    )
    return {"programs": slugs, "keys": keys, "token": token}


def _maker() -> Any:
    from accounts.actors import Actor

    return Actor(name="chaos", via="command")


def _person(name: str, *functions: Any) -> Any:
    from audit import people

    return people.add(
        name,
        email=f"{name}@demo.example",
        password=secrets.token_urlsafe(24),
        functions=functions,
        actor=_maker(),
    )


def _make_a_policy(webhook: str, secret: str) -> None:
    from accounts.functions import Function
    from audit import history
    from notifications import policies
    from notifications.models import ContactMethod, Method

    maker = _maker()
    policies.ensure_general_policies(actor=maker)
    history.create(
        ContactMethod,
        actor=maker,
        person=_person("commander", Function.COMMANDER),
        method=Method.WEBHOOK,
        address=f"http://{webhook}/page",
        secret=secret,
    )


def _programs(count: int) -> Iterator[Any]:
    from accounts.actors import Actor
    from accounts.functions import Function
    from config import attested
    from programs import lifecycle
    from programs.evidence import Shown

    officer = _person("privacy", *attested.OFFICER)
    keeper = _person("keeper", *attested.KEEPER)
    owner = _person("owner", Function.PROGRAM_OWNER)
    for number in range(count):
        program = lifecycle.draft(
            slug=f"chaos-{number}",
            name=f"Chaos {number}",
            purpose="To be stopped.",
            owner=owner,
            actor=_maker(),
            categories=["keystrokes"],
            declared_audience="Nobody",
            participants=70_000,
            **attested.NOTHING_SPECIAL,
        )
        by = attested.two(officer, keeper, owner=owner)
        attested.attest_all(program, by=by, shown=Shown(note="For a bench."))
        program = lifecycle.approve(program, actor=Actor.person(officer, via="command"))
        yield lifecycle.start(program, actor=Actor.person(owner, via="command"))


def check() -> dict[str, object]:
    """Say how things stand; `settled` once nothing waits that is due."""
    from django.db.models import Q

    from audit import verification
    from audit.models import Due
    from incidents.models import Incident
    from notifications.models import Escalation, Page
    from programs.models import Pause, StopOrder

    now = timezone.now()
    unsent = Page.objects.filter(state__in=[Page.State.PENDING, Page.State.SENDING])
    due = Due.objects.waiting().filter(Q(due_at__lte=now) | Q(state=Due.State.ENQUEUED))
    unproven = StopOrder.objects.exclude(proof=StopOrder.Proof.PROVEN)
    settled = not (unsent.exists() or due.exists() or unproven.exists())
    return {
        "settled": settled,
        "incidents": [incident.ref for incident in Incident.objects.all()],
        "held": sorted(Pause.objects.in_force().values_list("holder", flat=True)),
        "escalated": sorted(
            {row.incident.ref for row in Escalation.objects.exclude(incident=None) if row.incident}
        ),
        "pages": list(Page.objects.filter(state=Page.State.SENT).values_list("key", flat=True)),
        "failed_pages": Page.objects.filter(state=Page.State.FAILED).count(),
        "given_up": Due.objects.filter(state=Due.State.DEAD).count(),
        "unproven": unproven.count(),
        "paused_at_ns": [
            int(order.ordered_at.timestamp() * 1e9)
            for order in StopOrder.objects.filter(program__slug="chaos-0")
        ],
        "flaws": [flaw.what for flaw in verification.verify().flaws] if settled else None,
    }


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "cast":
        said = cast(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        said = check()
    print(json.dumps(said))
