"""Whether this process lives, whether it can serve, and whether the engine ticks."""

from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import overdue

_PATIENCE_SECONDS = 0.5
_migrated: set[str] = set()


@login_not_required
@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """The pages can be served: the database answers and its tables are of this version."""
    parts = {"database": _database(), "redis": _redis()}
    # Redis is told of, not needed: without it the engine does the workers' part.
    status = 200 if parts["database"] == "ok" else 503
    return JsonResponse(parts, status=status)


@login_not_required
@require_safe
def engine(_request: HttpRequest) -> JsonResponse:
    """The engine ticks and checks, and nothing is overdue. For a monitor outside that pages."""
    try:
        seen = overdue.look(now=timezone.now())
    except DatabaseError:
        return JsonResponse({"engine": "unknown: the database does not answer"}, status=503)
    parts = {
        "engine": "silent" if seen.silent else "ticking",
        "seconds_since_tick": _seconds(seen.silent_for),
        "seconds_since_check": _seconds(seen.unchecked_for),
        "overdue": seen.overdue,
        "given_up": seen.dead,
    }
    return JsonResponse(parts, status=200 if seen.well else 503)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "behind: run migrate"
            # Migrations do not come undone while we run, and looking is slow.
            _migrated.add("all")
    except DatabaseError as error:
        return f"away: {type(error).__name__}"
    return "ok"


def _redis() -> str:
    if not settings.REDIS_URL:
        return "none: the engine does the workers' part"
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
        retry=None,
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return f"away: {type(error).__name__}"
    finally:
        client.close()
    return "ok"
