"""`manage.py seed_demo`: an invented company to look at. Refused in production."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import demo


class Command(BaseCommand):
    help = "Make the demo's people, programs and collectors once; print their sign-ins as JSON."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.ENVIRONMENT.production:
            raise CommandError("The demo is not for production: its passwords are printed.")
        self.stdout.write(json.dumps(demo.seed(settings.ENVIRONMENT.var)))
