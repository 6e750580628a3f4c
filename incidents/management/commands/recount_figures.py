"""`manage.py recount_figures`: reckon the figures of leadership anew from what they follow from.

The engine keeps them by itself. Exit status 1 if they were not what they should have been; with
--check they stay as they are.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from incidents import measuring


class Command(BaseCommand):
    help = "Reckon the figures of leadership anew, and say whether they were right."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare only, and change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        with transaction.atomic():
            before = measuring.sums()
            counted = measuring.recount()
            wrong = sum(len(was ^ now) for was, now in zip(before, measuring.sums(), strict=True))
            if options["check"]:
                transaction.set_rollback(True)
        if not wrong:
            self.stdout.write(f"{counted} incidents and drills counted, as the engine had them.")
            return
        self.stdout.write(f"{counted} incidents and drills counted; {wrong} sums were others.")
        if options["check"]:
            raise CommandError("They stay as they are: give no --check to put them right.")
