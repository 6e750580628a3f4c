"""What every page's template may use. Lazy: a fragment that shows none of it costs no query."""

import functools
import tomllib
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from audit import engine_views, overdue
from audit.models import EngineBeat
from incidents import leading, record
from notifications import access as rota_access
from programs import summary

_SECTIONS = (
    "incidents",
    "runbooks",
    "programs",
    "audit",
    "report",
    "profile",
    "receipts",
    "on-call",
    "leadership",
    "policies",
    "thresholds",
    "severity",
)


@functools.cache
def version() -> str:
    """The version of Andon that runs, from the one place that states it."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def house(request: HttpRequest) -> dict[str, Any]:
    return {
        "version": version(),
        "section": _section(request.path),
        "standstill": SimpleLazyObject(lambda: _standstill(request)),
        "engine": SimpleLazyObject(_engine),
        "reads_the_record": SimpleLazyObject(lambda: _reads_the_record(request)),
        "reads_rotas": SimpleLazyObject(lambda: _reads_rotas(request)),
        "leads": SimpleLazyObject(lambda: _leads(request)),
        "tends_the_engine": SimpleLazyObject(lambda: _tends_the_engine(request)),
    }


def _section(path: str) -> str:
    first = path.strip("/").partition("/")[0]
    if not first:
        return "board"
    # Two pages about one thing, as different apps have them.
    first = "audit" if first == "record" else first
    return first if first in _SECTIONS else ""


def _standstill(request: HttpRequest) -> dict[str, int]:
    user = request.user
    return summary.standstill(user) if user.is_authenticated else {}


def _engine() -> dict[str, Any]:
    last = EngineBeat.objects.aggregate(last=Max("ticked_at"))["last"]
    return {
        "is_silent": last is None or timezone.now() - last > overdue.SILENT_AFTER,
        "last_beat": last,
    }


def _reads_the_record(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and record.may_read(user)


def _tends_the_engine(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and engine_views.may_tend(user)


def _leads(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and leading.may_lead(user)


def _reads_rotas(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and rota_access.may_read(user)
