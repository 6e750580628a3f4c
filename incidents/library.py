"""The runbooks of the house: those shipped, and what two people made of them since.

The only module that writes RunbookVersion. Runs are copies; nothing here changes one.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from incidents import access, books, drafting, seconding
from incidents.books import Facts, Runbook
from incidents.drafting import BadRunbook, Fault
from incidents.models import OVER, Incident, RunbookVersion
from incidents.seconding import Refused as Refused
from programs.models import Program

State = RunbookVersion.State
RUNBOOKS = "runbooks"
# With a hundred thousand open ones a dry run would cost more than it tells.
MOST_LOOKED_AT = 1_000


def may_read(user: User) -> bool:
    """True for whoever has any function. Runbooks hold nothing of any incident."""
    return user.is_active and bool(user.functions)


def in_force() -> list[Runbook]:
    """Return every runbook that is not retired, as it is now, in the order of their ids."""
    newest = _newest_published()
    found = {book.id: book for book in books.shipped() if book.id not in newest}
    for row in newest.values():
        if not row.retires:
            found[row.runbook] = _book(row)
    return [found[key] for key in sorted(found)]


def _newest_published() -> dict[str, RunbookVersion]:
    rows = RunbookVersion.objects.filter(state=State.PUBLISHED).order_by("runbook", "-number")
    return {row.runbook: row for row in rows.distinct("runbook")}


def _book(row: RunbookVersion) -> Runbook:
    return drafting.read(row.runbook, row.label, row.document)


def get(runbook: str) -> Runbook | None:
    """Return a runbook as it is now; None if there is none, or it is retired."""
    return next((book for book in in_force() if book.id == runbook), None)


def last(runbook: str) -> dict[str, Any] | None:
    """Return the words of a runbook as they are or were last, also if it is retired."""
    row = versions(runbook).filter(state=State.PUBLISHED).first()
    if row:
        return dict(row.document)
    shipped = next((book for book in books.shipped() if book.id == runbook), None)
    return drafting.plain(shipped) if shipped else None


def versions(runbook: str) -> QuerySet[RunbookVersion]:
    """Return what was written of a runbook, the newest first."""
    rows = RunbookVersion.objects.filter(runbook=runbook).select_related("author", "decided_by")
    return rows.order_by("-number")


def exists(runbook: str) -> bool:
    if not drafting.ID.fullmatch(runbook):
        return False
    return last(runbook) is not None or versions(runbook).exists()


@transaction.atomic
def propose(
    runbook: str,
    document: Mapping[str, Any],
    *,
    reason: str,
    based_on: str,
    actor: Actor,
    retires: bool = False,
) -> RunbookVersion:
    """Write a new version, which waits for a second person.

    Args:
        based_on: the version that the author read; empty for a new runbook.

    Raises:
        Refused: if the person may not, gives no reason, another version waits, or they read
            one that is not the newest any more.
        BadRunbook: if the document is none.
    """
    author = seconding.editor(actor, of=RUNBOOKS)
    seconding.one_at_a_time(RUNBOOKS)
    drafting.read(runbook, "", document)
    _known_programs(document)
    said = seconding.reason_of(reason)
    row: RunbookVersion = history.create(
        RunbookVersion,
        actor=actor,
        runbook=runbook,
        number=_next_number(runbook, based_on),
        document=dict(document),
        retires=retires,
        reason=said,
        author=author,
    )
    _record("runbook.proposed", row, actor=actor, remark=said)
    return row


def _next_number(runbook: str, based_on: str) -> int:
    seconding.none_waits(versions(runbook))
    seconding.still_newest(based_on, version_now(runbook))
    newest = versions(runbook).first()
    return newest.number + 1 if newest else 1


def _known_programs(document: Mapping[str, Any]) -> None:
    named = set(document.get("rules", {}).get("programs", ()))
    unknown = named - set(Program.objects.filter(slug__in=named).values_list("slug", flat=True))
    if unknown:
        said = f"there is no program {', '.join(sorted(unknown))}."
        raise BadRunbook([Fault("programs", said)])


def version_now(runbook: str) -> str:
    """Return the name of the version that was last in force; empty if there was none."""
    row = versions(runbook).filter(state=State.PUBLISHED).first()
    if row:
        return row.label
    shipped = next((book for book in books.shipped() if book.id == runbook), None)
    return shipped.version if shipped else ""


def restore(row: RunbookVersion, *, reason: str, actor: Actor) -> RunbookVersion:
    """Write a new version with the words of an older one. It waits like any other.

    Raises:
        Refused: as `propose`.
    """
    now = version_now(row.runbook)
    return propose(row.runbook, row.document, reason=reason, based_on=now, actor=actor)


def retire(runbook: str, *, reason: str, actor: Actor) -> RunbookVersion:
    """Propose that a runbook is attached no more.

    Raises:
        Refused: as `propose`, or if there is none in force.
    """
    book = get(runbook)
    if book is None:
        raise Refused("It is retired already.")
    return propose(
        runbook,
        drafting.plain(book),
        reason=reason,
        based_on=book.version,
        actor=actor,
        retires=True,
    )


@transaction.atomic
def publish(row: RunbookVersion, *, actor: Actor) -> RunbookVersion:
    """Put a version in force, as a second person. Runs that are under way stay as they are.

    Raises:
        Refused: if the person may not, wrote it, or it does not wait.
    """
    person, row = seconding.deciding(row, actor, of=RUNBOOKS, lock=RUNBOOKS)
    seconding.second(person, row)
    return _decide(row, State.PUBLISHED, person, actor=actor)


@transaction.atomic
def withdraw(row: RunbookVersion, *, actor: Actor) -> RunbookVersion:
    """Take back a version that waits; whoever may edit may, its author among them.

    Raises:
        Refused: if the person may not, or it does not wait.
    """
    person, row = seconding.deciding(row, actor, of=RUNBOOKS, lock=RUNBOOKS)
    return _decide(row, State.WITHDRAWN, person, actor=actor)


def _decide(
    row: RunbookVersion, state: RunbookVersion.State, person: User, *, actor: Actor
) -> RunbookVersion:
    row.state, row.decided_by, row.decided_at = state, person, timezone.now()
    history.save(row, "state", "decided_by", "decided_at", actor=actor)
    _record(f"runbook.{state}", row, actor=actor)
    return row


def _record(act: str, row: RunbookVersion, *, actor: Actor, remark: str = "") -> None:
    facts = {"runbook": row.runbook, "number": row.number, "retires": row.retires}
    stream = f"runbook:{row.runbook}"
    trail.record(act, row, actor=actor, stream=stream, remark=remark, **facts)


@dataclass(frozen=True)
class Line:
    """One line of a comparison; `sign` is +, - or a space."""

    sign: str
    text: str


def compare(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Line]:
    """Return how two documents differ, line by line, with what is around each change."""
    old = drafting.lines(before) if before else []
    found = difflib.unified_diff(old, drafting.lines(after), lineterm="", n=2)
    return [Line(line[:1], line[1:]) for line in list(found)[2:] if not line.startswith("@@")]


def apart(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Return all lines of two texts, and which of them went or came.

    Whole lines alone are compared: what two of them share takes the square of their lengths.
    """
    found: list[Line] = []
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for how, since, until, begin, end in steps:
        if how == "equal":
            found += [Line(" ", each) for each in before[since:until]]
        else:
            found += [Line("-", each) for each in before[since:until]]
            found += [Line("+", each) for each in after[begin:end]]
    return found


@dataclass(frozen=True)
class Fitting:
    """Open incidents that rules fit, the newest first.

    Unless `is_all`, only the newest MOST_LOOKED_AT that the person may know of were looked at.
    """

    incidents: list[Incident]
    is_all: bool


def would_attach(rules: books.Rules, user: User) -> Fitting:
    """Return the open incidents that these rules fit, of those that the person may know of."""
    seen = access.visible_to(user).exclude(status__in=OVER).select_related("program")
    newest = list(seen.order_by("-number")[: MOST_LOOKED_AT + 1])
    fitting = [each for each in newest[:MOST_LOOKED_AT] if rules.fit(facts(each))]
    return Fitting(fitting, is_all=len(newest) <= MOST_LOOKED_AT)


def facts(incident: Incident) -> Facts:
    """Return what rules look at."""
    program = incident.program
    return Facts(
        audience=incident.audience,
        kind=incident.kind,
        level=incident.counts_as,
        program=program.slug if program else "",
        categories=frozenset(program.categories if program else ()),
    )
