"""The Celery tasks: look at row N, or at several. They decide nothing."""

import uuid
from collections.abc import Sequence

from celery import shared_task

from audit import bundles, clockwork


@shared_task(name="andon.run_due")
def run_due(pk: int, token: str) -> bool:
    """Handle a due row if the claim still holds. Running it twice is harmless."""
    return clockwork.run(pk, uuid.UUID(token))


@shared_task(name="andon.run_bundle")
def run_bundle(kind: str, taken: Sequence[tuple[int, str]]) -> None:
    """Handle several due rows of one kind, each if its claim still holds; twice is harmless."""
    bundles.run(kind, [(pk, uuid.UUID(token)) for pk, token in taken])
