"""Read the record of acts. A text is read only by those who may see its incident."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.functions import Function
from accounts.models import User
from audit.models import Entry
from incidents import access

READERS = (Function.AUDITOR, Function.PRIVACY_OFFICER, Function.OPERATOR)
PER_PAGE = 100
_INCIDENT = "incident:"


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for. `before` is the key of the last entry already seen."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    day: date | None = None
    before: int | None = None


@dataclass(frozen=True)
class Row:
    """One entry. `text` is None where there is none; `is_withheld` where there is one to hide."""

    entry: Entry
    actor: str
    via: str
    facts: dict[str, Any]
    text: str | None
    is_withheld: bool


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    # Where the next page begins; None at the end of the record.
    before: int | None


def may_read(user: User) -> bool:
    return user.is_any(*READERS)


def read(user: User, wanted: Wanted) -> Page:
    """Return a page of the record, newest first.

    Raises:
        PermissionDenied: if the person holds none of the functions that read it.
    """
    if not may_read(user):
        raise PermissionDenied(
            _("Only auditors, privacy officers and operators may read the audit log.")
        )
    entries = Entry.objects.filter(_conditions(wanted)).select_related("actor", "remark")
    # By key and not by offset: the record grows while somebody reads it.
    found = list(entries.order_by("-pk")[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    seen = _seen(user, shown)
    rows = [_row(entry, sees=_incident_of(entry) in seen) for entry in shown]
    return Page(rows, shown[-1].pk if len(found) > PER_PAGE else None)


def _conditions(wanted: Wanted) -> Q:
    found = Q()
    if wanted.actor:
        name = json.dumps(wanted.actor, ensure_ascii=False)
        found &= (
            Q(actor__username__iexact=wanted.actor)
            | Q(actor__email__iexact=wanted.actor)
            | Q(body__contains=f'"actor_name":{name}')
        )
    if wanted.action:
        found &= Q(action__startswith=wanted.action)
    if wanted.subject:
        found &= Q(subject=wanted.subject) | Q(stream=wanted.subject)
    if wanted.day:
        midnight = timezone.make_aware(datetime.combine(wanted.day, time.min))
        found &= Q(at__gte=midnight, at__lt=midnight + timedelta(days=1))
    if wanted.before:
        found &= Q(pk__lt=wanted.before)
    return found


def _incident_of(entry: Entry) -> int | None:
    """The incident whose stream an entry stands in; None for the streams of anything else."""
    if not entry.stream.startswith(_INCIDENT):
        return None
    return int(entry.stream.removeprefix(_INCIDENT))


def _seen(user: User, entries: Sequence[Entry]) -> set[int | None]:
    concerned = {pk for entry in entries if (pk := _incident_of(entry)) is not None}
    visible = access.visible_to(user, named=True).filter(pk__in=concerned)
    return {None, *visible.values_list("pk", flat=True)}


def _row(entry: Entry, *, sees: bool) -> Row:
    body = json.loads(entry.body)
    remark = getattr(entry, "remark", None)
    return Row(
        entry=entry,
        actor=body.get("actor_name", ""),
        via=body.get("via", ""),
        facts=body.get("facts", {}),
        text=remark.text if remark and sees else None,
        is_withheld=remark is not None and not sees,
    )
