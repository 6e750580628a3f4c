"""`manage.py drill`: the part of a drill that acts in the database of the Andon that is drilled.

Use `make drill`, which starts an Andon for it: this changes people and programs.
"""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from config.drill import play, prepare
from config.drill.receiver import Receiver


class Command(BaseCommand):
    help = "Play a drill in a fresh database; print the story and, last, one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("collectors", type=int)
        parser.add_argument("--pager-port", type=int, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT.production or User.objects.exists():
            raise CommandError("A drill wants a database of its own: use make drill.")
        secret = prepare.webhook_secret()
        with Receiver(secret, port=options["pager_port"]) as receiver:
            cast = prepare.prepare(options["collectors"], webhook=receiver.address, secret=secret)
            try:
                figures = play.play(cast, receiver)
            except play.DrillFailed as error:
                raise CommandError(f"The drill failed: {error}.") from error
        self.stdout.write(json.dumps(figures))
        if figures["proof"] != "paused_proven":
            sys.exit(1)
