"""The log of deliveries: every page, each attempt and what was answered. Reads only."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.functions import Function
from accounts.models import User
from incidents import access
from incidents.models import Incident
from notifications.models import Page, PageAttempt, Reply
from programs.models import StopOrder

PER_PAGE = 50
# By then whoever began an attempt has ended it, or was killed in the middle.
ENDS_WITHIN = timedelta(seconds=30)
State = Page.State
UNSENT = (State.PENDING, State.SENDING)
STATES = [
    *((state.value, state.label) for state in State),
    ("unsent", gettext_lazy("Has not left yet")),
    ("delayed", gettext_lazy("Delayed: many at once")),
    ("maybe", gettext_lazy("Sent, maybe twice")),
]


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for. `before` is the key of the last page already seen."""

    person: str = ""
    method: str = ""
    state: str = ""
    day: date | None = None
    before: int | None = None


@dataclass(frozen=True)
class Line:
    """One page with its attempts. `about` is a codename or a program; `incident` None if hidden."""

    page: Page
    tries: list[PageAttempt]
    state: str
    words: str
    about: str
    incident: Incident | None = None
    order: StopOrder | None = None

    @property
    def may_be_resent(self) -> bool:
        return self.page.about_id is None and self.page.state not in UNSENT


@dataclass(frozen=True)
class Found:
    lines: list[Line]
    # Where what is older begins; None at the end.
    before: int | None
    # What services said of what was sent: of one incident or stop alone, on its first page.
    replies: list[Reply] = field(default_factory=list)


def of_incident(incident: Incident, wanted: Wanted) -> Found:
    """Return deliveries of one incident, which its reader was let in to, newest first."""
    pages = Page.objects.filter(escalation__incident=incident)
    replies = Reply.objects.filter(escalation__incident=incident)
    return _with_replies(_found(pages, wanted), replies, wanted)


def of_stop(order: StopOrder, wanted: Wanted) -> Found:
    """Return deliveries of one stop, newest first."""
    replies = Reply.objects.filter(escalation__order=order)
    found = _found(Page.objects.filter(escalation__order=order), wanted)
    return _with_replies(found, replies, wanted)


def _with_replies(found: Found, replies: QuerySet[Reply], wanted: Wanted) -> Found:
    if wanted.before:
        return found
    return replace(found, replies=list(replies.select_related("connection", "person")[:PER_PAGE]))


def everywhere(user: User, wanted: Wanted) -> Found:
    """Return all deliveries, newest first. Of a hidden incident no more than what a page says.

    Raises:
        PermissionDenied: if the person does not run Andon.
    """
    if not user.is_any(Function.OPERATOR):
        raise PermissionDenied(_("Only operators may read all deliveries."))
    found = _found(Page.objects.all(), wanted)
    concerned = {line.incident.pk for line in found.lines if line.incident}
    visible = access.visible_to(user, named=True).filter(pk__in=concerned)
    seen = set(visible.values_list("pk", flat=True))
    return Found([_hidden(line, seen) for line in found.lines], found.before)


def unsure() -> list[User]:
    """Return whom pages may not reach: who has a function and no verified method, by name."""
    people = User.objects.filter(is_active=True, groups__name__in=Function.values)
    sure = Q(
        contact_methods__active=True,
        contact_methods__bounced_at=None,
        contact_methods__verified_at__isnull=False,
    )
    sure_ones = User.objects.filter(sure).values("pk")
    return list(people.exclude(pk__in=sure_ones).distinct().order_by("username"))


def _hidden(line: Line, seen: set[int]) -> Line:
    if line.incident is None or line.incident.pk in seen:
        return line
    return Line(line.page, line.tries, line.state, line.words, line.about)


def _found(pages: QuerySet[Page], wanted: Wanted) -> Found:
    tries = Prefetch("tries", PageAttempt.objects.order_by("number"))
    pages = pages.filter(_conditions(wanted)).select_related(
        "person", "room", "escalation__incident", "escalation__order__program"
    )
    # By key and not by offset: the log grows while somebody reads it.
    found = list(pages.prefetch_related(tries).order_by("-pk")[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    lines = [line_of(page) for page in shown]
    return Found(lines, shown[-1].pk if len(found) > PER_PAGE else None)


def line_of(page: Page) -> Line:
    """Return a page as a line, of rows that were read before."""
    tries, about = list(page.tries.all()), page.escalation
    state, words = _state(page, tries)
    if about.incident:
        return Line(page, tries, state, words, about.incident.codename, incident=about.incident)
    assert about.order
    return Line(page, tries, state, words, about.order.program.name, order=about.order)


_LOOKS = {
    State.SENT: "ok",
    State.FAILED: "crit",
    State.HELD: "warn",
    State.SENDING: "warn",
}


def _state(page: Page, tries: list[PageAttempt]) -> tuple[str, str]:
    open_since = [each.started_at for each in tries if each.ended_at is None]
    lost = bool(open_since) and open_since[0] < timezone.now() - ENDS_WITHIN
    if lost and page.state == State.SENT:
        return "warn", _("Sent, maybe twice")
    if lost:
        return "warn", _("%(state)s; an attempt has no end: sent, maybe") % {
            "state": page.get_state_display()
        }
    if page.state == State.PENDING and page.held_until:
        return "warn", _("Delayed: many at once")
    return _LOOKS.get(State(page.state), ""), page.get_state_display()


def _conditions(wanted: Wanted) -> Q:
    found = Q()
    if wanted.person:
        for word in wanted.person.split()[:5]:
            found &= (
                Q(person__username__icontains=word)
                | Q(person__first_name__icontains=word)
                | Q(person__last_name__icontains=word)
                | Q(room__name__icontains=word)
            )
    if wanted.method:
        found &= Q(method=wanted.method)
    if wanted.state:
        found &= _in_state(wanted.state)
    if wanted.day:
        midnight = timezone.make_aware(datetime.combine(wanted.day, time.min))
        found &= Q(created_at__gte=midnight, created_at__lt=midnight + timedelta(days=1))
    if wanted.before:
        found &= Q(pk__lt=wanted.before)
    return found


def _in_state(state: str) -> Q:
    if state == "unsent":
        return Q(state__in=UNSENT)
    if state == "delayed":
        return Q(state=State.PENDING, held_until__isnull=False)
    if state == "maybe":
        before = timezone.now() - ENDS_WITHIN
        lost = PageAttempt.objects.filter(page=OuterRef("pk"), ended_at=None, started_at__lt=before)
        return Q(Exists(lost))
    return Q(state=state)
