"""What is to be done in an incident beside its runbook. The only module that writes Task."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import access, meanwhile
from incidents.models import Incident, Task

REMIND = "incidents.remind_of_task"
LONGEST_TITLE, LONGEST_NOTE, MOST = 200, 500, 200
# As for action items. A year past 9999, as an offset can make of its last day, is stored by
# PostgreSQL and can then be read by nobody.
LATEST = timedelta(days=2 * 366)
ENGINE = Actor.machine("engine")
State = Task.State
# So long a deadline may have passed while somebody typed it.
_SLACK = 60


class Refused(Exception):
    """This cannot be done to a task; the message names the field."""


@dataclass(frozen=True)
class Said:
    """What a task says. Without an owner it is nobody's yet."""

    title: str
    owner: User | None = None
    due_at: datetime | None = None


@transaction.atomic
def add(
    incident: Incident,
    *,
    title: str,
    owner: User | None = None,
    due_at: datetime | None = None,
    actor: Actor,
) -> Task:
    """Write down what is to be done. It lets nobody in: the owner must see the incident already.

    Raises:
        Refused: if the incident is over or has too many, or something said cannot be so.
    """
    incident = _lock(incident.pk)
    if incident.tasks.count() >= MOST:
        raise Refused(_("This incident has %(n)s tasks, and that is the most.") % {"n": MOST})
    _check(incident, title=title, owner=owner, due_at=due_at)
    task: Task = history.create(
        Task,
        actor=actor,
        incident=incident,
        title=title.strip(),
        owner=owner,
        due_at=due_at,
        added_by=actor.name,
    )
    _plan(task)
    _record("task.added", task, actor=actor)
    outbox.publish("incident.task_added", **_news(task))
    return task


def said_of(task: Task) -> Said:
    """Return what a task says, or said in one of its versions."""
    return Said(task.title, task.owner, task.due_at)


@transaction.atomic
def change(task: Task, said: Said, *, actor: Actor, read: Said | None = None) -> Task:
    """Give an open task another title, owner or time. Two who change different parts both do.

    Args:
        read: what it said when they read it; without it all of `said` counts.

    Raises:
        Refused: if the incident is over, the task is settled, nothing changes, or something said
            cannot be so.
        meanwhile.Clash: if somebody changed the same part since `read`.
    """
    incident, task = _locked(task)
    if not task.is_open:
        raise Refused(_("It is settled; open it again first."))
    said = replace(said, title=said.title.strip())
    if read is not None:
        said = _upon(said, said_of(task), read)
    wanted = meanwhile.parts(said)
    changes = {name: value for name, value in wanted.items() if getattr(task, name) != value}
    if not changes:
        raise Refused(_("Nothing was changed."))
    kept = "due_at" not in changes
    _check(incident, title=said.title, owner=said.owner, due_at=None if kept else said.due_at)
    task.title, task.owner, task.due_at = said.title, said.owner, said.due_at
    history.save(task, *changes, actor=actor)
    _plan(task)
    _record("task.changed", task, actor=actor, fields=sorted(changes))
    return task


@transaction.atomic
def settle(task: Task, to: str, *, note: str = "", actor: Actor) -> Task:
    """Say that a task is done, dropped, or open again.

    Args:
        note: needed to drop it and to open it again.

    Raises:
        Refused: if the incident is over, it is so already, or the reason is missing.
    """
    _incident, task = _locked(task)
    if to not in State.values:
        raise Refused(_("to: must be one of %(known)s.") % {"known": ", ".join(State.values)})
    if task.state == to:
        state = task.get_state_display().lower()
        raise Refused(_("It is %(state)s already.") % {"state": state})
    if len(note) > LONGEST_NOTE or (to != State.DONE and not note.strip()):
        raise Refused(_("note: say why, in at most %(n)s characters.") % {"n": LONGEST_NOTE})
    settled = to != State.OPEN
    task.state, task.note = State(to), note.strip()
    task.settled_by = actor.user if settled else None
    task.settled_at = timezone.now() if settled else None
    history.save(task, "state", "note", "settled_by", "settled_at", actor=actor, why=task.note)
    _plan(task)
    _record(f"task.{to}", task, actor=actor, remark=task.note)
    outbox.publish("incident.task_settled", **_news(task))
    return task


@transaction.atomic
def remind(task_pk: int, due: str) -> None:
    """Remind the owner that a task is late: once for each time that it was due.

    Args:
        due: the time that was planned with; nothing happens if it is another one by now.
    """
    pk = Task.objects.values_list("incident", flat=True).get(pk=task_pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    task = Task.objects.select_for_update(of=("self",)).get(pk=task_pk)
    if incident.is_over or not task.is_open or task.reminded_of == task.due_at:
        return
    if task.due_at is None or task.due_at.isoformat() != due:
        return
    task.reminded_of = task.due_at
    history.save(task, "reminded_of", actor=ENGINE)
    _record("task.late", task, actor=ENGINE)
    outbox.publish("incident.task_late", **_news(task))


def _upon(said: Said, stands: Said, read: Said) -> Said:
    was, now = meanwhile.parts(read), meanwhile.parts(stands)
    wanted = meanwhile.parts(said)
    asked = meanwhile.changed(wanted, read=was, stands=now)
    return replace(stands, **{name: wanted[name] for name in asked})


def _lock(pk: int) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    if incident.is_over:
        said = _("%(ref)s is %(status)s; reopen it to change its tasks.")
        raise Refused(said % {"ref": incident.ref, "status": incident.get_status_display().lower()})
    return incident


def _locked(task: Task) -> tuple[Incident, Task]:
    incident = _lock(task.incident_id)
    rows = Task.objects.select_for_update(of=("self",)).select_related("owner")
    return incident, rows.get(pk=task.pk)


def _check(incident: Incident, *, title: str, owner: User | None, due_at: datetime | None) -> None:
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise Refused(
            _("title: say what to do, in at most %(n)s characters.") % {"n": LONGEST_TITLE}
        )
    if owner and not access.visible_to(owner, named=True).filter(pk=incident.pk).exists():
        said = _("owner: %(who)s does not see this incident; let them in first.")
        raise Refused(said % {"who": owner.name})
    now = timezone.now()
    if due_at and (now - due_at).total_seconds() > _SLACK:
        raise Refused(_("due_at: lies in the past; give a time from now on."))
    if due_at and due_at > now + LATEST:
        raise Refused(_("due_at: lies more than two years ahead; give an earlier time."))


def _plan(task: Task) -> None:
    """Have its owner reminded when it becomes late, or no more."""
    clockwork.cancel(prefix=f"task:{task.pk}:")
    if task.is_open and task.owner and task.due_at and task.reminded_of != task.due_at:
        # What was called off is never due once more, so each plan has a key of its own.
        now = timezone.now().timestamp()
        key = f"task:{task.pk}:{now:.6f}"
        payload = {"task": task.pk, "due": task.due_at.isoformat()}
        clockwork.schedule(REMIND, key=key, payload=payload, due_at=task.due_at)


def _record(act: str, task: Task, *, actor: Actor, remark: str = "", **facts: Any) -> None:
    stream = trail.stream_of(task.incident)
    trail.record(act, task, actor=actor, stream=stream, remark=remark, **facts)


def _news(task: Task) -> dict[str, int]:
    """What an event about a task carries: keys alone, and how urgent it is."""
    return {"priority": task.incident.counts_as, "incident": task.incident_id, "task": task.pk}
