"""The one Celery task: look at row N. It decides nothing."""

import uuid

from celery import shared_task

from audit import clockwork


@shared_task(name="andon.run_due")
def run_due(pk: int, token: str) -> bool:
    """Handle a due row if the claim still holds. Running it twice is harmless."""
    return clockwork.run(pk, uuid.UUID(token))
