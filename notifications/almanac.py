"""Write shifts as a calendar that others subscribe to: iCalendar, all times in UTC. Reads only."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import icalendar
from django.conf import settings
from django.urls import reverse

from audit import clockwork
from notifications import access, oncall
from notifications.models import CalendarFeed, Rota
from notifications.rotation import Span

# As far as a calendar program shows; what was is kept for a while, or it would vanish there.
BEHIND, AHEAD = timedelta(days=31), timedelta(days=90)
# How often calendar programs are asked to read it anew.
EACH = timedelta(hours=1)


def of_feed(feed: CalendarFeed) -> bytes:
    """Return the shifts of a feed's rota, or its owner's own in all rotas, as iCalendar."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Andon//On-call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", feed.rota.name if feed.rota else "On-call")
    calendar.add("refresh-interval", EACH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    now = clockwork.now()
    for event in _events(feed, now):
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _events(feed: CalendarFeed, now: datetime) -> Iterator[icalendar.Event]:
    rotas = [feed.rota] if feed.rota else list(access.rotas_for(feed.owner))
    # From the beginning of a month on: what is cut off there keeps its name for that month.
    opens = (now - BEHIND).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    spans = oncall.between_all([rota.pk for rota in rotas], opens, now + AHEAD)
    named = {pk for found in spans.values() for span in found for pk in span.who}
    names = {person.pk: person.name for person in oncall.people(named)}
    for rota in rotas:
        for span in spans.get(rota.pk, []):
            who = [names[pk] for pk in span.who if pk in names]
            if feed.rota is None and feed.owner_id in span.who:
                yield _event(rota, span, f"On call: {rota.name}", now)
            # What was a gap, or was before there was a rota, troubles nobody any more.
            elif feed.rota is not None and (who or span.end > now):
                yield _event(rota, span, ", ".join(who) or "Gap: nobody is on call", now)


def _event(rota: Rota, span: Span, title: str, now: datetime) -> icalendar.Event:
    host = urlsplit(settings.ENVIRONMENT.url).hostname or "andon"
    who = "-".join(str(pk) for pk in span.who) or "nobody"
    event = icalendar.Event()
    # The same shift has the same name at each reading, or it would be there twice.
    event.add("uid", f"rota-{rota.pk}-{span.start:%Y%m%dT%H%M%SZ}-{who}@{host}")
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", span.start)
    event.add("dtend", span.end)
    event.add("summary", title)
    event.add("url", f"{settings.ENVIRONMENT.url}{reverse('rota', args=[rota.pk])}")
    # Nobody who is on call is busy for that.
    event.add("transp", "TRANSPARENT")
    return event
