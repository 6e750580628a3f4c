"""What a question and its answers are made of."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

Words = Any


@dataclass(frozen=True)
class Answer:
    """What stands beside the button, and a case in which it is right."""

    label: Words
    example: Words


@dataclass(frozen=True)
class Question:
    """`short` names its fact in lists; `label` asks; `help` says how to decide."""

    short: Words
    label: Words
    help: Words
    answers: dict[str, Answer]


def yes_or_no(yes: Words, no: Words) -> dict[str, Answer]:
    """The two answers, each with its example."""
    return {"yes": Answer(_("Yes"), yes), "no": Answer(_("No"), no)}
