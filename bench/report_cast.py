"""Make the programs that bench.report stops, in the database of its instance.

Prints one JSON line.
"""

import json
import secrets
import sys
from datetime import timedelta

import django
from django.utils import timezone


def main() -> None:
    django.setup()
    from accounts.actors import Actor
    from accounts.functions import Function
    from accounts.models import Scope
    from audit import credentials, people
    from config import attested
    from notifications import policies
    from programs import collectors, lifecycle
    from programs.evidence import Shown

    maker = Actor(name="bench", via="command")

    def person(name: str, *functions: Function):
        return people.add(
            name,
            email=f"{name}@demo.example",
            password=secrets.token_urlsafe(24),
            functions=functions,
            actor=maker,
        )

    owner = person("owner", Function.PROGRAM_OWNER)
    officer = person("privacy", *attested.OFFICER)
    keeper = person("keeper", *attested.KEEPER)
    by = attested.two(officer, keeper, owner=owner)
    person("commander", Function.COMMANDER)
    reporter = person("reporter")
    policies.ensure_general_policies(actor=maker)
    slugs = []
    for number in range(int(sys.argv[1])):
        program = lifecycle.draft(
            slug=f"bench-{number}",
            name=f"Bench {number}",
            purpose="To be stopped.",
            owner=owner,
            actor=maker,
            categories=["keystrokes"],
            declared_audience="Nobody",
            participants=70_000,
            **attested.NOTHING_SPECIAL,
        )
        attested.attest_all(program, by=by, shown=Shown(note="For a bench."))
        program = lifecycle.approve(program, actor=Actor.person(officer, via="command"))
        program = lifecycle.start(program, actor=Actor.person(owner, via="command"))
        for each in range(3):
            collectors.register(program, name=f"machine-{each}", actor=maker)
        slugs.append(program.slug)
    _token, text = credentials.issue(
        reporter,
        label="bench",
        scopes=[Scope.REPORT],
        expires_at=timezone.now() + timedelta(hours=1),
        actor=maker,
    )
    print(json.dumps({"token": text, "programs": slugs}))


if __name__ == "__main__":
    main()
