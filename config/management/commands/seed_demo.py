"""`manage.py seed_demo`: an invented company to look at. Refused in production."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import demo


class Command(BaseCommand):
    help = (
        "Make the demo's people, programs and collectors once; their sign-ins go to var/demo.json."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.ENVIRONMENT.production:
            raise CommandError("The demo is not for production: its passwords lie in a file.")
        # Not printed: what this says ends in a log.
        demo.seed(settings.ENVIRONMENT.var)
        self.stdout.write(f"The sign-ins are in {settings.ENVIRONMENT.var / demo.FILE}.")
