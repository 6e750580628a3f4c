"""Print the level of each case in a YAML file, one JSON object a line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from severity.cases import BadCases, assess_file
from severity.ruleset import RuleSet

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Assess the severity of the cases in a YAML list; one JSON object a line."
    # It reads rules and a file, and shall work where no database does.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a YAML list of cases; - is stdin")

    def handle(self, *_args: Any, file: str, **_options: Any) -> None:
        """Print results to stdout and refusals to stderr; exit status 2 if there is a refusal."""
        try:
            lines = assess_file(file, RuleSet.current())
        except BadCases as fault:
            raise CommandError(str(fault), returncode=BAD_INPUT) from None
        refused = 0
        for line in lines:
            (self.stderr if line.refused else self.stdout).write(line.text)
            refused += line.refused
        if refused:
            cases = "case was" if refused == 1 else "cases were"
            raise CommandError(f"{refused} {cases} refused", returncode=BAD_INPUT)
