"""Action items of an incident by API: what is to be done after it, and what became of each."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal

from django.db.models import Q, QuerySet
from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import access, api, items, itemsaid, meanwhile
from incidents.itemsaid import Said, Wanted
from incidents.models import ActionItem, Incident

router = Router(tags=["incidents"])
everywhere = Router(tags=["incidents"])
PAGE = 50


class ItemIn(Sent):
    what: Text = Field(min_length=1, max_length=items.LONGEST_WHAT)
    kind: ActionItem.Kind
    owner: Text = Field(
        min_length=1, max_length=254, description="User name or e-mail address of who sees it."
    )
    due_on: date
    control: Text = Field("", max_length=3, description="The id of a control, such as `G07`.")
    test: Text = Field("", max_length=items.LONGEST_TEST, description="How it will be verified.")


class ItemChangeIn(ItemIn):
    """What is left out stays as it is."""

    based_on: int = Field(ge=1, le=LARGEST_KEY, description="The `version` that you read.")
    what: Text = Field("", max_length=items.LONGEST_WHAT)
    kind: ActionItem.Kind | None = None  # type: ignore[assignment]
    owner: Text = Field("", max_length=254)
    due_on: date | None = None  # type: ignore[assignment]


class ItemSettleIn(Sent):
    """`done` by its owner or who manages the incident, `verified` by somebody else."""

    to: Literal["done", "verified", "open", "dropped"]
    said: Text = Field(
        "",
        max_length=items.LONGEST_WORD,
        description="What was done, what shows it, or why not; always needed.",
    )


class ItemOut(Schema):
    id: int
    version: int = Field(description="Grows with each change; what a change is `based_on`.")
    what: str
    kind: str
    owner: str = Field(description="A user name.")
    due_on: date
    overdue: bool
    control: str
    test: str
    state: str = Field(description="`open`, `done`, `verified` or `dropped`.")
    said: str = Field(description="The last word on it.")
    added_by: str = Field(description="A user name.")
    added_at: datetime
    done_by: str | None = Field(description="A user name.")
    done_at: datetime | None
    settled_by: str | None = Field(description="A user name.")
    settled_at: datetime | None


class ItemOfOut(ItemOut):
    incident: str


class ItemsIn(Schema):
    """Which items; without a state those that are open or done."""

    mine: bool = Field(False, description="Those that you own.")
    overdue: bool = Field(False, description="Open, and their day is past.")
    state: ActionItem.State | None = None
    after: int | None = Field(
        None, ge=1, le=LARGEST_KEY, description="The id of the last one that you have."
    )


_ACTS: dict[str, Callable[..., ActionItem]] = {
    "done": items.finish,
    "verified": items.verify,
    "open": items.reopen,
    "dropped": items.drop,
}
_PEOPLE = ("owner", "added_by", "done_by", "settled_by")


def _out(row: ActionItem) -> ItemOut:
    return ItemOut(
        id=row.pk,
        version=meanwhile.version_of(row),
        what=row.what,
        kind=row.kind,
        owner=row.owner.username,
        due_on=row.due_on,
        overdue=row.is_overdue,
        control=row.control,
        test=row.test,
        state=row.state,
        said=row.said,
        added_by=row.added_by.username,
        added_at=row.added_at,
        done_by=row.done_by.username if row.done_by else None,
        done_at=row.done_at,
        settled_by=row.settled_by.username if row.settled_by else None,
        settled_at=row.settled_at,
    )


def _found(incident: Incident, pk: int) -> ActionItem:
    return api.child(incident.action_items.select_related("incident", *_PEOPLE), pk, "item")


@router.get(
    "/{ref}/items",
    auth=Token(Scope.READ),
    url_name="items",
    response={200: list[ItemOut], **responses(404)},
)
def list_items(request: ApiRequest, ref: str) -> list[ItemOut]:
    """What is to be done after the incident, what is due first; settled ones too."""
    rows = api.get(request, ref).action_items.select_related(*_PEOPLE)
    return [_out(row) for row in meanwhile.numbered(rows)]


@router.post(
    "/{ref}/items",
    auth=Token(Scope.RESPOND),
    url_name="items",
    response={201: ItemOut, **responses(404, 409)},
)
def add_item(request: ApiRequest, ref: str, body: ItemIn) -> Status[ItemOut]:
    """Add an item; its owner is told, and reminded each week until it is done or dropped."""
    incident = api.get(request, ref, to="contribute")
    owner = api.named(body.owner, "owner")
    if owner is None:
        raise Problem(422, "owner: name a person.", field="owner", allowed=api.A_PERSON)
    said = Said(body.what, body.kind, owner, body.due_on, body.control, body.test)
    with api.refusing(items.Refused, body):
        row = items.add(incident, said, actor=actor_of(request))
    return Status(201, _out(row))


@router.post(
    "/{ref}/items/{item}",
    auth=Token(Scope.RESPOND),
    response={200: ItemOut, **responses(404, 409)},
)
def change_item(request: ApiRequest, ref: str, item: int, body: ItemChangeIn) -> ItemOut:
    """Change what an open item says, or whose it is; only what is sent.

    Two who change different parts at once both do. Of the same part the second gets 409, with what
    it says by now.
    """
    row = _found(api.get(request, ref, to="contribute"), item)
    sent = body.model_fields_set
    wanted = Wanted(
        what=body.what if "what" in sent else None,
        kind=body.kind,
        owner=api.named(body.owner, "owner"),
        due_on=body.due_on,
        control=body.control if "control" in sent else None,
        test=body.test if "test" in sent else None,
    )
    with api.refusing(items.Refused, body):
        read = itemsaid.plain(itemsaid.of(meanwhile.as_of(row, body.based_on)))
        row = items.change(row, wanted, read=read, actor=actor_of(request))
    return _out(row)


@router.post(
    "/{ref}/items/{item}/settle",
    auth=Token(Scope.RESPOND),
    response={200: ItemOut, **responses(404, 409)},
)
def settle_item(request: ApiRequest, ref: str, item: int, body: ItemSettleIn) -> ItemOut:
    """Say that an item is done, verified, open again or dropped. Its owner need only read here."""
    row = _found(api.get(request, ref), item)
    with api.refusing(items.Refused, body):
        row = _ACTS[body.to](row, body.said, actor=actor_of(request))
    return _out(row)


@everywhere.get(
    "",
    auth=Token(Scope.READ),
    url_name="action-items",
    response={200: list[ItemOfOut], **responses()},
)
def list_all_items(request: ApiRequest, asked: Annotated[ItemsIn, Query()]) -> list[ItemOfOut]:
    """The items of all incidents that the token's owner may see, 50 by 50, what is due first."""
    person = person_of(request)
    opened = api.open_to(request, access.visible_to(person)).values("pk")
    rows = items.of(person, mine=asked.mine, overdue=asked.overdue, state=asked.state or "")
    rows = rows.filter(incident__in=opened)
    if asked.after:
        seen = ActionItem.objects.filter(incident__in=opened)
        rows = _behind(rows, seen.filter(pk=asked.after).first())
    return [
        ItemOfOut(incident=row.incident.ref, **_out(row).dict())
        for row in meanwhile.numbered(rows.select_related("incident", *_PEOPLE))[:PAGE]
    ]


def _behind(rows: QuerySet[ActionItem], last: ActionItem | None) -> QuerySet[ActionItem]:
    if last is None:
        said = "after: there is no such item."
        raise Problem(422, said, field="after", allowed="the id of the last item that you have")
    return rows.filter(Q(due_on__gt=last.due_on) | Q(due_on=last.due_on, pk__gt=last.pk))
