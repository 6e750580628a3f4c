"""`manage.py seed_scale`: very many incidents, for measurements. Refused in production."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import scale


class Command(BaseCommand):
    help = "Make very many incidents, and people who may see few, half or all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("incidents", type=int, help=f"how many, up to {scale.MOST:,}")
        parser.add_argument(
            "--beside", action="store_true", help="also where people reported incidents"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT.production:
            raise CommandError("seed_scale is not for production: it writes incidents of nobody.")
        try:
            scale.seed(options["incidents"], beside=options["beside"], say=self._say)
        except scale.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        scale.tidy()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
