"""Handlers and subscribers that a test makes up for itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from audit import clockwork, outbox
from audit.models import Due


@pytest.fixture(autouse=True)
def _own_checkpoints(tmp_path: Path, settings: Any) -> None:
    """Verifying compares with what lies there: what tests of another folder left is not theirs."""
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "checkpoints")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it; what Andon registers is out of the way."""
    monkeypatch.setattr(clockwork, "_handlers", {})
    monkeypatch.setattr(clockwork, "_when_dead", [])
    monkeypatch.setattr(outbox, "_subscriptions", {})


@pytest.fixture
def due(registry: None) -> Callable[..., Due]:
    """Schedule work of a kind that does nothing, unless the test has registered it."""

    def schedule(kind: str = "test.nothing", **fields: Any) -> Due:
        if kind not in clockwork.kinds():
            clockwork.within_transaction(kind)(lambda _payload: None)
        key = fields.pop("key", f"{kind}:{Due.objects.count()}")
        # By the database's clock, which a schedule is told of as `after` alone.
        planned = fields.pop("due_at") if "due_at" in fields else None
        moment = planned if isinstance(planned, datetime) else None
        payload = fields.pop("payload", {})
        clockwork.schedule(kind, key=key, payload=payload, due_at=moment, **fields)
        if planned is not None and moment is None:
            Due.objects.filter(key=key).update(due_at=planned, planned_at=planned)
        return Due.objects.get(key=key)

    return schedule
