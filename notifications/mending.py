"""What may have been lost of the paging, whatever lost it. Checks for audit.reconciling.

Mends through notifications.paging, and plans the step of a run anew.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat, Now

from audit import clockwork, reconciling, reviving
from audit.models import Due
from audit.reconciling import Found
from incidents.models import Incident, RuleFiring
from notifications import paging, reading, runs, sending, stepcalls
from notifications.models import Escalation, Page
from severity.vocabulary import Action

SEND = "notifications.send_page"
CALL = "notifications.call_hook"
# What was begun a moment ago is not lost.
SETTLED = timedelta(seconds=60)
MOST = 200


@reconciling.check("not paged")
def not_paged() -> Iterator[Found]:
    """Open incidents whose level demands that people are paged, and for which nobody ever was."""
    demanded = RuleFiring.objects.filter(
        incident=OuterRef("pk"),
        assessment=OuterRef("assessment"),
        action=Action.ESCALATE.value,
        state=RuleFiring.State.FIRED,
        fired_at__lt=Now() - SETTLED,
    )
    paged = Escalation.objects.filter(incident=OuterRef("pk"), level__lte=OuterRef("counts_as"))
    # Whom somebody paged by hand is not all whom the level demands.
    by_hand = Q(policy=None) & ~Q(snapshot__steps=[])
    answered = Q(acknowledged_at__gte=F("assessment__assessed_at"))
    lost = Incident.objects.open().filter(Exists(demanded), ~Exists(paged.exclude(by_hand)))
    for incident in lost.exclude(answered).order_by("counts_as", "-number")[:MOST]:
        opened = paging.open_for(incident.pk, by=_named(incident))
        if opened:
            yield Found(incident.ref, f"{incident.ref} was not paged for", mended=True)


def _named(incident: Incident) -> int | None:
    """The policy that a rule named for the level, if one did."""
    fired = incident.firings.filter(
        assessment=incident.assessment_id,
        action=Action.ESCALATE.value,
        state=RuleFiring.State.FIRED,
    )
    names = fired.exclude(name="").order_by("pk").values_list("name", flat=True)
    name = names.first()
    return int(name) if name else None


@reconciling.check("no next step")
def no_next_step() -> Iterator[Found]:
    """Escalations that page, rest or are looked after, and that nothing would take up again."""
    key = Concat(
        *(Value("escalation:"), Cast(OuterRef("pk"), CharField()), Value(":")),
        Cast(OuterRef("generation"), CharField()),
    )
    same = Due.objects.filter(key=key)
    answered = Q(acknowledged_at__isnull=False, incident__isnull=False)
    going_on = Escalation.objects.filter(Q(state=Escalation.State.ACTIVE) | answered)
    ripe = going_on.filter(next_due_at__lt=Now() - SETTLED)
    # A step that was given up is told of by itself, and tried again by a person.
    stuck = ripe.filter(~Exists(same.waiting()), ~Exists(same.filter(state=Due.State.DEAD)))
    for escalation in stuck.order_by("level", "pk")[:MOST]:
        waits = Due.objects.waiting().filter(key__startswith=f"escalation:{escalation.pk}:")
        if waits.exists():
            continue
        _plan_again(escalation)
        about = escalation.incident.ref if escalation.incident else f"stop {escalation.order_id}"
        yield Found(f"{escalation.pk}", f"the paging for {about} had no next step", mended=True)


def _plan_again(escalation: Escalation) -> None:
    begun = f"escalation:{escalation.pk}:{escalation.generation}"
    times = Due.objects.filter(key__startswith=begun).count()
    clockwork.schedule(
        runs.STEP if escalation.state == Escalation.State.ACTIVE else runs.LOOK,
        key=f"{begun}:again-{times}",
        payload={"escalation": escalation.pk, "generation": escalation.generation},
        priority=escalation.level,
    )


@reviving.when_tried_again
def make_ready(due: Due) -> None:
    """Let a page that could not be sent be sent after all, unless its escalation is over."""
    if due.kind == SEND:
        page = Page.objects.get(pk=due.payload["page"])
        # Whom it was for is left in peace, and the row is done. A word about a page that was sent
        # goes out whatever became of that.
        if page.about_id or not reading.why_over(page):
            sending.take_up_again(page.pk)
    elif due.kind in (CALL, stepcalls.SEND):
        raise reviving.Refused("Tell the other system again from the page of the stop or the step.")
