"""Tags that every template has: how long something lasted or takes. They decide nothing."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

register = template.Library()
# A number and its unit stay on one line.
_HELD = "\N{NO-BREAK SPACE}"


@register.simple_tag
def lasting(since: datetime | None, until: datetime | None = None) -> str:
    """How long something lasted; JavaScript counts on where it has no end yet."""
    if since is None:
        return ""
    words = spell((until or timezone.now()) - since)
    if until:
        return format_html("{}", words)
    return format_html(
        '<span data-since="{}">{}</span>',
        since.astimezone(UTC).isoformat(timespec="seconds"),
        words,
    )


@register.filter
def spell(span: timedelta | None) -> str:
    """A length of time in its two largest units: "under 1 s", "4 min", "12 h 5 min", "3 d 4 h"."""
    if span is None:
        return ""
    seconds = max(int(span.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days >= 2:
        said = _("%(d)s d %(h)s h") % {"d": days, "h": hours % 24}
    elif hours:
        said = _("%(h)s h %(m)s min") % {"h": hours, "m": minutes % 60}
    elif minutes:
        said = _("%(m)s min") % {"m": minutes}
    elif seconds:
        said = _("%(s)s s") % {"s": seconds}
    else:
        # A nought would read as if nothing had been measured.
        said = _("under 1 s")
    return said.replace(" ", _HELD)


@register.filter
def seconds_between(end: datetime | None, start: datetime | None) -> str:
    """From start to end in seconds with two places, for what takes a few of them."""
    if end is None or start is None:
        return ""
    return formats.number_format((end - start).total_seconds(), 2)


@register.filter
def in_seconds(milliseconds: int | None) -> str:
    """Milliseconds as seconds with two places."""
    return "" if milliseconds is None else formats.number_format(milliseconds / 1000, 2)


@register.filter
def short_seconds(milliseconds: int) -> str:
    """Milliseconds for the foot of a bar: "20 ms", "0.5 s", "1000 s"."""
    if milliseconds < 100:
        return _("%(n)s ms") % {"n": milliseconds}
    return _("%(n)s s") % {"n": formats.number_format(milliseconds / 1000).rstrip("0").rstrip(".,")}


@register.filter
def clearly_after(later: datetime, earlier: datetime) -> bool:
    """True if something was written down more than a minute after it happened."""
    return later - earlier > timedelta(minutes=1)
