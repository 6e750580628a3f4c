"""The runbook of an incident by API: its steps, what becomes of them, and whose they are."""

from datetime import datetime
from typing import Literal

from ninja import Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.models import Scope
from accounts.problems import responses
from incidents import api, steps
from incidents.models import Incident, RunbookStep

router = Router(tags=["incidents"])


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


class MarkIn(Schema):
    to: Literal["open", "done", "skipped"]
    note: Text = Field("", max_length=steps.LONGEST_NOTE, description="Needed unless it is done.")
    statement: Text = Field(
        "", max_length=steps.LONGEST_NOTE, description="How one knows that its gate is met."
    )


class AssignIn(Schema):
    person: Text | None = Field(max_length=254, description="User name or e-mail address; or null.")


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
    )


def _found(incident: Incident, pk: int) -> RunbookStep:
    rows = RunbookStep.objects.filter(run__incident=incident)
    return api.child(rows.select_related("run__incident", "assignee", "done_by"), pk, "step")


@router.get(
    "/{ref}/steps",
    auth=Token(Scope.READ),
    response={200: list[StepOut], **responses(404)},
)
def list_steps(request: ApiRequest, ref: str) -> list[StepOut]:
    """The steps of every runbook that is attached, in their order."""
    rows = RunbookStep.objects.filter(run__incident=api.get(request, ref))
    rows = rows.select_related("run", "assignee", "done_by")
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
