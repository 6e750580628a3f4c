"""`manage.py issue_token`: give a person a token for the API."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import tokens
from accounts.actors import Actor
from accounts.models import Scope, User
from audit import credentials

# As people say it: `--scope report` is incidents:report.
_SCOPES = {scope.value.partition(":")[2]: scope for scope in Scope}


class Command(BaseCommand):
    help = "Issue an API token that acts for a person; prints it, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        longest = tokens.LONGEST_LIFE.days
        parser.add_argument("username", help="for whom it acts; never more than this person may")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=list(_SCOPES),
            help="may be given more than once",
        )
        parser.add_argument(
            "--program",
            action="append",
            default=[],
            metavar="SLUG",
            help="only for this program; may be given more than once",
        )
        parser.add_argument("--label", required=True, help="what it is for")
        parser.add_argument("--days", type=int, default=30, help=f"1 to {longest}; 30 if not given")

    def handle(self, *_args: Any, **options: Any) -> None:
        owner = User.objects.filter(username=options["username"]).first()
        if owner is None:
            raise CommandError(f"username: there is no person {options['username']!r}.")
        days = options["days"]
        # Before it becomes a date: some numbers of days have none.
        if not 1 <= days <= tokens.LONGEST_LIFE.days:
            raise CommandError(f"--days: 1 to {tokens.LONGEST_LIFE.days}, not {days}.")
        try:
            token, text = credentials.issue(
                owner,
                label=options["label"],
                scopes=[_SCOPES[name] for name in dict.fromkeys(options["scope"])],
                expires_at=timezone.now() + timedelta(days=days),
                programs=options["program"],
                actor=Actor(name="operator", via="command"),
            )
        except credentials.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(
            f"{owner.name}'s token, until {token.expires_at:%Y-%m-%d %H:%M} UTC, shown this once:"
        )
        self.stdout.write(text)
