"""Action items: what is to be done after an incident, until somebody else has verified it.

The only module that writes ActionItem.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import access, itemsaid, timeline
from incidents.access import Level
from incidents.itemsaid import Said, Wanted
from incidents.models import ActionItem, Incident, Status, TimelineEntry
from programs.controlset import ControlSet

REMIND = "incidents.remind_of_item"
WEEK = timedelta(days=7)
MOST = 100
LONGEST_WHAT, LONGEST_TEST, LONGEST_WORD = 500, 500, 1000
SHORTEST_WORD = 10
LATEST = timedelta(days=2 * 366)
ENGINE = Actor.machine("engine")
State = ActionItem.State

# What became of these is seen to elsewhere, or was never needed.
_WITHOUT = (Status.DISMISSED, Status.MERGED)


class Refused(Exception):
    """This cannot be done to the item; the message names the field and what is allowed."""


@transaction.atomic
def add(incident: Incident, said: Said, *, actor: Actor) -> ActionItem:
    """Add an item; its owner is reminded each week until it is done or dropped.

    Raises:
        Refused: if the person may not, the owner may not see the incident, or a field is wrong.
    """
    incident = _allowed(incident, Level.CONTRIBUTE, actor)
    if incident.action_items.count() >= MOST:
        raise Refused(f"what: an incident has at most {MOST} action items.")
    _check(incident, said, may_be_past=False)
    item: ActionItem = history.create(
        ActionItem,
        actor=actor,
        incident=incident,
        what=said.what.strip(),
        kind=said.kind,
        owner=said.owner,
        due_on=said.due_on,
        control=said.control,
        test=said.test.strip(),
        added_by=actor.user,
    )
    _tell(item, "item.added", f"for {said.owner.name} until {said.due_on}", actor)
    outbox.publish("review.item_given", item=item.pk, person=said.owner.pk)
    _plan(item)
    return item


@transaction.atomic
def change(
    item: ActionItem, wanted: Wanted, *, actor: Actor, read: Mapping[str, str] | None = None
) -> ActionItem:
    """Change what an open item says, or whose it is; what it said before stays in the history.

    Two who change different parts at once both do.

    Args:
        read: what the person had read, see `itemsaid.merged`.

    Raises:
        Refused: as `add`, or if it is not open.
        meanwhile.Clash: if somebody changed the same part since `read`.
    """
    item = _locked(item, Level.CONTRIBUTE, actor)
    _refuse_unless(item, State.OPEN)
    # Of the row as it is under the lock: one read before would put back what another changed.
    stands = itemsaid.of(item)
    said = itemsaid.merged(stands, wanted, read)
    if itemsaid.plain(said) == itemsaid.plain(stands):
        return item
    _check(item.incident, said, may_be_past=said.due_on == item.due_on)
    given = item.owner != said.owner
    item.what, item.kind, item.owner = said.what.strip(), said.kind, said.owner
    item.due_on, item.control, item.test = said.due_on, said.control, said.test.strip()
    history.save(item, *itemsaid.NAMES, actor=actor)
    _tell(item, "item.changed", f"for {item.owner.name} until {item.due_on}", actor)
    if given:
        outbox.publish("review.item_given", item=item.pk, person=item.owner_id)
    return item


@transaction.atomic
def finish(item: ActionItem, word: str, *, actor: Actor) -> ActionItem:
    """Say that it is done; somebody else verifies it. Its owner does, or who manages the incident.

    Raises:
        Refused: if the person may not, says too little, or it is not open.
    """
    own = actor.user == item.owner
    item = _locked(item, Level.VIEW if own else Level.MANAGE, actor)
    _refuse_unless(item, State.OPEN)
    _say(item, word)
    item.state, item.done_by, item.done_at = State.DONE, actor.user, timezone.now()
    history.save(item, "state", "said", "done_by", "done_at", actor=actor)
    clockwork.cancel(prefix=_key(item))
    _tell(item, "item.done", "done, to be verified", actor)
    return item


@transaction.atomic
def verify(item: ActionItem, evidence: str, *, actor: Actor) -> ActionItem:
    """Say what shows that it is done, as neither its owner nor the one who said so.

    Raises:
        Refused: if the person may not, says too little, or it is not said to be done.
    """
    item = _locked(item, Level.CONTRIBUTE, actor)
    _refuse_unless(item, State.DONE)
    if actor.user in (item.owner, item.done_by):
        raise Refused("Another person verifies it: neither its owner nor who said it is done.")
    _say(item, evidence)
    _settle(item, State.VERIFIED, actor)
    _tell(item, "item.verified", "verified", actor)
    return item


@transaction.atomic
def reopen(item: ActionItem, reason: str, *, actor: Actor) -> ActionItem:
    """Say that it is not done after all; its owner is reminded again.

    Raises:
        Refused: if the person may not, says too little, or it is open.
    """
    item = _locked(item, Level.CONTRIBUTE, actor)
    if item.state == State.OPEN:
        raise Refused("It is open.")
    _say(item, reason)
    item.state = State.OPEN
    item.done_by = item.done_at = item.settled_by = item.settled_at = None
    # The next one has a number of its own: what was called off is never due once more.
    item.reminders += 1
    fields = ("state", "said", "done_by", "done_at", "settled_by", "settled_at", "reminders")
    history.save(item, *fields, actor=actor)
    _tell(item, "item.reopened", "open again", actor)
    _plan(item)
    return item


@transaction.atomic
def drop(item: ActionItem, reason: str, *, actor: Actor) -> ActionItem:
    """Say why it will not be done. Who manages the incident does.

    Raises:
        Refused: if the person may not, gives no reason, or it is settled.
    """
    # Also of an incident that turned out to be none, or another: nobody could end them otherwise.
    item = _locked(item, Level.MANAGE, actor, whatever_became=True)
    if item.state in (State.VERIFIED, State.DROPPED):
        raise Refused(f"It is {item.get_state_display().lower()} already.")
    _say(item, reason)
    _settle(item, State.DROPPED, actor)
    clockwork.cancel(prefix=_key(item))
    _tell(item, "item.dropped", "dropped", actor)
    return item


def _settle(item: ActionItem, state: ActionItem.State, actor: Actor) -> None:
    item.state, item.settled_by, item.settled_at = state, actor.user, timezone.now()
    history.save(item, "state", "said", "settled_by", "settled_at", actor=actor)


def _plan(item: ActionItem) -> None:
    clockwork.schedule(
        REMIND,
        key=f"{_key(item)}{item.reminders}",
        payload={"item": item.pk, "number": item.reminders},
        after=WEEK,
    )


def _key(item: ActionItem) -> str:
    return f"item:{item.pk}:remind:"


@transaction.atomic
def remind(item_pk: int, number: int) -> None:
    """Remind the owner of an open item and plan the next week. Once for each number."""
    pk = ActionItem.objects.values_list("incident", flat=True).get(pk=item_pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    item = ActionItem.objects.select_for_update(of=("self",)).get(pk=item_pk)
    if item.state != State.OPEN or item.reminders != number or incident.status in _WITHOUT:
        return
    item.reminders = number + 1
    history.save(item, "reminders", actor=ENGINE)
    outbox.publish("review.item_reminded", item=item.pk, number=number)
    _plan(item)


def of(
    user: User, *, mine: bool = False, overdue: bool = False, state: str = ""
) -> QuerySet[ActionItem]:
    """Return items of incidents that the person may know of, what is due first.

    Args:
        state: only those in it; without it those that are not settled.
    """
    seen = ActionItem.objects.filter(incident__in=access.visible_to(user).values("pk"))
    states = [state] if state else [State.OPEN, State.DONE]
    found = seen.filter(state__in=states).exclude(incident__status__in=_WITHOUT)
    if mine:
        found = found.filter(owner=user)
    if overdue:
        found = found.filter(state=State.OPEN, due_on__lt=timezone.now().date())
    return found.select_related("incident", "owner").order_by("due_on", "pk")


def _allowed(
    incident: Incident, level: Level, actor: Actor, *, whatever_became: bool = False
) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    # Items outlive the incident: one that is closed still has them to be done.
    if incident.status in _WITHOUT and not whatever_became:
        raise Refused(f"{incident.ref} is {incident.status}: its items can only be dropped.")
    if actor.user is None or not access.may(actor.user, level, incident):
        raise Refused(f"Only who may {level.label.lower()} here can do this.")
    return incident


def _locked(
    item: ActionItem, level: Level, actor: Actor, *, whatever_became: bool = False
) -> ActionItem:
    _allowed(item.incident, level, actor, whatever_became=whatever_became)
    rows = ActionItem.objects.select_for_update(of=("self",)).select_related("incident", "owner")
    return rows.get(pk=item.pk)


def _refuse_unless(item: ActionItem, state: ActionItem.State) -> None:
    if item.state != state:
        raise Refused(f"It is {item.get_state_display().lower()}.")


def _say(item: ActionItem, word: str) -> None:
    word = word.strip()
    if not SHORTEST_WORD <= len(word) <= LONGEST_WORD:
        raise Refused(f"said: say it in {SHORTEST_WORD} to {LONGEST_WORD} characters.")
    item.said = word


def _check(incident: Incident, said: Said, *, may_be_past: bool) -> None:
    today = timezone.now().date()
    if not 0 < len(said.what.strip()) <= LONGEST_WHAT:
        raise Refused(f"what: say what is to be done, in at most {LONGEST_WHAT} characters.")
    if len(said.test) > LONGEST_TEST:
        raise Refused(f"test: at most {LONGEST_TEST} characters are allowed.")
    if said.kind not in ActionItem.Kind.values:
        raise Refused(f"kind: one of {', '.join(ActionItem.Kind.values)}.")
    if not access.may(said.owner, Level.VIEW, incident):
        raise Refused(f"owner: {said.owner.name} may not see {incident.ref}; let them in first.")
    if not may_be_past and not today <= said.due_on <= today + LATEST:
        raise Refused("due_on: from today to two years ahead.")
    if said.control and ControlSet.current().get(said.control) is None:
        known = ControlSet.current().controls
        raise Refused(f"control: one of {', '.join(each.id for each in known)}.")


def _tell(item: ActionItem, act: str, said: str, actor: Actor) -> None:
    stream = trail.stream_of(item.incident)
    trail.record(act, item, actor=actor, stream=stream, remark=item.said, state=str(item.state))
    text = f"Action item “{item.what}”: {said}." + (f" {item.said}" if item.said else "")
    timeline.write(item.incident, TimelineEntry.Kind.REVIEW, text, actor=actor)
