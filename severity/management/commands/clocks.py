"""Print the legal clocks of each case in a YAML file, one JSON object a line."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from severity.case_files import BadCases
from severity.clocks.cases import reckon_file
from severity.clocks.ruleset import ClockRules
from severity.management.printing import BAD_INPUT, print_lines


class Command(BaseCommand):
    help = "Reckon the legal clocks of the cases in a YAML list; one JSON object a line."
    # It reads rules and a file, and shall work where no database does.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a YAML list of cases; - is stdin")

    def handle(self, *_args: Any, file: str, **_options: Any) -> None:
        """Print clocks to stdout and refusals to stderr; exit status 2 if there is a refusal."""
        try:
            lines = reckon_file(file, ClockRules.current(), now=datetime.now(UTC))
        except BadCases as fault:
            raise CommandError(str(fault), returncode=BAD_INPUT) from None
        print_lines(self, lines)
