"""`manage.py erase_remark incident:17 4 --reason TEXT`: erase the text of one entry."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from audit import trail
from audit.models import Entry


class Command(BaseCommand):
    help = "Erase the free text of one entry, where the law wants it gone. The chain stays whole."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("stream", help="such as incident:17")
        parser.add_argument("seq", type=int, help="its place in the stream")
        parser.add_argument("--reason", required=True, help="recorded, and itself a text")

    def handle(self, *_args: Any, **options: Any) -> None:
        entry = Entry.objects.filter(stream=options["stream"], seq=options["seq"]).first()
        if entry is None:
            raise CommandError(f"There is no {options['stream']} #{options['seq']} in the record.")
        actor = Actor(name="operator", via="command")
        try:
            trail.erase(entry, reason=options["reason"], actor=actor)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The text of {entry} is erased.")
