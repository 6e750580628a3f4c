"""`manage.py add_person`: add somebody who can sign in, with functions."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.functions import Function
from audit import people


class Command(BaseCommand):
    help = "Add a person. The password is asked for, or taken from ANDON_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument(
            "--function",
            action="append",
            default=[],
            choices=Function.values,
            help="may be given more than once",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        password = os.environ.get("ANDON_PASSWORD") or getpass.getpass("Password: ")
        try:
            person = people.add(
                options["username"],
                email=options["email"],
                password=password,
                first_name=options["first_name"],
                last_name=options["last_name"],
                functions=[Function(name) for name in options["function"]],
                actor=Actor(name="operator", via="command"),
            )
        except people.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person.name} can sign in as {person.username}.")
