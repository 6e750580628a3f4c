"""`manage.py restore FOLDER`: put a backup back into the empty database of DATABASE_URL.

Ends with a check of the whole record. Exit status 1 if the backup is not all there. With `--prove`
it is put back into a throw-away PostgreSQL instead, and the record says that it could be.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import proving, restoring
from config.backup.tools import Refused


class Command(BaseCommand):
    help = "Put a backup back into an empty database and check it."
    # The database is empty: there are no tables to look at.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder of one backup")
        parser.add_argument(
            "--prove", action="store_true", help="into a throw-away database; recorded"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["prove"]:
                told = proving.prove(options["folder"])
            else:
                told = dataclasses.asdict(restoring.restore(options["folder"]))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(
            f"Put back what was backed up at {told['taken_at']}: {told['entries']} entries of the"
            f" record, all of them as they were written, and {told['files']} files."
        )
