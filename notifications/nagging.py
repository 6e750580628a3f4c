"""Remind people of reviews that are due, and of what is to be done after an incident. By e-mail."""

from typing import Any

from accounts.models import User
from incidents import access, roles
from incidents.access import Level
from incidents.models import ActionItem, Incident, Review, Role
from notifications import doorbell

# Whoever answers for a review, the first who is there.
_ANSWERS = (Role.COMMANDER, Role.DEPUTY, Role.PRIVACY)


def tell_of_review(event: dict[str, Any]) -> None:
    """A review is due, or overdue: those who lead the incident hear of it."""
    review = Review.objects.select_related("incident").get(pk=event["review"])
    if review.stands:
        return
    ahead = event.get("ahead", event["number"] == 0)
    said = "its review is due" if ahead else "its review is overdue"
    doorbell.ring(
        _leading(review.incident),
        review.incident,
        key=f"review-{review.pk}-{event['number']}",
        subject=said.removeprefix("its "),
        said=f"{said}: {review.due_at:%Y-%m-%d %H:%M} UTC. A second person must publish it.",
    )


def tell_of_item(event: dict[str, Any]) -> None:
    """Somebody was given an action item."""
    item, person = _item(event), User.objects.get(pk=event["person"])
    if item.state == ActionItem.State.OPEN and item.owner == person:
        key = f"item-{item.pk}-given-{event['person']}-{item.history.count()}"
        _ring(item, key=key, subject="an action item is yours")


def remind_of_item(event: dict[str, Any]) -> None:
    """An action item is still open: its owner hears of it each week."""
    item = _item(event)
    if item.state == ActionItem.State.OPEN:
        late = "is overdue" if item.is_overdue else "is open"
        key = f"item-{item.pk}-{event['number']}"
        _ring(item, key=key, subject=f"an action item of yours {late}")


def _item(event: dict[str, Any]) -> ActionItem:
    return ActionItem.objects.select_related("incident", "owner").get(pk=event["item"])


def _ring(item: ActionItem, *, key: str, subject: str) -> None:
    sees = access.may(item.owner, Level.VIEW, item.incident)
    # Who may not see it any more cannot do it either: whoever leads must give it to somebody else.
    people = [item.owner] if sees else _leading(item.incident)
    said = f"{subject}, due {item.due_on}. It stands on the review of the incident."
    doorbell.ring(people, item.incident, key=key, subject=subject, said=said)


def _leading(incident: Incident) -> list[User]:
    held = (roles.holder(incident, role) for role in _ANSWERS)
    seeing = [each for each in held if each and access.may(each, Level.VIEW, incident)]
    return seeing[:1]
