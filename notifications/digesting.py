"""What a digest says: what happened in a period that its reader may know of. Reads only."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.functions import Function
from accounts.models import User
from audit import clockwork
from incidents import access, leading, leadtiles, spans, totals
from incidents.models import OVER, ActionItem, Incident, Review, Status, Task, TimelineEntry
from notifications import overseeing, ways
from notifications.models import News, Subscription
from programs import access as program_access
from programs.models import Program, StopOrder
from severity.ladder import Sev

MOST = 50
Kind = TimelineEntry.Kind


@dataclass(frozen=True)
class Line:
    """One thing: what it is called, what is said of it, and the path to read on."""

    name: str
    words: str
    path: str


@dataclass
class Section:
    title: str
    lines: list[Line] = field(default_factory=list)
    more: int = 0

    def add(self, line: Line) -> None:
        if len(self.lines) < MOST:
            self.lines.append(line)
        else:
            self.more += 1


@dataclass(frozen=True)
class Contents:
    """A digest. `counts` and `figures` are sentences; nothing in it names what is hidden."""

    sections: list[Section]
    counts: list[str]
    figures: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """True if nothing happened and nothing is late; what merely goes on is no news."""
        return not any(section.lines for section in self.sections)


def of(person: User, since: datetime, until: datetime) -> Contents:
    """Return what happened after `since` and up to `until`, and what is late now."""
    scope = _Scope(person, since, until)
    sections = [scope.opened(), scope.levels(), scope.stopped(), scope.updates(), scope.closed()]
    return Contents([*sections, scope.overdue()], scope.counts(), scope.figures())


class _Scope:
    """What one person's digest is about: what they may see, narrowed by what they chose."""

    def __init__(self, person: User, since: datetime, until: datetime) -> None:
        self.person, self.since, self.until = person, since, until
        chosen = Subscription.objects.filter(person=person, ended_at=None, in_digest=True)
        self.chosen = list(chosen)
        self.zone = ways.zone_of(person)
        seen = access.visible_to(person).filter(is_drill=False)
        # What merely waits is shown of all that is theirs; what happened by what it is about.
        self.mine = seen.filter(self._any(self.chosen)) if self.chosen else seen

    def _any(self, chosen: list[Subscription]) -> Q:
        found = Q(pk__in=[])
        for each in chosen:
            which = Q(counts_as__lte=each.mildest)
            found |= which & Q(program=each.program_id) if each.program_id else which
        return found

    def _open(self) -> QuerySet[Incident]:
        return self.mine.exclude(status__in=OVER)

    def _about(self, news: News) -> QuerySet[Incident]:
        if not self.chosen:
            return self.mine
        return self.mine.filter(self._any([each for each in self.chosen if news in each.about]))

    def _entries(self, kind: str, news: News) -> QuerySet[TimelineEntry]:
        found = TimelineEntry.objects.filter(
            kind=kind,
            recorded_at__gt=self.since,
            recorded_at__lte=self.until,
            incident__in=self._about(news),
        )
        return found.select_related("incident").order_by("recorded_at", "pk")

    def opened(self) -> Section:
        section = Section(_("Opened"))
        when = Q(reported_at__gt=self.since, reported_at__lte=self.until)
        for incident in self._about(News.OPENED).filter(when).order_by("counts_as", "number"):
            words = f"{incident.level.label}, {Status(incident.status).label}"
            section.add(_line(incident, f"{words}, {self._moment(incident.reported_at)}"))
        return section

    def levels(self) -> Section:
        section = Section(_("Level changed"))
        first: dict[int, int] = {}
        last: dict[int, tuple[Incident, int]] = {}
        for entry in self._entries(Kind.SEVERITY, News.LEVEL):
            was, now = entry.data.get("was"), entry.data.get("now")
            if was is not None and now is not None:
                first.setdefault(entry.incident_id, was)
                last[entry.incident_id] = (entry.incident, now)
        for pk, (incident, now) in last.items():
            if first[pk] != now:
                words = _("%(now)s, it was %(was)s")
                facts = {"now": Sev(now).label, "was": Sev(first[pk]).label}
                section.add(_line(incident, words % facts))
        return section

    def updates(self) -> Section:
        section = Section(_("Updates"))
        entries = list(self._entries(Kind.UPDATE, News.UPDATE).filter(supersedes=None))
        by_incident = {entry.incident_id: entry.incident for entry in entries}
        for pk, incident in by_incident.items():
            theirs = [entry for entry in entries if entry.incident_id == pk]
            if not access.may(self.person, access.Level.CONTRIBUTE, incident):
                theirs = [each for each in theirs if each.audience != each.Audience.RESPONDERS]
            if theirs:
                n = len(theirs)
                words = ngettext("%(n)s update", "%(n)s updates", n) % {"n": n}
                section.add(_line(incident, f"{words}, {self._moment(theirs[-1].recorded_at)}"))
        return section

    def closed(self) -> Section:
        section, told = Section(_("Over")), set()
        for entry in self._entries(Kind.STATUS, News.CLOSED):
            now = entry.data.get("now")
            if now in OVER and entry.incident_id not in told:
                told.add(entry.incident_id)
                words = str(Status(now).label)
                section.add(_line(entry.incident, f"{words}, {self._moment(entry.recorded_at)}"))
        return section

    def stopped(self) -> Section:
        section = Section(_("Collection stopped"))
        orders = StopOrder.objects.filter(
            program__in=self._programs(),
            drill_only=False,
            ordered_at__gt=self.since,
            ordered_at__lte=self.until,
        )
        for order in orders.select_related("program", "dataset").order_by("ordered_at"):
            name, program = order.program.name, order.program
            part = f"{name}, {order.dataset.name}" if order.dataset else name
            words = f"{self._moment(order.ordered_at)}: {self._proof(order)}"
            section.add(Line(part, words, reverse("programs:detail", args=[program.slug])))
        return section

    def _proof(self, order: StopOrder) -> str:
        if order.proven_at is None:
            return _("not proven")
        # As its page says it: most stops are proven within a second.
        spent = max(0.0, (order.proven_at - order.ordered_at).total_seconds())
        return _("proven after %(n)s s") % {"n": formats.number_format(spent, 2)}

    def _programs(self) -> QuerySet[Program]:
        seen = program_access.visible_to(self.person).filter(is_drill=False)
        about = [each for each in self.chosen if News.COLLECTION in each.about]
        if not self.chosen or any(each.program_id is None for each in about):
            return seen
        return seen.filter(pk__in=[each.program_id for each in about])

    def overdue(self) -> Section:
        section, now = Section(_("Overdue")), clockwork.now()
        late: dict[int, list[str]] = {}
        for incident in self._open().filter(next_update_at__lt=now):
            due = self._moment(incident.next_update_at)
            late.setdefault(incident.pk, []).append(_("update, due %(due)s") % {"due": due})
        for pk, n in self._counted(Task, state=Task.State.OPEN, due_at__lt=now):
            words = ngettext("%(n)s task", "%(n)s tasks", n) % {"n": n}
            late.setdefault(pk, []).append(words)
        for pk, _n in self._counted(Review, published=None, due_at__lt=now):
            late.setdefault(pk, []).append(_("review"))
        today = now.astimezone(self.zone).date()
        for pk, n in self._counted(ActionItem, state=ActionItem.State.OPEN, due_on__lt=today):
            words = ngettext("%(n)s action item", "%(n)s action items", n) % {"n": n}
            late.setdefault(pk, []).append(words)
        found = self.mine.filter(pk__in=list(late)).order_by("counts_as", "number")
        for incident in found:
            section.add(_line(incident, "; ".join(late[incident.pk])))
        return section

    def _counted(
        self, model: type[Task] | type[Review] | type[ActionItem], **which: object
    ) -> Iterator[tuple[int, int]]:
        rows = model._default_manager.filter(**which, incident__in=self.mine)
        yield from rows.values_list("incident").annotate(n=Count("pk"))

    def counts(self) -> list[str]:
        """How many are open, by level. Whoever leads also reads how many more there are."""
        named: Counter[int] = Counter(self._open().values_list("counts_as", flat=True))
        if not self.person.is_any(Function.EXECUTIVE):
            return [_by_level(level, named[level], 0) for level in sorted(named)]
        every = overseeing.open_by_level()
        return [
            _by_level(level, every[level], max(0, every[level] - named[level]))
            for level in sorted(every)
        ]

    def figures(self) -> list[str]:
        """For whoever leads: the figures of the whole UTC days of the period."""
        if not leading.may_lead(self.person):
            return []
        first = self.since.astimezone(UTC).date()
        last = self.until.astimezone(UTC).date() - timedelta(days=1)
        scope = totals.Scope(spans.Period(first, max(first, last)))
        return leadtiles.lines(leading.of(self.person, scope))

    def _moment(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        local = moment.astimezone(self.zone)
        there = "" if self.zone.key == "UTC" else f" ({local:%H:%M} {self.zone.key})"
        return f"{moment:%Y-%m-%d %H:%M} UTC{there}"


def _line(incident: Incident, words: str) -> Line:
    # The codename alone: mail is read by others.
    return Line(incident.codename, words, reverse("incidents:detail", args=[incident.number]))


def _by_level(level: int, n: int, unnamed: int) -> str:
    said = f"{Sev(level).label}: {n}"
    return said + _(", of which %(n)s are not named here") % {"n": unnamed} if unnamed else said
