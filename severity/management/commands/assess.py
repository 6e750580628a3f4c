"""Print the level of each case in a YAML file, one JSON object a line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from severity import loading
from severity.case_files import BadCases
from severity.cases import assess_file
from severity.management.printing import BAD_INPUT, print_lines


class Command(BaseCommand):
    help = "Assess the severity of the cases in a YAML list; one JSON object a line."
    # It reads rules and a file, and shall work where no database does.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a YAML list of cases; - is stdin")

    def handle(self, *_args: Any, file: str, **_options: Any) -> None:
        """Print results to stdout and refusals to stderr; exit status 2 if there is a refusal."""
        try:
            lines = assess_file(file, loading.current())
        except BadCases as fault:
            raise CommandError(str(fault), returncode=BAD_INPUT) from None
        print_lines(self, lines)
