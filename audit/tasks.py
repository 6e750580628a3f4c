"""The Celery tasks: look at row N, or at several. They decide nothing."""

import uuid
from collections.abc import Sequence

from celery import shared_task
from celery.signals import worker_process_shutdown

from audit import beside, bundles, travelling


@shared_task(name="andon.run_due")
def run_due(pk: int, token: str) -> bool:
    """Handle a due row if the claim still holds. Running it twice is harmless."""
    return beside.run(pk, uuid.UUID(token))


@shared_task(name="andon.run_bundle")
def run_bundle(kind: str, taken: Sequence[tuple[int, str]]) -> None:
    """Handle several due rows of one kind, each if its claim still holds; twice is harmless."""
    bundles.run(kind, [(pk, uuid.UUID(token)) for pk, token in taken])


@worker_process_shutdown.connect
def wait_for_calls(**_: object) -> None:
    """Let calls end that are waited for beside: else another would make them once more."""
    travelling.finish()
    beside.finish()
