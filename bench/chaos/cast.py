"""People, a policy whose steps come quickly, and a program: what the chaos of steps needs."""

import argparse
from typing import Any

from bench import cast as casting

COLLECTORS = 3


def cast(address: str, secret: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Make people, a policy whose steps come quickly, and a program with collectors."""
    from accounts.functions import Function
    from accounts.models import Scope
    from programs import collectors

    maker, staff = casting.maker(), casting.staff()
    people = [casting.person(f"on-call-{n}") for n in range(asked.per_incident)]
    commander = casting.person("commander", Function.COMMANDER)
    operator = casting.person("operator", Function.OPERATOR)
    _reached([*people, commander, operator, staff.owner], address, secret, maker)
    _quick_policy(people, asked.wait, maker)
    program = casting.collecting("chaos-0", staff)
    keys = []
    for number in range(COLLECTORS):
        collector = collectors.register(program, name=f"machine-{number}", actor=maker)
        keys.append(collectors.issue_key(collector, actor=maker)[1])
    return {
        "programs": [program.slug],
        "keys": keys,
        "reporter": casting.token(casting.person("reporter"), Scope.REPORT),
        "commander": casting.token(commander, Scope.RESPOND, Scope.READ),
    }


def _reached(people: list[Any], address: str, secret: str, maker: Any) -> None:
    from audit import history
    from notifications.models import ContactMethod, Method

    for person in people:
        history.create(
            ContactMethod,
            actor=maker,
            person=person,
            method=Method.WEBHOOK,
            address=f"http://{address}/{person.username}",
            secret=secret,
        )


def _quick_policy(people: list[Any], wait: int, maker: Any) -> None:
    """One person after the other, and no other policy beside it."""
    from audit import history
    from notifications.models import EscalationPolicy, EscalationStep, EscalationTarget

    for policy in EscalationPolicy.objects.all():
        policy.active = False
        history.save(policy, "active", actor=maker)
    policy = history.create(
        EscalationPolicy,
        actor=maker,
        name="Quick",
        levels=[0, 1, 2, 3],
        repeats=0,
        repeat_after_seconds=wait,
    )
    for number, person in enumerate(people):
        step = history.create(
            EscalationStep,
            actor=maker,
            policy=policy,
            number=number,
            after_seconds=wait if number else 0,
        )
        history.create(EscalationTarget, actor=maker, step=step, kind="person", person=person)
