"""`manage.py invite_person`: add somebody who chooses their own password by a link in a mail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import people


class Command(BaseCommand):
    help = "Invite a person by e-mail, or with --again somebody whose link ran out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("email", nargs="?", default="")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument(
            "--function",
            action="append",
            default=[],
            choices=Function.values,
            help="may be given more than once",
        )
        parser.add_argument("--again", action="store_true", help="send another link")

    def handle(self, *_args: Any, **options: Any) -> None:
        actor = Actor(name="operator", via="command")
        try:
            if options["again"]:
                person = _known(options["username"])
                people.invite_again(person, actor=actor)
            else:
                person = people.invite(
                    options["username"],
                    email=options["email"],
                    first_name=options["first_name"],
                    last_name=options["last_name"],
                    functions=[Function(name) for name in options["function"]],
                    actor=actor,
                )
        except people.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person.name} is invited at {person.email}.")


def _known(username: str) -> User:
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"username: there is no person {username!r}.")
    return person
