"""Print the lines of a file of cases: what came out, what was refused, and an exit status."""

from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError

from severity.case_files import Line

BAD_INPUT = 2


def print_lines(command: BaseCommand, lines: Iterator[Line]) -> None:
    """Write results to stdout, refusals and remarks to stderr.

    Raises:
        CommandError: with exit status 2, after the last line, if a case was refused.
    """
    refused = 0
    for line in lines:
        aside = line.refused or line.remark
        (command.stderr if aside else command.stdout).write(line.text)
        refused += line.refused
    if refused:
        cases = "case was" if refused == 1 else "cases were"
        raise CommandError(f"{refused} {cases} refused", returncode=BAD_INPUT)
