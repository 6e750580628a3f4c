"""`manage.py set_webhook`: have a person paged by a signed webhook, or no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from notifications import contacts


class Command(BaseCommand):
    help = (
        "Page a person at a webhook in place of e-mail; prints the secret that signs, this once. "
        "The same address again replaces the secret."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whom it reaches")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("address", nargs="?", help="where to post, such as https://host/path")
        where.add_argument("--remove", action="store_true", help="page by e-mail again")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"username: there is no person {options['username']!r}.")
        actor = Actor(name="operator", via="command")
        try:
            if options["remove"]:
                contacts.remove_webhook(person, actor=actor)
                self.stdout.write(f"{person.name} is paged by e-mail again.")
                return
            _contact, secret = contacts.set_webhook(person, options["address"], actor=actor)
        except contacts.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"{person.name} is paged at this webhook. Its secret, shown this once:")
        self.stdout.write(secret)
