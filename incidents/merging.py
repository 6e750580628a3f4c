"""Merge an incident into the one that it repeats. The only module that writes duplicate_of.

Nobody sees more than before: the one keeps its readers, the other its own. Nothing goes on that
stood still, and the stricter severity counts. What was demanded of the source is demanded of the
target: two people where it took two to call it milder, a review where one had to be written.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from incidents import (
    access,
    cord,
    duplicates,
    firing,
    handover,
    judgement,
    lifecycle,
    reviews,
    timeline,
    weighing,
)
from incidents.models import AccessGrant, Incident, RuleFiring, Status, TimelineEntry
from programs import pauses
from programs.models import Pause
from severity.ladder import Sev
from severity.vocabulary import Action

LONGEST_REASON = 500


class Refused(Exception):
    """The two cannot be merged; the message names the field or says what is in the way."""


@dataclass(frozen=True)
class Outlook:
    """What merging would do, said before it is done. `level` and `peak`: of the target then.

    `takes_two`: to lower it. `needs_review`, `needs_new_review`: it is demanded because of the
    source, and what was written of the target so far does not count.
    """

    target: Incident
    level: Sev
    peak: Sev
    rises: bool
    undetermined: bool
    takes_two: bool
    needs_review: bool
    needs_new_review: bool
    becomes_restricted: bool
    holds: list[str]
    moved: int
    aware_at: datetime | None


def find(user: User, number: int) -> Incident:
    """Return the open incident that a number leads to, if the person runs it.

    Raises:
        Refused: if there is none, or none that this person runs: one sentence for all.
    """
    found = access.visible_to(user).select_related("duplicate_of").filter(number=number).first()
    target = duplicates.final(found) if found else None
    if target is None or not access.may(user, AccessGrant.Level.MANAGE, target):
        raise Refused(nothing_there())
    return target


def nothing_there() -> str:
    """Say that a number leads to no incident that the person runs."""
    return _("into: you run no incident with this number.")


def outlook(source: Incident, target: Incident) -> Outlook:
    """Say what merging would do.

    Raises:
        Refused: if these two cannot be merged.
    """
    _refuse(source, target)
    level = Sev(min(source.counts_as, target.counts_as))
    rises = level < target.counts_as
    needs_review = reviews.is_demanded(source)
    mine, theirs = target.aware_at, source.aware_at
    is_earlier = theirs is not None and (mine is None or theirs < mine)
    holds = Pause.objects.in_force().filter(holder__in=duplicates.holders(source))
    return Outlook(
        target=target,
        level=level,
        peak=Sev(min(source.peak_sev, target.peak_sev)),
        rises=rises,
        undetermined=(source if rises else target).sev is None,
        takes_two=weighing.takes_two(source, target),
        needs_review=needs_review and not reviews.is_demanded(target),
        needs_new_review=needs_review and reviews.is_written(target),
        becomes_restricted=source.restricted and not target.restricted,
        holds=[
            duplicates.said_of(source, hold)
            for hold in holds.select_related("program", "dataset").order_by("since")
        ],
        moved=source.duplicates.count(),
        aware_at=theirs if is_earlier else None,
    )


@transaction.atomic
def merge(source: Incident, target: Incident, *, reason: str, actor: Actor) -> Incident:
    """End an incident as the repetition of another one; return that.

    Args:
        target: if it was merged itself, the one that it leads to is meant.
        reason: read by whoever sees either.

    Raises:
        Refused: if either is over, they are one, one is a drill and the other is not, a pause
            waits that the target does not bring about, the person does not run both, or something
            was merged into the source at the same moment.
    """
    source, target, moved = _lock(source, duplicates.final(target))
    _refuse(source, target)
    _refuse_stranger(actor, source, target)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(
            _("reason: say why they are the same, in at most %(n)s characters.")
            % {"n": LONGEST_REASON}
        )
    target = judgement.take_over(target, source, reason=reason, actor=actor)
    _refuse_waiting(source, target)
    _restrict(source, target, actor=actor)
    handover.legal(source, target, actor=actor)
    if reviews.is_demanded(source):
        reviews.ask_anew(target, actor=actor, why="it took in one that must be reviewed")
    _point([source, *moved], target, actor=actor, why=reason)
    lifecycle.move(source, Status.MERGED, actor=actor, reason=reason)
    if cord.needs_executive(target):
        for holder in duplicates.holders(target):
            pauses.demand_an_executive(holder, actor=actor)
    _say(source, target, reason=reason, actor=actor)
    reviews.begin(target.pk)
    return target


def _say(source: Incident, target: Incident, *, reason: str, actor: Actor) -> None:
    trail.record("incident.took_in", target, actor=actor, remark=reason, merged=source.pk)
    timeline.write(
        target,
        TimelineEntry.Kind.STATUS,
        # Without its number: not everybody here may know of it.
        _("Another report of this was merged into it. %(reason)s") % {"reason": reason},
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )


def _lock(source: Incident, target: Incident) -> tuple[Incident, Incident, list[Incident]]:
    """Lock and read anew the two, and what was merged into the source."""
    # All at once and in the order of their keys: two who merge must not wait for each other.
    rows = Incident.objects.select_for_update(no_key=True).order_by("pk")
    wanted = Q(pk__in=[source.pk, target.pk]) | Q(duplicate_of=source.pk)
    found = {row.pk: row for row in rows.filter(wanted)}
    # Who merges into the source locks it: from here on nothing is added to these.
    moved = list(source.duplicates.order_by("pk"))
    if not found.keys() >= {each.pk for each in moved}:
        said = _("Something was merged into %(ref)s at the same moment: look again, then merge.")
        raise Refused(said % {"ref": source.ref})
    return found[source.pk], found[target.pk], moved


def _refuse(source: Incident, target: Incident) -> None:
    if source.pk == target.pk:
        raise Refused(_("into: this leads back to %(ref)s itself.") % {"ref": source.ref})
    for each in (source, target):
        if each.is_over:
            said = _("into: %(ref)s is %(status)s; only open incidents are merged.")
            status = each.get_status_display().lower()
            raise Refused(said % {"ref": each.ref, "status": status})
    if source.is_drill != target.is_drill:
        raise Refused(_("into: one is a drill and the other is not."))
    if source.drill_scope or target.drill_scope:
        raise Refused(_("into: a planned drill ends by itself and is not merged."))


def _refuse_stranger(actor: Actor, *both: Incident) -> None:
    manage = AccessGrant.Level.MANAGE
    if actor.user is None or not all(access.may(actor.user, manage, each) for each in both):
        raise Refused(_("Only a person who runs both can merge them."))


def _refuse_waiting(source: Incident, target: Incident) -> None:
    """Refuse where a pause that waits would be put off or lost: what is over fires no rule."""
    open_ = RuleFiring.objects.filter(state__in=firing.OPEN, action=Action.PAUSE.value)
    for each in open_.filter(incident=source).select_related("program", "dataset"):
        same = open_.filter(incident=target, scope=each.scope)
        same = same.filter(program=each.program, dataset=each.dataset)
        if each.due_at:
            same = same.filter(due_at__lte=each.due_at)
        held = pauses.held_by(target.ref).filter(program=each.program, dataset=each.dataset)
        if not same.exists() and not (each.program_id and held.exists()):
            said = _("A rule waits to pause %(what)s: pause it, veto that, or wait; then merge.")
            if each.state == RuleFiring.State.ASKED:
                said = _("A rule asks whether to pause %(what)s: agree or veto that; then merge.")
            raise Refused(said % {"what": duplicates.aim_of(each) or _("the programs concerned")})


def _restrict(source: Incident, target: Incident, *, actor: Actor) -> None:
    if source.restricted and not target.restricted:
        target.restricted = True
        history.save(target, "restricted", actor=actor, why="a restricted incident was merged in")


def _point(sources: list[Incident], target: Incident, *, actor: Actor, why: str) -> None:
    for each in sources:
        each.duplicate_of = target
        history.save(each, "duplicate_of", actor=actor, why=why)
