"""`manage.py withdraw_token`: end an API token at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import ApiToken
from audit import credentials


class Command(BaseCommand):
    help = "End an API token at once. Saying it again is harmless."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key_id", help="what stands between andon_t_ and the next underscore")

    def handle(self, *_args: Any, **options: Any) -> None:
        # Whoever withdraws a leaked token has not to paste it whole into a shell's history.
        token = ApiToken.objects.filter(key_id=options["key_id"]).first()
        if token is None:
            raise CommandError(f"key_id: there is no token {options['key_id']!r}.")
        credentials.withdraw(token, actor=Actor(name="operator", via="command"))
        self.stdout.write(f"{token} of {token.owner.name} opens nothing any more.")
