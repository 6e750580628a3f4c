"""`manage.py backup FOLDER`: write all that Andon knows, of one moment, into a folder there."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import taking
from config.backup.tools import Refused


class Command(BaseCommand):
    help = "Back up the database and the local evidence; recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept")
        parser.add_argument(
            "--keep", type=int, default=0, help="remove all but so many of the newest; 0: none"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["keep"] < 0:
            raise CommandError("--keep: 0 or more.")
        try:
            folder = taking.take(options["folder"], keep=options["keep"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(str(folder))
