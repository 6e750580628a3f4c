"""Tags that every template has: times, severity, states, icons. They render and decide nothing."""

import functools
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from config.prose import to_html
from severity.ladder import Sev

register = template.Library()
# Whoever knows a group of four knows who of them it is.
_FEW = 5
# What is kept rendered is no longer than this, in characters.
_SHORT = 1000
# A number and its unit stay on one line.
_HELD = "\N{NO-BREAK SPACE}"
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d\b(?: \d\d:\d\d(?: UTC)?)?")

# One bar for each step up the ladder, so that the shape alone tells the level.
_BARS = [
    f"M{x} {10 - height}h2v{height}h-2z" for x, height in ((0, 2), (3, 4), (6, 6), (9, 8), (12, 10))
]


@register.simple_tag
@functools.cache
def icon(name: str) -> SafeString:
    """An icon beside words that say the same: hidden from screen readers."""
    return mark_safe(lucide(name, size=None, **{"class": "icon", "aria-hidden": "true"}))  # noqa: S308


@register.simple_tag
def prose(text: str) -> SafeString:
    """What somebody wrote as Markdown; see config.prose for what it may hold."""
    return _prose(text) if len(text) <= _SHORT else mark_safe(to_html(text))  # noqa: S308


# The steps of a runbook are the same words in every incident.
@functools.lru_cache(maxsize=512)
def _prose(text: str) -> SafeString:
    return mark_safe(to_html(text))  # noqa: S308


@register.simple_tag
def moment(value: datetime | None, style: str = "") -> SafeString:
    """A time in the reader's zone, named. Unless "plain", JavaScript adds how long ago that was."""
    if value is None:
        return SafeString("")
    zone, year = timezone.get_current_timezone_name(), timezone.localtime().year
    return _moment(value, style != "plain", zone, year, get_language())


# A page that stands open shows the same moments every few seconds, and many of them.
@functools.lru_cache(maxsize=8192)
def _moment(value: datetime, ago: bool, *_where: object) -> SafeString:
    """As the reader's zone, their year and their language have it: what the rest names."""
    local = _local(value)
    return format_html(
        '<time datetime="{}" title="{}"{}>{} {}</time>',
        value.astimezone(UTC).isoformat(timespec="seconds"),
        _both(value, local),
        mark_safe(" data-ago") if ago else "",
        _day_and_hour(local),
        local.tzname(),
    )


def _local(value: datetime) -> datetime:
    try:
        return timezone.localtime(value)
    # At the ends of the calendar: whatever a machine said, the page about it must be shown.
    except OverflowError:
        return value.astimezone(UTC)


def _day_and_hour(local: datetime) -> str:
    this_year = local.year == timezone.localtime().year
    day = f"{local.day} {MONTHS_3[local.month].title()}"
    return f"{day} {local:%H:%M}" if this_year else f"{day} {local.year} {local:%H:%M}"


@register.simple_tag
def day_or_hour(value: datetime) -> str:
    """When something is due, in large: the hour if that is today, else the day."""
    local = _local(value)
    if local.date() == timezone.localdate():
        return f"{local:%H:%M}"
    return f"{local.day}{_HELD}{MONTHS_3[local.month].title()}"


def _both(value: datetime, local: datetime) -> str:
    utc = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    same = local.utcoffset() == timedelta(0)
    return utc if same else f"{utc} / {local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


@register.simple_tag
def shown(value: Any) -> SafeString:
    """A value of whatever type for a reader: a time as a time, a list as words."""
    if isinstance(value, datetime):
        return moment(value, "plain")
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value) or "–"
    return format_html("{}", value)


@register.filter
def day(value: date) -> SafeString:
    """A day in ISO format: as a time it does not break over lines, which its hyphens would."""
    return format_html("<time>{}</time>", value.isoformat())


@register.filter
def held(text: str) -> SafeString:
    """Words that Andon wrote: their days and times do not break over lines."""
    return mark_safe(_MOMENT.sub(r'<span class="nowrap">\g<0></span>', escape(text)))  # noqa: S308


@register.filter
def few(number: int) -> str:
    """A count of people who must not be guessed at: 1 to 4 are told alike."""
    return _("fewer than 5") if 0 < number < _FEW else str(number)


@register.simple_tag
def sev(level: int, undetermined: bool = False, size: str = "") -> SafeString:
    """The badge of a level. While undetermined, the level that counts, dashed and in words."""
    filled = 5 - level
    badge = format_html(
        '<span class="sev sev--{}{}{}"><svg viewBox="0 0 14 10" aria-hidden="true">'
        '<path d="{}"/><path class="sev__rest" d="{}"/></svg>{}</span>',
        level,
        " sev--open" if undetermined else "",
        f" sev--{size}" if size else "",
        "".join(_BARS[:filled]),
        "".join(_BARS[filled:]),
        Sev(level).label,
    )
    if not undetermined:
        return badge
    said = _("undetermined, counts so") if size else _("undetermined")
    return format_html('{} <span class="muted small nowrap">{}</span>', badge, said)


@register.simple_tag
def severity(incident: Any, size: str = "") -> SafeString:
    """The badge of an incident."""
    return sev(incident.counts_as, incident.sev is None, size)


# Tone and shape of each state of a program, collector or incident. Red never stands against green.
_STATES = {
    "draft": ("", "○"),
    "approved": ("", "◇"),
    "collecting": ("ok", "●"),
    "resuming": ("warn", "◐"),
    "partly": ("warn", "◐"),
    "pausing": ("warn", "▲"),
    "paused_unproven": ("crit", "■"),
    "paused_proven": ("info", "❚❚"),
    "paused": ("info", "❚❚"),
    "retired": ("", "✕"),
    "acknowledged": ("info", "❚❚"),
    "expired": ("info", "◌"),
    "unknown": ("warn", "▲"),
    "violation": ("crit", "■"),
    "call_waiting": ("", "○"),
    "call_sent": ("warn", "▲"),
    "call_answered": ("warn", "◐"),
    "call_failed": ("crit", "■"),
    "confirmed": ("info", "❚❚"),
    "silent": ("crit", "■"),
    "never": ("", "○"),
    "control_missing": ("crit", "■"),
    "control_submitted": ("warn", "▲"),
    "control_approved": ("ok", "✓"),
    "control_rejected": ("crit", "✕"),
    "control_expired": ("crit", "◌"),
    "control_waived": ("info", "◐"),
    "control_not_needed": ("", "–"),
    "scan_off": ("", "○"),
    "scan_waiting": ("warn", "▲"),
    "scan_clean": ("ok", "✓"),
    "scan_found": ("crit", "■"),
    "legal_hold": ("info", "❚❚"),
    "damaged": ("crit", "✕"),
    "exposure_open": ("crit", "▲"),
    "exposure_closed": ("warn", "◐"),
    "exposure_verified": ("ok", "✓"),
    "look_clean": ("ok", "✓"),
    "look_exposed": ("crit", "▲"),
    "look_partial": ("warn", "◐"),
    "look_failed": ("warn", "■"),
    "look_old": ("warn", "▲"),
    "look_none": ("", "○"),
    "drift_open": ("crit", "▲"),
    "drift_fixed": ("warn", "◐"),
    "task_open": ("warn", "○"),
    "task_late": ("crit", "▲"),
    "task_done": ("ok", "✓"),
    "task_dropped": ("", "✕"),
    "planned": ("", "◇"),
    "running": ("warn", "▲"),
    "passed": ("ok", "✓"),
    "failed": ("crit", "■"),
    "missed": ("warn", "○"),
    "cancelled": ("", "✕"),
    "reported": ("crit", "▲"),
    "triaging": ("warn", "▲"),
    "active": ("warn", "●"),
    "contained": ("info", "❚❚"),
    "recovered": ("ok", "◐"),
    "in_review": ("", "◇"),
    "closed": ("", "✓"),
    "dismissed": ("", "✕"),
    "merged": ("", "✕"),
}


@register.simple_tag
def state(value: str, words: str) -> SafeString:
    """A state in words, with its shape and tone."""
    tone, shape = _STATES.get(value, ("", "○"))
    return format_html(
        '<span class="tag{}" data-shape="{}">{}</span>',
        f" tag--{tone}" if tone else "",
        shape,
        words,
    )
