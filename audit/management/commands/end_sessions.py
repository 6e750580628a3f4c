"""`manage.py end_sessions`: sign somebody out everywhere."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from audit import sessions


class Command(BaseCommand):
    help = "End every session of a person. They can sign in again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"username: there is no person {options['username']!r}.")
        ended = sessions.end_all(person, actor=Actor(name="operator", via="command"))
        self.stdout.write(f"{person.name} is signed out everywhere. Sessions ended: {ended}.")
