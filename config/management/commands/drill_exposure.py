"""`manage.py drill_exposure`: the part of that drill that acts in the drilled Andon's database.

Use `make drill-exposure`, which starts an Andon and a store for it: this changes people, programs
and grants.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from config.drill import exposed, prepare
from config.drill.receiver import Receiver
from config.drill.store import TABLE, Store

COLLECTORS = 3


class Command(BaseCommand):
    help = "Grant too much in a fresh store; print the story and, last, one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pager-port", type=int, required=True)
        parser.add_argument("--store-port", type=int, required=True)
        parser.add_argument("--store-sockets", type=Path, required=True)
        parser.add_argument("--within", type=float, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT.production or User.objects.exists():
            raise CommandError("A drill wants a database of its own: use make drill-exposure.")
        secret = prepare.webhook_secret()
        store = Store(options["store_port"], options["store_sockets"])
        with Receiver(secret, port=options["pager_port"]) as receiver:
            cast = prepare.prepare(
                COLLECTORS, webhook=receiver.address, secret=secret, store=f"postgres:{TABLE}"
            )
            source = exposed.watched(cast, store, os.environ["ANDON_DRILL_PASSWORD"])
            try:
                figures = exposed.play(cast, source, store, receiver)
            except exposed.DrillFailed as error:
                raise CommandError(f"The drill failed: {error}.") from error
        self.stdout.write(json.dumps(figures))
        if why := exposed.why_failed(figures, within=options["within"]):
            self.stderr.write(f"The drill failed: {why}.")
            sys.exit(1)
