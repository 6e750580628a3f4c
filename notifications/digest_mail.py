"""How a digest looks as a mail: text and HTML of the same, nothing loaded from elsewhere."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from notifications import channels, leaving, ways
from notifications.digesting import Contents
from notifications.models import Digest


def message(digest: Digest, address: str, contents: Contents) -> channels.Message:
    """Return one digest as a mail; its key is that of the person and the day at each attempt."""
    base, person = settings.ENVIRONMENT.url, digest.person
    leave = f"{base}{reverse('unsubscribe', args=[leaving.from_digest(person)])}"
    title = _("Digest of %(day)s") % {"day": digest.day.isoformat()}
    period = said_period(person, digest.since, digest.until)
    mine = f"{base}{reverse('digest')}"
    context = {"title": title, "period": period, "contents": contents}
    html = render_to_string(
        "notifications/digest_mail.html", context | {"base": base, "mine": mine, "leave": leave}
    )
    end = [_("Change when it is sent:"), mine, _("Send no more of them:"), leave]
    return channels.Message(
        key=f"digest-{person.pk}-{digest.day.isoformat()}",
        address=address,
        secret="",
        thread=f"digest:{person.pk}",
        subject=f"[Andon] {title}",
        text="\n".join([title, period, "", *_lines(contents, base), *end, ""]),
        data={},
        html=html,
        unsubscribe=leave,
    )


def _lines(contents: Contents, base: str) -> Iterator[str]:
    if contents.empty:
        yield from (_("Nothing happened."), "")
    for section in contents.sections:
        if section.lines:
            yield section.title
            for line in section.lines:
                yield f"- {line.name}: {line.words}"
                yield f"  {base}{line.path}"
            if section.more:
                yield "- " + _("and %(n)s more") % {"n": section.more}
            yield ""
    if contents.figures:
        yield from (_("Figures"), *(f"- {line}" for line in contents.figures))
        yield from (f"  {base}{reverse('incidents:leadership')}", "")
    if contents.counts:
        yield from (_("Open now"), *(f"- {line}" for line in contents.counts), "")


def said_period(person: User, since: datetime, until: datetime) -> str:
    """Return from when to when, in UTC and by the clock of its reader."""
    zone = ways.zone_of(person)
    utc = f"{since:%Y-%m-%d %H:%M} – {until:%Y-%m-%d %H:%M} UTC"
    if zone.key == "UTC":
        return utc
    begins, ends = since.astimezone(zone), until.astimezone(zone)
    return f"{utc} ({begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M} {zone.key})"
