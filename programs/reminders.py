"""Say ahead of time that what was attested ends."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import clockwork, outbox
from programs import controlling
from programs.controlset import Control, ControlSet
from programs.models import Attestation, State

REMIND = "programs.remind_of_control"


def plan(row: Attestation, control: Control) -> None:
    """Have its end told of so many days ahead as the controls say, those that lie ahead."""
    assert row.good_until
    now = timezone.now()
    for days in ControlSet.current().reminder_days:
        due_at = row.good_until - timedelta(days=days)
        # What counts for a day is renewed every day, and needs none.
        if due_at > now and days < control.good_for_days:
            clockwork.schedule(
                REMIND,
                key=f"attestation:{row.pk}:ends-in:{days}",
                payload={"attestation": row.pk, "days": days},
                due_at=due_at,
            )


@transaction.atomic
def remind(payload: dict[str, Any]) -> None:
    """Tell of it, if it counts still and nothing newer does. Whoever hears of it sees to the rest.

    Args:
        payload: `attestation`, its key, and `days` until it ends.
    """
    row = Attestation.objects.select_related("program").get(pk=payload["attestation"])
    control = ControlSet.current().get(row.control)
    if control is None or row.program.state == State.RETIRED:
        return
    standing = controlling.standing(row.program, control)
    # One that waits for approval is no renewal yet.
    if standing.applies and standing.valid and standing.approved == row:
        outbox.publish(
            "program.control_ending",
            program=row.program_id,
            control=row.control,
            attestation=row.pk,
            days=payload["days"],
        )
