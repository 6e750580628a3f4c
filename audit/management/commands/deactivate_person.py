"""`manage.py deactivate_person`: shut somebody out at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from audit import people


class Command(BaseCommand):
    help = (
        "Shut a person out at once: sign-in, sessions and API tokens end. "
        "The name stays in the record. Saying it again is harmless."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", default="", help="stands in the record")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"username: there is no person {options['username']!r}.")
        actor = Actor(name="operator", via="command")
        try:
            people.deactivate(person, actor=actor, reason=options["reason"])
        except people.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person.name} is shut out.")
