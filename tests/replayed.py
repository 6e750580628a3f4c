"""Let a draft collect as one did before it: the rows that the domain wrote then, written again.

Two tests in three need a program that runs, and few of them care how it came to. The domain lets
one start as the session begins; what it wrote of it is read, rolled back and kept here.
"""

import copy
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, outbox, trail
from audit.gathering import gathered
from audit.models import Due, Entry, OutboxEvent
from programs import news
from programs.controlset import ControlSet
from programs.models import Attestation, Program

# What starting changes of a program.
_CHANGED = ("state", "controls_end_at", "started_at")
_SUBSCRIBED = "event:"


class Start:
    """How the domain let one draft collect with the one control of tests."""

    def __init__(self, began: Program) -> None:
        self.controls = ControlSet.current().version
        self._at, self._program = timezone.now(), began
        self._shown = began.attestations.get()
        self._signed = self._shown.history.get()
        self._versions = list(began.history.order_by("history_id"))[1:]
        self._entries = list(Entry.objects.filter(stream=trail.stream_of(began)).order_by("pk"))[1:]
        self._events = list(OutboxEvent.objects.order_by("pk"))
        # Those of subscribers are made by whatever is published again.
        self._dues = list(Due.objects.exclude(key__startswith=_SUBSCRIBED).order_by("pk"))

    def again(self, of: Program, officer: User) -> Program:
        """Let a draft collect likewise; the officer is who approves it."""
        people = {self._program.owner_id: of.owner}
        late = timezone.now() - self._at
        with transaction.atomic(savepoint=False), gathered():
            shown = self._show(of, late)
            keys = {"program": of.pk, "attestation": shown.pk}
            for entry in self._entries:
                subject = of if entry.subject.startswith("programs.program:") else shown
                user = people.get(entry.actor_id, officer) if entry.actor_id else None
                self._record(entry, subject, user, of)
            for event in self._events:
                outbox.publish(event.topic, **_with(keys, event.payload))
            clockwork.schedule_all([_wish(due, keys, late) for due in self._dues])
            self._save(of, officer, late)
        return Program.objects.get(pk=of.pk)

    def _show(self, of: Program, late: timedelta) -> Attestation:
        kept = {
            field.attname: _moved(getattr(self._shown, field.attname), late)
            for field in Attestation._meta.concrete_fields
            if not field.primary_key and field.name != "program"
        }
        actor = Actor.machine(self._shown.attested_as)
        made: Attestation = history.create(Attestation, actor=actor, program=of, **kept)
        return made

    def _record(self, entry: Entry, subject: models.Model, user: User | None, of: Program) -> None:
        said = json.loads(entry.body)
        name = user.name if user else said["actor_name"]
        if "as_of" in said["facts"] and isinstance(subject, Attestation):
            said["facts"]["as_of"] = subject.as_of.isoformat()
        actor = Actor(name, said["via"], user)
        stream = trail.stream_of(of)
        trail.record(entry.action, subject, actor=actor, stream=stream, **said["facts"])

    def _save(self, of: Program, officer: User, late: timedelta) -> None:
        """Write the program as it became, and each step to that into its history."""
        steps = []
        for version in self._versions:
            for name in _CHANGED:
                setattr(of, name, _moved(getattr(version, name), late))
            step = copy.copy(of)
            by = version.history_user_id
            step._history_user = None if by is None else officer
            if by == self._program.owner_id:
                step._history_user = of.owner
            step._change_reason = version.history_change_reason
            steps.append(step)
        Program.history.bulk_history_create(steps, update=True)
        Program.objects.filter(pk=of.pk).update(**{name: getattr(of, name) for name in _CHANGED})
        news.announce(of)


def watched(begin: Callable[[], Program]) -> Start:
    """Have a program begin as the domain lets it, keep what was written, and take it back."""
    with transaction.atomic():
        start = Start(begin())
        transaction.set_rollback(True)
    return start


def _with(keys: dict[str, int], payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {name: key for name, key in keys.items() if name in payload}


def _moved(value: Any, late: timedelta) -> Any:
    return value + late if isinstance(value, datetime) else value


def _wish(due: Due, keys: dict[str, int], late: timedelta) -> clockwork.Wish:
    """The same work for another: keys are `attestation:1:ends-in:30` and `controls:1:…`."""
    kind, _old, rest = due.key.split(":", 2)
    key = keys["attestation" if kind == "attestation" else "program"]
    return clockwork.Wish(
        due.kind,
        f"{kind}:{key}:{rest}",
        _with(keys, due.payload),
        due_at=due.due_at + late,
        priority=due.priority,
    )
