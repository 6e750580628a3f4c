"""`manage.py bundle INC-17 --for NAME --out FILE`: write the evidence bundle of an incident."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from incidents import access, bundles
from incidents.models import AccessGrant


class Command(BaseCommand):
    help = "Write the evidence bundle of an incident, for a person who manages it, into a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("incident", help="such as INC-17")
        parser.add_argument("--for", dest="person", required=True, help="their user name")
        parser.add_argument("--out", type=Path, required=True, help="a file that is not there yet")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["person"], is_active=True).first()
        number = options["incident"].removeprefix("INC-")
        found = number.isascii() and number.isdigit() and len(number) < 10
        visible = access.visible_to(person, named=True) if person else None
        incident = visible.filter(number=int(number)).first() if visible and found else None
        if person is None or incident is None:
            raise CommandError("There is no such incident that this person may see.")
        if not access.may(person, AccessGrant.Level.MANAGE, incident):
            raise CommandError(f"{person.username} may not manage {incident.ref}.")
        try:
            with options["out"].open("xb") as file:
                left_out = bundles.write(incident, file, actor=Actor.person(person, via="command"))
        except OSError as error:
            raise CommandError(f"--out: {error}") from error
        self.stdout.write(f"{options['out']} written, {left_out} files left out.")
