"""What was changed in an incident, field by field, from the history rows. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from incidents import access, embargo
from incidents.models import (
    AccessGrant,
    AccessRequest,
    ActionItem,
    Drill,
    Evidence,
    Exposure,
    GlassBreak,
    Incident,
    Obligation,
    Pin,
    Relation,
    Review,
    RoleAssignment,
    RuleFiring,
    RunbookRun,
    RunbookStep,
    SecondRating,
    SeverityProposal,
    Task,
    WatchedDrift,
)
from programs import access as programs
from programs.models import Category, Dataset, Program

# Names of rows, and nothing that anybody decided.
_SILENT = {
    *("id", "uuid", "incident", "run", "facts", "said", "first"),
    *("assessment", "assessed", "file", "report"),
}
_OF_STEPS = {"state", "note"}
# Rows that not everybody who sees the incident may know of.
_HIDEABLE = (Incident, Program, Dataset)
_NAMES = {
    Incident: gettext_lazy("Incident"),
    RoleAssignment: gettext_lazy("Role"),
    AccessGrant: gettext_lazy("Access"),
    RunbookStep: gettext_lazy("Runbook step"),
    SeverityProposal: gettext_lazy("Proposed severity"),
    SecondRating: gettext_lazy("Second rating"),
    RuleFiring: gettext_lazy("Rule"),
    AccessRequest: gettext_lazy("Asked to be let in"),
    GlassBreak: gettext_lazy("Broken glass"),
    RunbookRun: gettext_lazy("Runbook"),
    Drill: gettext_lazy("Drill"),
    Evidence: gettext_lazy("Evidence"),
    Exposure: gettext_lazy("Exposure"),
    Pin: gettext_lazy("Pinned entry"),
    Relation: gettext_lazy("Related incident"),
    Task: gettext_lazy("Task"),
    ActionItem: gettext_lazy("Action item"),
    Review: gettext_lazy("Review"),
    Obligation: gettext_lazy("Legal clock"),
    WatchedDrift: gettext_lazy("Found by the watch"),
}
KINDS = sorted(
    ((str(model._meta.model_name), words) for model, words in _NAMES.items()),
    key=lambda pair: pair[0],
)
# Of an exposure: lists of keys, and what each is called.
_LISTED: dict[str, Callable[[Any], str]] = {
    "kinds": lambda kind: str(Category(kind).label),
    "files": lambda pk: _("no. %(n)s") % {"n": pk},
}


@dataclass(frozen=True)
class FieldChange:
    """`before` is None for what was new."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One save of one row. `via` is the door it came by: page, api, engine.

    `kind` is what sort of row it is, as in KINDS; `what` the same in words.
    """

    kind: str
    at: datetime
    who: str
    via: str
    why: str
    what: str
    is_new: bool
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for. Empty means everything. `who` is a part of a name."""

    kinds: tuple[str, ...] = ()
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, change: Change) -> bool:
        """True if it is of these kinds, by them, and from `since` on, before `until`."""
        return (
            (not self.kinds or change.kind in self.kinds)
            and self.who.casefold() in (change.who or _("Andon")).casefold()
            and (self.since is None or change.at >= self.since)
            and (self.until is None or change.at < self.until)
        )


def of(
    incident: Incident,
    *,
    reader: User,
    only: models.Model | None = None,
    seen: models.QuerySet[Incident] | None = None,
) -> list[Change]:
    """Return every change of an incident and what belongs to it, newest first.

    Args:
        reader: who sees the incident; what they may not know is left out of the values.
        only: the one row that is asked about.
        seen: the other incidents that may be named, if not all that the reader may know of.
    """
    others = access.visible_to(reader) if seen is None else seen
    every = _rows(incident, reader, others)
    found_rows = (row for row in every if only is None or _is_of(row, only))
    rows = sorted(found_rows, key=lambda row: (row.history_date, row.history_id))
    names = _Names(rows, incident, reader, others)
    last: dict[tuple[type[models.Model], int], Any] = {}
    found = []
    for row in rows:
        key = (row.instance_type, row.id)
        fields = tuple(_differences(last.get(key), row, names))
        if fields:
            found.append(_change(row, fields, is_new=key not in last))
        last[key] = row
    return found[::-1]


def _is_of(row: Any, subject: models.Model) -> bool:
    return row.instance_type is type(subject) and row.id == subject.pk


# What has the incident as its parent.
_BELOW: tuple[type[models.Model], ...] = (
    RoleAssignment,
    AccessGrant,
    SeverityProposal,
    RuleFiring,
    RunbookRun,
    Evidence,
    Exposure,
    Task,
    Pin,
    GlassBreak,
    Drill,
    Obligation,
    SecondRating,
    WatchedDrift,
)
# Who asked in vain is told only to those who decide about it.
_FOR_MANAGERS = (AccessRequest,)


def _rows(incident: Incident, reader: User, others: models.QuerySet[Incident]) -> Iterator[Any]:
    yield from Incident.history.filter(id=incident.pk).select_related("history_user")
    manages = access.may(reader, AccessGrant.Level.MANAGE, incident)
    for model in _BELOW + (_FOR_MANAGERS if manages else ()):
        history: Any = model.history  # type: ignore[attr-defined]
        yield from history.filter(incident=incident).select_related("history_user")
    visible = others.values("pk")
    both = Q(one=incident, other_id__in=visible) | Q(other=incident, one_id__in=visible)
    yield from Relation.history.filter(both).select_related("history_user")
    # Steps begin as a copy of the runbook; only what became of them is news.
    steps = RunbookStep.history.filter(run__in=incident.runbooks.all(), history_type="~")
    yield from steps.select_related("history_user")


def _fields(row: Any) -> Iterator[Any]:
    for field in row.instance_type._meta.concrete_fields:
        if field.name not in _SILENT and hasattr(row, field.attname):
            yield field


def _differences(before: Any, after: Any, names: "_Names") -> Iterator[FieldChange]:
    # A step was not made here but copied, so its first change is told against an open one.
    copied = before is None and after.instance_type is RunbookStep
    for field in _fields(after):
        if copied and field.name not in _OF_STEPS:
            continue
        old = getattr(before, field.attname) if before else field.get_default() if copied else None
        new = getattr(after, field.attname)
        if old == new or (before is None and new in (None, "", [], {})):
            continue
        label = str(field.verbose_name)
        yield FieldChange(
            label[:1].upper() + label[1:],
            names.spell(field, old, after) if before or copied else None,
            names.spell(field, new, after),
        )


def _change(row: Any, fields: tuple[FieldChange, ...], *, is_new: bool) -> Change:
    via, _colon, why = (row.history_change_reason or "").partition(": ")
    number = f" {row.number}" if row.instance_type is RunbookStep else ""
    return Change(
        kind=row.instance_type._meta.model_name,
        at=row.history_date,
        who=row.history_user.name if row.history_user else "",
        via=via,
        why=why,
        what=f"{_NAMES[row.instance_type]}{number}",
        is_new=is_new and row.instance_type is not RunbookStep,
        fields=fields,
    )


class _Names:
    """Words for values: choices by their label, other rows by their name, asked for once each."""

    def __init__(
        self,
        rows: Iterable[Any],
        incident: Incident,
        reader: User,
        seen: models.QuerySet[Incident],
    ) -> None:
        self.withheld = embargo.withheld_from(reader, incident)
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for row in rows:
            for field in _fields(row):
                key = getattr(row, field.attname)
                if field.is_relation and key is not None:
                    wanted[field.related_model].add(key)
        self.names = {
            model: {pk: str(found) for pk, found in model._default_manager.in_bulk(keys).items()}
            for model, keys in wanted.items()
        }
        others = seen.filter(pk__in=wanted[Incident])
        self.names[Incident] = {other.pk: other.ref for other in others}
        # Another's draft that is held for this incident, and what is in it.
        mine = Q(pk=incident.program_id) | Q(pk__in=programs.visible_to(reader).values("pk"))
        known = Program.objects.filter(mine)
        self._keep(Program, known)
        self._keep(Dataset, Dataset.objects.filter(program__in=known))

    def _keep(self, model: type[models.Model], known: models.QuerySet[Any]) -> None:
        """Leave out the names of what the reader may not know of."""
        found = self.names.get(model, {})
        seen = set(known.filter(pk__in=found).values_list("pk", flat=True)) if found else set()
        self.names[model] = {pk: name for pk, name in found.items() if pk in seen}

    def spell(self, field: Any, value: Any, row: Any) -> Any:
        if value in (None, "", []):
            return "–"
        if row.instance_type is Exposure:
            if field.name == "location" and row.id in self.withheld:
                return str(embargo.WITHHELD)
            if field.name in _LISTED:
                return [_LISTED[field.name](each) for each in value]
        if field.related_model in _HIDEABLE and value not in self.names[field.related_model]:
            return _("one that you may not see")
        if field.is_relation:
            return self.names[field.related_model].get(value, str(value))
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        return dict(field.flatchoices).get(value, value)
