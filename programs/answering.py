"""What must be answered before a program goes on: one version of the criteria, as data. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from severity.reading import Section
from severity.strict_yaml import load

FOLDER = Path(__file__).parent / "criteria"
# Said here, not "the newest file": a draft that lies in the folder decides nothing.
CURRENT = "2026.11-1"
LONGEST_NOTE = 1000
LONGEST_LINK = 500


class BadAnswer(ValueError):
    """A criterion is not answered so that somebody could judge it; the message names it."""


class Stand(StrEnum):
    """How a criterion stands."""

    MET = "met"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Criterion:
    """A question, and what a good answer to it holds."""

    id: str
    question: str
    shown_by: str


@dataclass(frozen=True)
class Answer:
    """How a criterion stands, with the evidence in words or as a link, or with the reason."""

    id: str
    state: Stand
    note: str = ""
    link: str = ""


def current() -> tuple[Criterion, ...]:
    """The criteria that are asked today."""
    return criteria(CURRENT)


@cache
def criteria(version: str) -> tuple[Criterion, ...]:
    """Return the criteria that were shipped as `version`, in their order.

    Raises:
        BadRuleSet: if its file must not decide anything.
    """
    data = load((FOLDER / f"{version}.yaml").read_text(encoding="utf-8"))
    found = Section(data, "", keys=["version", "criteria"]).sections(
        "criteria", keys=["id", "question", "shown_by"]
    )
    return tuple(
        Criterion(each.text("id"), each.text("question"), each.text("shown_by")) for each in found
    )


def read(given: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the answers as they are stored, one to each criterion of today, in their order.

    Args:
        given: `state`, `note` and `link` by the id of the criterion.

    Raises:
        BadAnswer: at the first criterion that is not answered; the message begins with its id.
    """
    return [asdict(_answer(criterion.id, given.get(criterion.id, {}))) for criterion in current()]


def _answer(id_: str, given: Mapping[str, str]) -> Answer:
    said = {name: str(given.get(name, "")).strip() for name in ("state", "note", "link")}
    if said["state"] not in set(Stand):
        raise BadAnswer(f"{id_}: say whether it is met or does not apply.")
    if len(said["note"]) > LONGEST_NOTE or len(said["link"]) > LONGEST_LINK:
        raise BadAnswer(
            f"{id_}: a note of at most {LONGEST_NOTE} characters, a link of at most {LONGEST_LINK}."
        )
    if said["link"] and not said["link"].startswith("https://"):
        raise BadAnswer(f"{id_}: a link begins with https://.")
    stand = Stand(said["state"])
    if stand is Stand.NOT_APPLICABLE and not said["note"]:
        raise BadAnswer(f"{id_}: say in the note why it does not apply.")
    if not said["note"] and not said["link"]:
        raise BadAnswer(f"{id_}: say in the note what shows it, or give a link.")
    return Answer(id_, stand, said["note"], said["link"])
