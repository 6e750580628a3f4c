"""The runbooks of an incident by API: attach one, its steps, gates and hooks, whose they are."""

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, runbooks, stepping, steps
from incidents.models import Incident, RunbookRun, RunbookStep, StepAct

router = Router(tags=["incidents"])


class RunOut(Schema):
    """A runbook as it was attached; a newer version changes nothing of it."""

    id: int
    runbook: str
    version: str
    title: str
    attached_by: str
    attached_at: datetime


class AttachIn(Sent):
    runbook: Text = Field(max_length=20, description="The id of one in force.")
    reason: Text = Field(min_length=1, max_length=runbooks.LONGEST_REASON)


class ActOut(Schema):
    """What came of a hook that somebody set off. `failed` and `refused` can be set off again."""

    id: int
    hook: str
    system: str | None = Field(description="The other system; null for what Andon does itself.")
    state: str = Field(description="`sending`, `done`, `refused` or `failed`.")
    answer: str
    asked_by: str = Field(description="A user name.")
    asked_at: datetime
    answered_at: datetime | None
    attempts: int


class StepOut(Schema):
    """One step of a runbook as it was attached."""

    id: int
    runbook: str
    version: str
    number: int
    role: str
    action: str = Field(description="Markdown.")
    gate: str = Field(description="Only done when; empty if there is none.")
    state: str
    note: str
    assignee: str | None = Field(description="A user name.")
    due_at: datetime | None
    done_by: str | None = Field(description="A user name; null where Andon did it.")
    done_at: datetime | None
    gate_said: str = Field(description="How somebody knew that the gate is met.")
    gate_by: str | None = Field(description="A user name.")
    hooks: list[str] = Field(description="What can be set off from it.")
    acts: list[ActOut]


class MarkIn(Sent):
    to: Literal["open", "done", "skipped"]
    note: Text = Field("", max_length=steps.LONGEST_NOTE, description="Needed unless it is done.")
    statement: Text = Field(
        "", max_length=steps.LONGEST_NOTE, description="How one knows that its gate is met."
    )


class AssignIn(Sent):
    person: Text | None = Field(max_length=254, description="User name or e-mail address; or null.")


class GateIn(Sent):
    statement: Text = Field(
        min_length=steps.SHORTEST_WORD,
        max_length=steps.LONGEST_NOTE,
        description="How you know that it is met.",
    )


class NoteIn(Sent):
    note: Text = Field(min_length=1, max_length=steps.LONGEST_NOTE)


class HookIn(Sent):
    hook: Text = Field(max_length=30, description="One of the step's `hooks`.")
    confirm: bool = Field(description="Must be true: it acts on the world.")
    reason: Text = Field("", max_length=steps.LONGEST_NOTE)


def _run(row: RunbookRun) -> RunOut:
    return RunOut(
        id=row.pk,
        runbook=row.runbook,
        version=row.version,
        title=row.title,
        attached_by=row.attached_by,
        attached_at=row.attached_at,
    )


def _act(row: StepAct) -> ActOut:
    return ActOut(
        id=row.pk,
        hook=row.hook,
        system=row.system.name if row.system else None,
        state=row.state,
        answer=row.answer,
        asked_by=row.asked_by.username,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        attempts=row.attempts,
    )


def _out(row: RunbookStep) -> StepOut:
    return StepOut(
        id=row.pk,
        runbook=row.run.runbook,
        version=row.run.version,
        number=row.number,
        role=row.role,
        action=row.action,
        gate=row.gate,
        state=row.state,
        note=row.note,
        assignee=row.assignee.username if row.assignee else None,
        due_at=row.due_at,
        done_by=row.done_by.username if row.done_by else None,
        done_at=row.done_at,
        gate_said=row.gate_said,
        gate_by=row.gate_by.username if row.gate_by else None,
        hooks=list(row.hooks),
        acts=[_act(each) for each in row.acts.all()],
    )


def _steps(incident: Incident) -> QuerySet[RunbookStep]:
    rows = RunbookStep.objects.filter(run__incident=incident)
    rows = rows.select_related("run__incident", "assignee", "done_by", "gate_by")
    return rows.prefetch_related("acts__asked_by", "acts__system")


def _found(incident: Incident, pk: int) -> RunbookStep:
    return api.child(_steps(incident), pk, "step")


@router.get(
    "/{ref}/steps",
    auth=Token(Scope.READ),
    response={200: list[StepOut], **responses(404)},
)
def list_steps(request: ApiRequest, ref: str) -> list[StepOut]:
    """The steps of every runbook that is attached, in their order."""
    rows = _steps(api.get(request, ref))
    return [_out(row) for row in rows.order_by("run", "number")]


@router.post(
    "/{ref}/steps/{step}",
    auth=Token(Scope.RESPOND),
    response={200: StepOut, **responses(404, 409)},
)
def mark_step(request: ApiRequest, ref: str, step: int, body: MarkIn) -> StepOut:
    """Mark a step as done, not needed, or open again.

    409 if somebody else was first, or its gate is not met.
    """
    row = _found(api.get(request, ref, to="contribute"), step)
    with api.refusing(steps.Refused, body):
        row = steps.mark(
            row, body.to, note=body.note, statement=body.statement, actor=actor_of(request)
        )
    return _out(row)


@router.post(
    "/{ref}/steps/{step}/assign",
    auth=Token(Scope.RESPOND),
    response={200: StepOut, **responses(404, 409)},
)
def assign_step(request: ApiRequest, ref: str, step: int, body: AssignIn) -> StepOut:
    """Give an open step to somebody who sees the incident, or to nobody in particular."""
    row = _found(api.get(request, ref, to="contribute"), step)
    person = api.named(body.person, "person")
    with api.refusing(steps.Refused, body):
        row = steps.assign(row, person, actor=actor_of(request))
    return _out(row)


@router.post(
    "/{ref}/steps/{step}/gate",
    auth=Token(Scope.RESPOND),
    response={200: StepOut, **responses(404, 409)},
)
def confirm_gate(request: ApiRequest, ref: str, step: int, body: GateIn) -> StepOut:
    """Say how you know that the gate of a step is met; some gates want another person to go on."""
    row = _found(api.get(request, ref, to="contribute"), step)
    with api.refusing(steps.Refused, body):
        row = steps.confirm_gate(row, body.statement, actor=actor_of(request))
    return _out(row)


@router.post(
    "/{ref}/steps/{step}/note",
    auth=Token(Scope.RESPOND),
    response={200: StepOut, **responses(404, 409)},
)
def note_step(request: ApiRequest, ref: str, step: int, body: NoteIn) -> StepOut:
    """Write a word beside a step; the one before stays on the timeline."""
    row = _found(api.get(request, ref, to="contribute"), step)
    with api.refusing(steps.Refused, body):
        row = steps.take_note(row, body.note, actor=actor_of(request))
    return _out(row)


@router.post(
    "/{ref}/steps/{step}/hooks",
    auth=Token(Scope.RESPOND),
    response={200: list[ActOut], **responses(404, 409)},
)
def run_hook(request: ApiRequest, ref: str, step: int, body: HookIn) -> list[ActOut]:
    """Set off a hook of a step, or set off again what was refused or could not be delivered.

    What is done or on its way stays as it is. 403 if you lack the right that this act needs.
    """
    # Whoever may only read may have the right to one of them, such as a legal hold.
    row = _found(api.get(request, ref), step)
    with api.refusing(steps.Refused, body):
        try:
            acts = stepping.run(
                row,
                body.hook,
                confirmed=body.confirm,
                reason=body.reason,
                actor=actor_of(request),
            )
        except stepping.NotAllowed as refusal:
            raise Problem(403, str(refusal)) from refusal
    return [_act(each) for each in acts]


@router.get(
    "/{ref}/runbooks",
    auth=Token(Scope.READ),
    url_name="runbooks",
    response={200: list[RunOut], **responses(404)},
)
def list_runbooks(request: ApiRequest, ref: str) -> list[RunOut]:
    """The runbooks that are attached, in that order."""
    return [_run(row) for row in api.get(request, ref).runbooks.order_by("pk")]


@router.post(
    "/{ref}/runbooks",
    auth=Token(Scope.RESPOND),
    url_name="runbooks",
    response={201: RunOut, **responses(404, 409)},
)
def attach_runbook(request: ApiRequest, ref: str, body: AttachIn) -> Status[RunOut]:
    """Attach one more runbook, as whoever manages the incident."""
    incident = api.get(request, ref, to="manage")
    with api.refusing(runbooks.Refused, body):
        row = runbooks.attach_by_hand(
            incident, body.runbook, reason=body.reason, actor=actor_of(request)
        )
    return Status(201, _run(row))
