"""What the rows of an import tell, each with its number, and what is wrong with the others."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents import export, historic, importfile, importrows, importveris
from incidents.models import Import
from incidents.pastcase import BadRow, PastCase
from programs import access as program_access
from programs.models import Program


def programs_of(user: User) -> dict[str, Program]:
    """The programs that an import of this person may name, by slug."""
    return {program.slug: program for program in program_access.visible_to(user)}


@dataclass
class Found:
    """Some rows, read: those that tell an incident; those that do not, with what stood there."""

    rows: list[tuple[int, PastCase]] = field(default_factory=list)
    refused: list[tuple[int, BadRow, str, str]] = field(default_factory=list)


def read_all(rows: Iterable[list[Any]], run: Import) -> Found:
    """Return what some rows of a file tell."""
    found, now = Found(), timezone.now()
    for number, said, fault, text in rows:
        try:
            if fault:
                raise BadRow(*fault)
            if run.form == Import.Form.VERIS:
                case = importveris.read(said, source=run.source, now=now)
            else:
                case = importrows.read(said, run.mapping, source=run.source, now=now)
        except BadRow as wrong:
            found.refused.append((number, wrong, _id(said, run), text or _shown(said)))
        else:
            found.rows.append((number, case))
    return found


@dataclass(frozen=True)
class Foreseen:
    """What some rows would come to: those that would be filed, that were before, and that cannot.

    `refused` has of each the number, what is wrong, and the id there, in their order.
    """

    fresh: list[tuple[int, PastCase]]
    repeated: int
    refused: list[tuple[int, BadRow, str]]


def foresee(rows: Iterable[list[Any]], run: Import) -> Foreseen:
    """Return what would become of some rows if the import was begun now; writes nothing."""
    found = read_all(rows, run)
    done = historic.foresee(found.rows, programs_of(run.uploaded_by))
    torn = [(number, wrong, named) for number, wrong, named, _text in found.refused]
    refused = sorted([*torn, *done.refused], key=lambda each: each[0])
    return Foreseen(done.fresh, done.repeated, refused)


def _id(said: Any, run: Import) -> str:
    if isinstance(said, dict):
        named = said.get("incident_id", "")
    else:
        place = run.mapping.get("source_id")
        named = said[place] if said and place is not None else ""
    return named[:200] if isinstance(named, str) else ""


def _shown(said: Any) -> str:
    text = export.line(said) if isinstance(said, list) else json.dumps(said, ensure_ascii=False)
    return text[: importfile.SHOWN]
