"""The page of operations: does all of it run, what waits, how far the record is, what is backed up.

For operators. Counts only: it names no incident.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from audit import clockwork, engine_views, figures, overdue
from config.backup import proving
from notifications import checking
from notifications.deliveries import UNSENT
from notifications.models import Page, PageAttempt
from programs.models import GateProcess, Lease

DAY = timedelta(days=1)
# A backup that is older, or a restore that was proven longer ago, is worth a word.
OLD_BACKUP, OLD_PROOF = timedelta(days=1, hours=2), timedelta(days=31)
GATE_SEEN = timedelta(seconds=30)
MOST_STREAMS = 20
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True)
class Head:
    """The newest link of one chain of the record."""

    stream: str
    seq: int
    hash: str
    at: datetime | None


@dataclass(frozen=True)
class Record:
    """How far the record is. `heads` are those that were written to last."""

    streams: int
    entries: int
    heads: list[Head]


@require_safe
def operations(request: SignedInRequest) -> HttpResponse:
    """One look at all that must run."""
    if not engine_views.may_tend(request.user):
        raise PermissionDenied(_("Only operators see how Andon runs."))
    now = clockwork.now()
    backups = proving.standing()
    context = {
        "seen": overdue.look(now=now),
        "lateness": figures.lateness(since=now - timedelta(hours=1)),
        "waiting": sum(depth.due for depth in figures.depths(now=now)),
        "dead": figures.dead().count(),
        "queues": queues(),
        "gates": gates(now),
        "leases": Lease.objects.filter(revoked_at=None, expires_at__gt=now).count(),
        "deliveries": deliveries(now - DAY),
        "places": checking.places(),
        "record": record(),
        "backups": backups,
        "backup_is_old": backups.taken is None or now - backups.taken.at > OLD_BACKUP,
        "proof_is_old": backups.proven is None or now - backups.proven.at > OLD_PROOF,
    }
    return render(request, "operations.html", context)


def queues() -> list[tuple[str, int | None]]:
    """Return how many hints wait in each queue of Redis; None where it does not answer.

    A hint that is lost costs seconds and nothing else: what is due stands in the database.
    """
    if not settings.REDIS_URL:
        return []
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
        retry=None,
    )
    name = settings.CELERY_TASK_DEFAULT_QUEUE
    # As the workers' own client writes it there.
    key = f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{name}"
    try:
        return [(name, int(client.llen(key)))]
    except redis.RedisError:
        return [(name, None)]
    finally:
        client.close()


def gates(now: datetime) -> list[tuple[GateProcess, bool]]:
    """Return the gates seen within a day, and whether each is alive."""
    rows = GateProcess.objects.filter(seen_at__gt=now - DAY).order_by("-seen_at")
    return [(row, now - row.seen_at < GATE_SEEN) for row in rows]


def deliveries(since: datetime) -> dict[str, int]:
    """Return how many pages were tried since then, what nobody answered yet, what is unsent."""
    tried = PageAttempt.objects.filter(started_at__gt=since).aggregate(
        tries=Count("pk"),
        pages=Count("page", distinct=True),
        unanswered=Count("pk", filter=Q(ended_at=None)),
    )
    unsent = Page.objects.filter(state__in=UNSENT).count()
    return tried | {"unsent": unsent}


def record() -> Record:
    """Return how far the record is: a look, and no check of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(seq), 0)::bigint FROM audit_head")
        streams, entries = cursor.fetchone()
        cursor.execute(
            "SELECT e.stream, e.seq, e.hash, e.at FROM audit_entry e"
            " JOIN audit_head h ON h.stream = e.stream AND h.seq = e.seq"
            " ORDER BY e.at DESC LIMIT %s",
            [MOST_STREAMS],
        )
        heads = [Head(*row) for row in cursor]
    return Record(streams, entries, heads)
