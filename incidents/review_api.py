"""The review of an incident by API: read it, write the next version, publish it as a second one."""

from datetime import datetime

from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import responses
from incidents import api, reviewform, reviews
from incidents.models import Incident, Review, ReviewVersion

router = Router(tags=["incidents"])
_MOST_VERSIONS = 100_000


class SectionOut(Schema):
    """One section of the form, with what was written last and the facts as they stood then."""

    key: str
    title: str
    asks: str
    needed: bool = Field(description="Something must stand here before it is published.")
    text: str = Field(description="Markdown.")
    facts: list[str]


class CauseOut(Schema):
    key: str
    title: str
    asks: str


class ReviewVersionOut(Schema):
    number: int
    causes: list[str] = Field(description="The keys of what contributed.")
    author: str = Field(description="A user name.")
    written_at: datetime
    sections: list[SectionOut]


class ReviewOut(Schema):
    demanded: bool = Field(description="The incident cannot be closed without one.")
    due_at: datetime | None
    late: bool
    stands: bool = Field(description="It is published, and nothing happened since.")
    published: int | None = Field(description="The number of the version that people read.")
    published_by: str | None = Field(description="A user name.")
    published_at: datetime | None
    last: ReviewVersionOut | None = Field(description="What was written last.")
    sections: list[SectionOut] = Field(description="The form.")
    causes: list[CauseOut] = Field(description="What may be named as having contributed.")


class ReviewIn(Sent):
    """The whole next version; a section that is left out is empty."""

    sections: dict[Text, Text] = Field(description="Markdown by the key of its section.")
    causes: list[Text] = Field(
        [], max_length=50, description="The keys of what contributed; one at least to publish it."
    )
    based_on: int = Field(
        ge=0, le=_MOST_VERSIONS, description="The number that you read; 0 for the first."
    )


def _sections(version: ReviewVersion | None) -> list[SectionOut]:
    return [
        SectionOut(
            key=each.key,
            title=each.title,
            asks=each.asks,
            needed=each.needed,
            text=version.sections.get(each.key, "") if version else "",
            facts=version.facts.get(each.key, []) if version else [],
        )
        for each in reviewform.current().sections
    ]


def _version(row: ReviewVersion) -> ReviewVersionOut:
    return ReviewVersionOut(
        number=row.number,
        causes=row.causes,
        author=row.author.username,
        written_at=row.written_at,
        sections=_sections(row),
    )


def _out(incident: Incident) -> ReviewOut:
    rows = Review.objects.select_related("published", "published_by")
    row = rows.filter(incident=incident).first()
    last = row.versions.select_related("author").first() if row else None
    stands = bool(row and row.stands)
    due_at = row.due_at if row else None
    return ReviewOut(
        demanded=reviews.is_demanded(incident),
        due_at=due_at,
        late=bool(due_at and due_at < timezone.now() and not stands),
        stands=stands,
        published=row.published.number if row and row.published else None,
        published_by=row.published_by.username if row and row.published_by else None,
        published_at=row.published_at if row else None,
        last=_version(last) if last else None,
        sections=_sections(None),
        causes=[
            CauseOut(key=each.key, title=each.title, asks=each.asks)
            for each in reviewform.current().causes
        ],
    )


def _found(incident: Incident, number: int) -> ReviewVersion:
    rows = ReviewVersion.objects.filter(review__incident=incident, number=number)
    row = rows.select_related("author").first()
    if row is None:
        raise api.no_such("version")
    return row


@router.get(
    "/{ref}/review",
    auth=Token(Scope.READ),
    url_name="review",
    response={200: ReviewOut, **responses(404)},
)
def get_review(request: ApiRequest, ref: str) -> ReviewOut:
    """How the review stands, what was written last, and the form."""
    return _out(api.get(request, ref))


@router.post(
    "/{ref}/review",
    auth=Token(Scope.RESPOND),
    url_name="review",
    response={201: ReviewVersionOut, **responses(404, 409)},
)
def write_review(request: ApiRequest, ref: str, body: ReviewIn) -> Status[ReviewVersionOut]:
    """Write the next version; the ones before stay. 409 if somebody wrote one meanwhile."""
    incident = api.get(request, ref, to="contribute")
    known = {each.key: "sections" for each in reviewform.current().sections}
    with api.refusing(reviews.Refused, body, **known):
        row = reviews.write(
            incident,
            body.sections,
            causes=body.causes,
            based_on=body.based_on,
            actor=actor_of(request),
        )
    return Status(201, _version(row))


@router.get(
    "/{ref}/review/versions/{version}",
    auth=Token(Scope.READ),
    response={200: ReviewVersionOut, **responses(404)},
)
def get_review_version(request: ApiRequest, ref: str, version: int) -> ReviewVersionOut:
    """One version as it was written."""
    return _version(_found(api.get(request, ref), version))


@router.post(
    "/{ref}/review/versions/{version}/publish",
    auth=Token(Scope.RESPOND),
    response={200: ReviewOut, **responses(404, 409)},
)
def publish_review(request: ApiRequest, ref: str, version: int) -> ReviewOut:
    """Publish what was written last, as a second person who manages the incident."""
    incident = api.get(request, ref, to="manage")
    with api.refusing(reviews.Refused):
        reviews.publish(_found(incident, version), actor=actor_of(request))
    return _out(incident)
