"""`manage.py reset_mfa`: take the second factors of somebody who lost theirs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from audit import factors


class Command(BaseCommand):
    help = (
        "Take every second factor and recovery code of a person who lost theirs, and end their "
        "sessions. Make sure of who asks, by another way than e-mail. They are told by e-mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"username: there is no person {options['username']!r}.")
        taken = factors.reset(person, actor=Actor(name="operator", via="command"))
        said = "has no second factor any more" if taken else "had no second factor"
        self.stdout.write(f"{person.name} {said}.")
