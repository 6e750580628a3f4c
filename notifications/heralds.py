"""What the engine does for those who are told and not paged: subscribers, stakeholders."""

from typing import Any

from audit import clockwork, outbox
from audit.models import Due
from notifications import broadcasts, copies, digests, mailbox, telling
from notifications.models import Method

outbox.on("incident.reported", name="notifications.tell_of_report")(telling.opened)
outbox.on("incident.severity_set", name="notifications.tell_of_level")(telling.level_changed)
outbox.on("incident.updated", name="notifications.tell_of_update")(telling.updated)
for _over in ("closed", "dismissed", "merged"):
    outbox.on(f"incident.{_over}", name=f"notifications.tell_of_{_over}")(telling.over)


@outbox.on("program.paused", name="notifications.tell_of_pause")
def tell_of_pause(event: dict[str, Any]) -> None:
    telling.program_moved(event, "paused")


@outbox.on("program.resuming", name="notifications.tell_of_resuming")
def tell_of_resuming(event: dict[str, Any]) -> None:
    telling.program_moved(event, "resuming")


@outbox.on("program.collecting", name="notifications.tell_of_going_on")
def tell_of_going_on(event: dict[str, Any]) -> None:
    telling.program_moved(event, "collecting")


clockwork.outward(telling.SEND, way=Method.EMAIL)(telling.send)
clockwork.within_transaction(digests.PLAN)(digests.plan)
clockwork.outward(digests.SEND, way=Method.EMAIL)(digests.send)


@outbox.on("incident.broadcast_approved", name="notifications.hand_out_broadcast")
def hand_out_broadcast(event: dict[str, Any]) -> None:
    copies.hand_out(event["broadcast"], event["version"])


clockwork.outward(copies.SEND, way=Method.EMAIL)(copies.send)
# The next one is due a minute later, whatever becomes of this one.
clockwork.outward(mailbox.POLL, attempts=3)(mailbox.read)
copies.when_settled(broadcasts.settled)


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind == copies.SEND:
        copies.give_up(due.payload)
