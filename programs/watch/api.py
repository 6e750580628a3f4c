"""Who may read a dataset by API: declare the audience, and send what a store says."""

from datetime import datetime
from typing import Literal

from ninja import Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, of_refusal, responses
from programs import access, api
from programs.models import Dataset, DeclaredAudience, Snapshot, WatchSource
from programs.watch import audience, declaring, looking, standing

router = Router(tags=["programs"])
Name = Text


class AudienceIn(Sent):
    """Who is meant to read, by the names that the store uses."""

    people: list[Name] = Field(default_factory=list, max_length=audience.MOST_NAMES)
    teams: list[Name] = Field(default_factory=list, max_length=audience.MOST_NAMES)
    roles: list[Name] = Field(default_factory=list, max_length=audience.MOST_NAMES)
    most: int | None = Field(None, ge=0, le=declaring.MOST_READERS)
    reason: Text = Field(max_length=declaring.LONGEST_REASON)


class AudienceOut(Schema):
    """One version of a declared audience."""

    version: int
    people: list[str]
    teams: list[str]
    roles: list[str]
    most: int | None
    reason: str
    declared_by: str
    declared_at: datetime


class ReaderIn(Sent):
    """A right of a principal, or that it is in a group, or both."""

    principal: Text = Field(max_length=200)
    kind: Literal["account", "group", "everyone", "outside"] | None = None
    group: Text = Field("", max_length=200)
    grant: Text = Field("", max_length=200, description="What lets it read, in words.")


class ReadersIn(Sent):
    """Who may read: a list, or the document of the store for a source of another kind."""

    readers: list[ReaderIn] | None = None
    complete: bool = Field(True, description="False: not all was seen, so it is never clean.")
    gaps: list[Text] = Field(default_factory=list, max_length=50)
    has_data: bool | None = Field(
        None, description="Whether data lie there; unknown counts as yes."
    )
    document: str | None = Field(None, description="For POSIX and buckets: the text to be read.")


class LookOut(Schema):
    """What a look found. Only what is `clean` was seen as a whole, lately, and is as declared."""

    source: str
    taken_at: datetime
    state: str
    clean: bool
    readers: int
    excess: int
    over: int
    near_miss: bool
    digest: str
    gaps: list[str]
    overdue_since: datetime | None = Field(
        None, description="Since when a newer list is owed; it is not clean until one is sent."
    )


def _dataset(request: ApiRequest, slug: str, dataset: str, *, runs: bool) -> Dataset:
    program, person = api.get(request, slug), person_of(request)
    if not access.sees_machines(person, program):
        raise Problem(403, "Only responders and the program's owner may see who reads its data.")
    if runs and not access.may_run(person, program):
        raise Problem(403, "Only who runs the program may do this.")
    row = program.datasets.filter(slug=dataset.replace("\0", " ")).first()
    if row is None:
        raise Problem(404, f"There is no dataset {dataset!r}.", field="dataset")
    return row


def _audience(row: DeclaredAudience) -> AudienceOut:
    names = ("version", "people", "teams", "roles", "most", "reason", "declared_at")
    return AudienceOut(declared_by=row.declared_as, **{name: getattr(row, name) for name in names})


def _look(row: Snapshot, *, overdue_since: datetime | None = None) -> LookOut:
    names = ("taken_at", "state", "readers", "excess", "over", "gaps")
    return LookOut(
        source=row.source.name,
        clean=row.is_clean and overdue_since is None,
        overdue_since=overdue_since,
        near_miss=row.is_near_miss,
        digest=row.listed_id or "",
        **{name: getattr(row, name) for name in names},
    )


@router.get(
    "/{slug}/datasets/{dataset}/audience",
    auth=Token(Scope.READ),
    response={200: AudienceOut, **responses(404)},
)
def get_audience(request: ApiRequest, slug: str, dataset: str) -> AudienceOut:
    """Who is meant to read a dataset now."""
    row = declaring.current(_dataset(request, slug, dataset, runs=False))
    if row is None:
        raise Problem(404, f"Nobody declared an audience of {dataset!r}.", field="dataset")
    return _audience(row)


@router.put(
    "/{slug}/datasets/{dataset}/audience",
    auth=Token(Scope.ATTEST),
    response={200: AudienceOut, **responses(404, 409)},
)
def declare_audience(request: ApiRequest, slug: str, dataset: str, body: AudienceIn) -> AudienceOut:
    """Declare anew who is meant to read a dataset. For whoever runs the program."""
    row = _dataset(request, slug, dataset, runs=True)
    terms = declaring.Terms(body.people, body.teams, body.roles, body.most)
    try:
        made = declaring.declare(row, terms, reason=body.reason, actor=actor_of(request))
    except declaring.Refused as refusal:
        raise of_refusal(refusal) from refusal
    return _audience(made)


@router.get(
    "/{slug}/datasets/{dataset}/looks",
    auth=Token(Scope.READ),
    response={200: list[LookOut], **responses(404)},
)
def list_looks(request: ApiRequest, slug: str, dataset: str) -> list[LookOut]:
    """The last look at each source of a dataset."""
    found = standing.of(_dataset(request, slug, dataset, runs=False))
    return [_look(each.last, overdue_since=each.overdue_since) for each in found if each.last]


@router.post(
    "/{slug}/datasets/{dataset}/sources/{source}/looks",
    auth=Token(Scope.ATTEST),
    response={200: LookOut, **responses(404, 409)},
)
def send_readers(
    request: ApiRequest, slug: str, dataset: str, *, source: int, body: ReadersIn
) -> LookOut:
    """Send who may read a store that Andon does not look at by itself; it is compared at once."""
    row = _dataset(request, slug, dataset, runs=True)
    kept = row.watch_sources.select_related("dataset__program").filter(pk=source).first()
    if kept is None:
        raise Problem(404, f"There is no source {source}.", field="source")
    field = "readers" if kept.kind == WatchSource.Kind.LIST else "document"
    try:
        found = looking.receive(kept, _text(kept, body, field), actor=actor_of(request))
    except looking.Unreadable as refusal:
        raise Problem(422, str(refusal), field=field) from refusal
    except looking.Refused as refusal:
        raise Problem(409, str(refusal)) from refusal
    return _look(found)


def _text(kept: WatchSource, body: ReadersIn, field: str) -> bytes:
    other = "document" if field == "readers" else "readers"
    if kept.is_pulled or getattr(body, field) is not None and getattr(body, other) is None:
        if body.document is not None:
            return body.document.encode("utf-8", "surrogatepass")
        return body.model_dump_json(exclude={"document"}, exclude_none=True).encode()
    allowed = f"{field} alone, for a source of kind {kept.kind}"
    raise Problem(422, f"{field}: give {allowed}.", field=field, allowed=allowed)
