"""/metrics for Prometheus.

Figures come from the database, so that any web process gives the same.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from audit import figures, overdue
from audit.models import Due, Finding
from config.backup import proving
from incidents.models import Incident
from notifications.models import Escalation, Page, PolicyGap, RotaGap
from programs.models import Lease, Program, StopOrder


class Figures(Collector):
    """What an operator's dashboard shows. Counts only, no names."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield from _engine()
        yield _by(
            "andon_incidents_open",
            "Open incidents by the level they count as",
            "level",
            {
                str(row["counts_as"]): row["n"]
                for row in Incident.objects.open()
                .order_by()
                .values("counts_as")
                .annotate(n=Count("pk"))
            },
        )
        yield _by(
            "andon_programs",
            "Programs by state",
            "state",
            {
                row["state"]: row["n"]
                for row in Program.objects.order_by().values("state").annotate(n=Count("pk"))
            },
        )
        unproven = StopOrder.objects.exclude(proof=StopOrder.Proof.PROVEN).count()
        yield GaugeMetricFamily("andon_stops_unproven", "Stop orders without proof", unproven)
        alive = Lease.objects.filter(revoked_at=None, expires_at__gt=now).count()
        yield GaugeMetricFamily("andon_leases_alive", "Leases that have not run out", alive)
        active = Escalation.objects.filter(state=Escalation.State.ACTIVE).count()
        yield GaugeMetricFamily(
            "andon_escalations_active", "Escalations nobody answered yet", active
        )
        unsent = Page.objects.filter(state__in=[Page.State.PENDING, Page.State.SENDING]).count()
        yield GaugeMetricFamily("andon_pages_unsent", "Pages that have not left", unsent)
        yield from _uncovered(now)
        yield from _backups(now)


def _uncovered(now: datetime) -> Iterator[Metric]:
    """As the engine found it within the hour: what is filled since then counts until it looks."""
    now_and_here = Q(over_at=None, starts_at__lte=now) & (Q(ends_at=None) | Q(ends_at__gt=now))
    rotas = RotaGap.objects.filter(now_and_here, rota__retired_at=None).values("rota").distinct()
    yield GaugeMetricFamily(
        "andon_rotas_uncovered", "Rotas in which nobody is on call now", rotas.count()
    )
    gaps = PolicyGap.objects.filter(now_and_here, policy__active=True)
    yield GaugeMetricFamily(
        "andon_policies_uncovered",
        "Policies of which no step reaches anybody now",
        gaps.values("policy").distinct().count(),
    )


def _backups(now: datetime) -> Iterator[Metric]:
    found = proving.standing()
    for name, words, known in (
        ("andon_backup_age_seconds", "Seconds since the last backup", found.taken),
        ("andon_restore_proven_age_seconds", "Seconds since a restore was proven", found.proven),
    ):
        age = (now - known.at).total_seconds() if known else -1
        yield GaugeMetricFamily(name, f"{words}; -1 if there was none", age)


def _engine() -> Iterator[Metric]:
    seen = overdue.look(now=timezone.now())
    silent = seen.silent_for.total_seconds() if seen.silent_for is not None else -1
    yield GaugeMetricFamily(
        "andon_engine_silent_seconds", "Seconds since an engine ticked; -1 if none ever did", silent
    )
    yield GaugeMetricFamily("andon_due_overdue", "Work late by more than a minute", seen.overdue)
    yield GaugeMetricFamily("andon_due_given_up", "Work given up in the last day", seen.dead)
    waiting = Due.objects.waiting().count()
    yield GaugeMetricFamily("andon_due_waiting", "Work that waits for its time", waiting)
    dead = figures.dead().count()
    yield GaugeMetricFamily("andon_due_dead", "Work given up that waits for an operator", dead)
    found = Finding.objects.filter(over_at=None).count()
    yield GaugeMetricFamily("andon_findings", "What the checks found and still is so", found)
    yield _lateness()


def _lateness() -> Metric:
    # Of the last hour: a gauge histogram, as it may fall as well as rise.
    late = figures.lateness(since=timezone.now() - timedelta(hours=1))
    bounds = [str(bar.below) if bar.below else "+Inf" for bar in late.bars]
    counts = accumulate(bar.count for bar in late.bars)
    return GaugeHistogramMetricFamily(
        "andon_due_lateness_seconds",
        "How late the work of the last hour was done",
        buckets=list(zip(bounds, counts, strict=True)),
        gsum_value=late.total,
    )


def _by(name: str, words: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family


@login_not_required
@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """Figures for who has the token. Without one set, they are shown only outside production."""
    if not _may_read(request.headers.get("Authorization", "")):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(header: str) -> bool:
    token = settings.ENVIRONMENT.metrics_token
    if not token:
        return not settings.ENVIRONMENT.production
    return hmac.compare_digest(header.encode(), f"Bearer {token}".encode())
