"""`manage.py set_functions`: say what a person is here for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import people


class Command(BaseCommand):
    help = "Set the functions of a person; those not named are taken away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--function",
            action="append",
            default=[],
            choices=Function.values,
            help="may be given more than once",
        )
        which.add_argument("--none", action="store_true", help="take every function away")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"username: there is no person {options['username']!r}.")
        functions = [Function(name) for name in dict.fromkeys(options["function"])]
        try:
            people.give(person, functions, actor=Actor(name="operator", via="command"))
        except people.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        labels = ", ".join(str(function.label) for function in functions)
        said = f"is now: {labels}" if functions else "has no function now"
        self.stdout.write(f"{person.name} {said}.")
