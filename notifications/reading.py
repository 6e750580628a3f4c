"""How the paging for an incident stands, for pages. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from incidents import access
from incidents.models import OVER, Incident
from notifications import deliveries, targets
from notifications.escalation import Plan
from notifications.models import Escalation, Page
from programs import access as program_access
from programs.models import StopOrder

# Nobody has answered these; the last two have ended without an answer.
UNANSWERED = (
    Escalation.State.ACTIVE,
    Escalation.State.EXHAUSTED,
    Escalation.State.NOBODY_NOTIFIED,
)

_PAGES = Prefetch(
    "pages",
    Page.objects.filter(about=None)
    .select_related("person", "room", "escalation__incident", "escalation__order__program")
    .prefetch_related("tries")
    .order_by("pk"),
)


_PEOPLE = ("acknowledged_by", "offered_to")


@dataclass(frozen=True)
class StepLine:
    """One step of the plan: whom it pages, how long after the one before, whether it was taken."""

    number: int
    who: str
    wait: timedelta
    is_taken: bool


@dataclass(frozen=True)
class Run:
    """One escalation with its plan and every page that it sent."""

    escalation: Escalation
    plan: Plan
    steps: list[StepLine]
    pages: list[deliveries.Line]


def runs(incident: Incident) -> list[Run]:
    """Every escalation of an incident, the newest first."""
    escalations = incident.escalations.select_related(*_PEOPLE).prefetch_related(_PAGES)
    return [_run(escalation) for escalation in escalations.order_by("-opened_at")]


def newest(incident: Incident) -> Run | None:
    """The escalation of an incident that counts: those before it are over."""
    found = incident.escalations.select_related(*_PEOPLE).order_by("-pk").first()
    return _run(found) if found else None


def who_is_on_it(incident: Incident) -> User | None:
    """Who answered the escalation that counts; None if nobody did, or there was none to answer."""
    found = incident.escalations.select_related("acknowledged_by").order_by("-pk").first()
    return found.acknowledged_by if found else None


def _run(escalation: Escalation) -> Run:
    plan = Plan.from_plain(escalation.snapshot)
    known = targets.names(target for step in plan.steps for target in step.targets)
    steps = []
    for number, step in enumerate(plan.steps):
        who = ", ".join(targets.called(target, known) for target in step.targets)
        is_taken = number < escalation.taken
        steps.append(StepLine(number + 1, who or _("nobody"), step.wait, is_taken))
    return Run(
        escalation, plan, steps, [deliveries.line_of(page) for page in escalation.pages.all()]
    )


def waits_for_an_answer(incident: Incident, user: User) -> bool:
    """True if somebody is being paged, this person is asked, or nobody ever said they are on it."""
    if incident.is_over:
        return False
    active = incident.escalations.filter(state=Escalation.State.ACTIVE)
    return incident.acknowledged_at is None or active.exists() or asks(incident, user)


def asks(incident: Incident, user: User) -> bool:
    """True if this person is to take over, or to say that they are still on it."""
    asked = Q(acknowledged_by=user, asked_at__isnull=False) | Q(offered_to=user)
    latest = incident.escalations.order_by("-pk").values("pk")[:1]
    return incident.escalations.filter(asked, pk__in=latest).exists()


def runs_of_stop(order: StopOrder) -> list[Run]:
    """Every escalation of a stop, the newest first."""
    escalations = order.escalations.select_related(*_PEOPLE).prefetch_related(_PAGES)
    return [_run(escalation) for escalation in escalations.order_by("-opened_at")]


def stop_waits_for_an_answer(order: StopOrder) -> bool:
    """True if somebody was paged for a stop and nobody has said that they are on it."""
    return order.escalations.filter(state__in=UNANSWERED, acknowledged_at=None).exists()


def why_over(page: Page, *, anew: bool = False) -> str:
    """Return why the escalation of a page takes no answer any more, or nothing.

    Args:
        anew: asked of another page to the same reader, that would be written now.
    """
    escalation = Escalation.objects.select_related("incident").get(pk=page.escalation_id)
    if _asks(page, escalation):
        return ""
    if escalation.acknowledged_at:
        if escalation.acknowledged_by is None:
            return _("This page was answered already.")
        who = escalation.acknowledged_by.name
        return _("This page was answered already by %(who)s.") % {"who": who}
    if escalation.incident and escalation.incident.is_over:
        return _("The incident is over. There is nothing left to answer.")
    # One that ended without an answer still takes one: the operators are paged just then.
    if escalation.state == Escalation.State.STOPPED or _is_overtaken(escalation):
        return _("This page is over. If somebody is needed now, newer pages say so.")
    if not anew and _was_taken_back(page, escalation):
        return _("You answered this page, and people are paged again since. A newer page takes it.")
    return ""


def _was_taken_back(page: Page, escalation: Escalation) -> bool:
    """True if the paged person answered after this page, and that was taken back.

    Else whoever sends once more what answered then would end what is paged anew.
    """
    if page.person_id is None or page.generation < 0:
        return False
    # By generations, as the clocks of those who write pages may differ.
    answers = escalation.history.filter(acknowledged_by=page.person_id)
    return bool(answers.filter(generation__gte=page.generation).exists())


def _asks(page: Page, escalation: Escalation) -> bool:
    """True if the paged person is to take over, or to say that they are still on it."""
    if escalation.incident is None or escalation.incident.is_over or _is_overtaken(escalation):
        return False
    # A room is nobody: where nobody is asked to take over, it must not be taken for them.
    if page.person_id is None:
        return False
    asked = escalation.asked_at is not None and escalation.acknowledged_by_id == page.person_id
    return asked or escalation.offered_to_id == page.person_id


def _is_overtaken(escalation: Escalation) -> bool:
    if escalation.incident is None:
        return False
    return escalation.incident.escalations.filter(pk__gt=escalation.pk).exists()


def unanswered(user: User) -> QuerySet[Escalation]:
    """Escalations without an answer, of open incidents and of stops that the person may see."""
    incidents = access.visible_to(user).exclude(status__in=OVER)
    theirs = program_access.whose_machines(user)
    stops = ~Q(order=None) if theirs is None else Q(order__program__in=theirs)
    return Escalation.objects.filter(
        Q(incident__in=incidents) | stops, state__in=UNANSWERED, acknowledged_at=None
    )


@dataclass(frozen=True)
class Unanswered:
    """`since` is when the oldest one was opened."""

    count: int
    since: datetime | None


def tally(user: User) -> Unanswered:
    opened = list(unanswered(user).order_by("opened_at").values_list("opened_at", flat=True))
    return Unanswered(len(opened), opened[0] if opened else None)
