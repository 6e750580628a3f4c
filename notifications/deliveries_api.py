"""All deliveries by API, for those who run Andon."""

from datetime import date

from ninja import Query, Router, Schema
from pydantic import Field

from accounts.api import LARGEST_KEY, ApiRequest, Token, bound_to, person_of
from accounts.functions import Function
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents.forms.fields import FIRST_DAY, LAST_DAY
from notifications import deliveries
from notifications.api import PageOut, page_out
from notifications.deliveries import STATES, Line, Wanted
from notifications.models import Method

router = Router(tags=["deliveries"])
_STATES = [value for value, _label in STATES]


class Filter(Schema):
    person: str = Field("", max_length=100, description="Part of a name; of a room's too.")
    method: str = Field("", description=f"One of {', '.join(Method.values)}.")
    state: str = Field("", description=f"One of {', '.join(_STATES)}.")
    day: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)
    before: int | None = Field(
        None, ge=1, le=LARGEST_KEY, description="`before` of the last answer."
    )


class DeliveryOut(Schema):
    """One page. Of an incident that the reader may not see the codename alone is said."""

    id: int
    about: str
    incident: str | None
    program: str | None
    page: PageOut


class DeliveriesOut(Schema):
    deliveries: list[DeliveryOut]
    before: int | None = Field(description="Where what is older begins; null at the end.")


@router.get("", auth=Token(Scope.READ), response={200: DeliveriesOut, **responses()})
def list_deliveries(request: ApiRequest, wanted: Query[Filter]) -> DeliveriesOut:
    """Every page that was sent or tried, the newest first, fifty at once. For operators."""
    person = person_of(request)
    if not person.is_any(Function.OPERATOR) or bound_to(request):
        raise Problem(403, "Only operators may read all deliveries, by a token for all programs.")
    found = deliveries.everywhere(person, _checked(wanted))
    return DeliveriesOut(deliveries=[_out(line) for line in found.lines], before=found.before)


def _checked(wanted: Filter) -> Wanted:
    for name, allowed in (("method", Method.values), ("state", _STATES)):
        said = getattr(wanted, name)
        if said and said not in allowed:
            words = ", ".join(allowed)
            raise Problem(422, f"{name}: one of {words}.", field=name, allowed=words)
    if "\0" in wanted.person:
        raise Problem(422, "person: text without NUL characters.", field="person")
    return Wanted(wanted.person, wanted.method, wanted.state, wanted.day, wanted.before)


def _out(line: Line) -> DeliveryOut:
    return DeliveryOut(
        id=line.page.pk,
        about=line.about,
        incident=line.incident.ref if line.incident else None,
        program=line.order.program.slug if line.order else None,
        page=page_out(line.page, line.tries),
    )
