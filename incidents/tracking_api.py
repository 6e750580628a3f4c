"""Tasks and related incidents by API, as on the page of an incident."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import responses
from incidents import api, meanwhile, relations, tasking
from incidents.models import Incident, Task
from incidents.relations import Seen

router = Router(tags=["incidents"])
_CAN_BE = Literal["open", "done", "dropped"]


class TaskIn(Sent):
    title: Text = Field(min_length=1, max_length=tasking.LONGEST_TITLE)
    owner: Text | None = Field(
        None, max_length=254, description="User name or e-mail address of who sees it already."
    )
    due_at: AwareDatetime | None = None


class TaskChangeIn(TaskIn):
    """What is left out stays as it is; null takes the owner or the time away."""

    based_on: int = Field(ge=1, le=LARGEST_KEY, description="The `version` that you read.")
    title: Text = Field("", max_length=tasking.LONGEST_TITLE)


class SettleIn(Sent):
    to: _CAN_BE
    note: Text = Field(
        "", max_length=tasking.LONGEST_NOTE, description="Needed to drop or reopen it."
    )


class TaskOut(Schema):
    id: int
    version: int = Field(description="Grows with each change; what a change is `based_on`.")
    title: str
    owner: str | None = Field(description="Their user name.")
    due_at: datetime | None
    late: bool
    state: str
    note: str
    added_by: str
    added_at: datetime
    settled_at: datetime | None


class RelationIn(Sent):
    incident: Text = Field(max_length=20, description="Another, such as `INC-17`.")
    kind: Literal["same_cause", "follow_up", "related"] = Field(
        "related", description="`follow_up`: this one follows the other."
    )


class RelationOut(Schema):
    """A related incident that the token opens; others are not counted."""

    id: int
    incident: str
    title: str
    kind: str
    words: str = Field(description="What it is to this one.")


def _task(row: Task) -> TaskOut:
    return TaskOut(
        id=row.pk,
        version=meanwhile.version_of(row),
        title=row.title,
        owner=row.owner.username if row.owner else None,
        due_at=row.due_at,
        late=row.is_late,
        state=row.state,
        note=row.note,
        added_by=row.added_by,
        added_at=row.added_at,
        settled_at=row.settled_at,
    )


def _found(incident: Incident, pk: int) -> Task:
    return api.child(incident.tasks.select_related("incident", "owner"), pk, "task")


@router.get(
    "/{ref}/tasks",
    auth=Token(Scope.READ),
    url_name="tasks",
    response={200: list[TaskOut], **responses(404)},
)
def list_tasks(request: ApiRequest, ref: str) -> list[TaskOut]:
    """What is to be done beside the runbook, what is due first; settled ones too."""
    rows = api.get(request, ref).tasks.select_related("incident", "owner")
    return [_task(row) for row in meanwhile.numbered(rows)]


@router.post(
    "/{ref}/tasks",
    auth=Token(Scope.RESPOND),
    url_name="tasks",
    response={201: TaskOut, **responses(404, 409)},
)
def add_task(request: ApiRequest, ref: str, body: TaskIn) -> Status[TaskOut]:
    """Write down what is to be done. It lets nobody in: the owner must see the incident already."""
    incident = api.get(request, ref, to="contribute")
    owner = api.named(body.owner, "owner")
    with api.refusing(tasking.Refused, body):
        row = tasking.add(
            incident, title=body.title, owner=owner, due_at=body.due_at, actor=actor_of(request)
        )
    return Status(201, _task(row))


@router.post(
    "/{ref}/tasks/{task}",
    auth=Token(Scope.RESPOND),
    response={200: TaskOut, **responses(404, 409)},
)
def change_task(request: ApiRequest, ref: str, task: int, body: TaskChangeIn) -> TaskOut:
    """Give an open task another owner, title or time; only what is sent.

    Two who change different parts at once both do. Of the same part the second gets 409, with what
    it says by now.
    """
    row = _found(api.get(request, ref, to="contribute"), task)
    sent: dict[str, Any] = body.dict(include=body.model_fields_set - {"based_on"})
    if "owner" in sent:
        sent["owner"] = api.named(body.owner, "owner")
    with api.refusing(tasking.Refused, body):
        read = tasking.said_of(meanwhile.as_of(row, body.based_on))
        row = tasking.change(row, replace(read, **sent), actor=actor_of(request), read=read)
    return _task(row)


@router.post(
    "/{ref}/tasks/{task}/settle",
    auth=Token(Scope.RESPOND),
    response={200: TaskOut, **responses(404, 409)},
)
def settle_task(request: ApiRequest, ref: str, task: int, body: SettleIn) -> TaskOut:
    """Say that a task is done, dropped or open again. 409 if it is so already."""
    row = _found(api.get(request, ref, to="contribute"), task)
    with api.refusing(tasking.Refused, body):
        row = tasking.settle(row, body.to, note=body.note, actor=actor_of(request))
    return _task(row)


def _seen(request: ApiRequest, incident: Incident) -> list[Seen]:
    """The related incidents that the token opens, which may be fewer than its owner sees."""
    rows = relations.of(person_of(request), incident)
    return [seen for seen in rows if api.is_open_to(request, seen.incident)]


def _relation(seen: Seen) -> RelationOut:
    return RelationOut(
        id=seen.relation.pk,
        incident=seen.incident.ref,
        title=seen.incident.title,
        kind=seen.relation.kind,
        words=seen.words,
    )


@router.get(
    "/{ref}/relations",
    auth=Token(Scope.READ),
    url_name="relations",
    response={200: list[RelationOut], **responses(404)},
)
def list_relations(request: ApiRequest, ref: str) -> list[RelationOut]:
    """The incidents that this one has to do with."""
    return [_relation(seen) for seen in _seen(request, api.get(request, ref))]


@router.post(
    "/{ref}/relations",
    auth=Token(Scope.RESPOND),
    url_name="relations",
    response={201: RelationOut, **responses(404, 409)},
)
def add_relation(request: ApiRequest, ref: str, body: RelationIn) -> Status[RelationOut]:
    """Relate two incidents. You must take part in both."""
    incident = api.get(request, ref, to="contribute")
    with api.refusing(relations.Refused, body, number="incident"):
        other = relations.find(person_of(request), api.number_of(body.incident))
        if not api.is_open_to(request, other):
            raise relations.NotYours
        row = relations.relate(incident, other, body.kind, actor=actor_of(request))
    (seen,) = [each for each in _seen(request, incident) if each.relation.pk == row.pk]
    return Status(201, _relation(seen))


@router.post(
    "/{ref}/relations/{relation}/end",
    auth=Token(Scope.RESPOND),
    response={204: None, **responses(404, 409)},
)
def end_relation(request: ApiRequest, ref: str, relation: int) -> Status[None]:
    """End a relation; it stays in the history. One to what the token does not open is missing."""
    incident = api.get(request, ref, to="contribute")
    for seen in _seen(request, incident):
        if seen.relation.pk == relation:
            with api.refusing(relations.Refused):
                relations.unrelate(seen.relation, actor=actor_of(request))
            return Status(204, None)
    raise api.no_such("relation")
