"""`manage.py run_engine`: work off what is due, until stopped. Run two or more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit import engine, lasting, travelling


class Command(BaseCommand):
    help = "Claim what is due and hand it to the workers; do it here when there are none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--inline", action="store_true", help="do all work in this process, without Celery"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        process = engine.from_settings()
        if options["inline"]:
            process.workers = False
        lasting.keep_what_is_loaded()
        process.run()
        travelling.finish()
