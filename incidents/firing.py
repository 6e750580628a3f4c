"""Let the threshold rules act on an incident, once each. Alone makes RuleFiring.

The floor acts for each assessment; a rule of the house once for each occasion, see `demanding`.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import clockwork, history, outbox
from audit.gathering import gathered
from incidents import (
    carrying,
    cord,
    demanding,
    duplicates,
    ripening,
    rulebook,
    situations,
    targets,
    timeline,
    weighing,
)
from incidents.carrying import by as _by
from incidents.models import Incident, RuleFiring, TimelineEntry
from incidents.targets import Target
from programs import lifecycle, pauses
from severity.thresholds import Demand
from severity.vocabulary import Action, Mode

# What a firing demands of what: rule, action, program, dataset.
Demanded = tuple[str, str, int | None, int | None]
Waited = dict[Demanded, datetime | None]
# What still waits, for its time or for a person.
OPEN = (RuleFiring.State.WAITING, RuleFiring.State.ASKED)


def apply(incident: Incident, *, actor: Actor) -> None:
    """Do at once what the level demands at once; write down with a due time what it demands later.

    Runs in the transaction that set the level, with the incident locked.
    """
    rules = rulebook.in_force()
    waited = {} if weighing.is_first(incident) else _void_what_waits(incident, actor=actor)
    _carry_out(incident, demanding.demands(incident, rules), waited, actor=actor)
    ripening.plan(incident, rules)
    if cord.needs_executive(incident):
        # What it held before it was as grave as this.
        for holder in duplicates.holders(incident):
            pauses.demand_an_executive(holder, actor=actor)


@transaction.atomic(savepoint=False)
def again(pk: int) -> None:
    """Let the rules of the house do what they have come to demand. Safe to call again."""
    # Before the lock, which holds no rule: people wait for the incident.
    rules = rulebook.in_force()
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    if incident.is_over or incident.assessment_id is None:
        return
    if not any(each.of_house for each in demanding.demands(incident, rules)):
        return
    # Whoever waited for the lock read them before: one that was retired meanwhile acts no more.
    rules = rulebook.in_force()
    house = [each for each in demanding.demands(incident, rules) if each.of_house]
    with gathered():
        _carry_out(incident, house, {}, actor=Actor.machine("rules"))


def _carry_out(
    incident: Incident, found: Iterable[Demand], waited: Waited, *, actor: Actor
) -> None:
    made = list(_firings(incident, found, waited))
    if not made:
        return
    _lock_in_order(firing for firing, demand in made if demand.of_house)
    history.create_all([firing for firing, _ in made], actor=actor)
    for firing, demand in made:
        if firing.state == RuleFiring.State.FIRED:
            aims = [(firing.program, firing.dataset)]
            firing.outcome = carrying.act(incident, firing, aims)
        else:
            _wait(incident, firing, demand)
    RuleFiring.objects.bulk_update([firing for firing, _ in made], ["outcome"])


def _lock_in_order(firings: Iterable[RuleFiring]) -> None:
    # One demand locks its programs in the order of their keys; several would not, together, and
    # two incidents could block each other.
    now = (firing for firing in firings if firing.state == RuleFiring.State.FIRED)
    found = {firing.program.pk: firing.program for firing in now if firing.program}
    for pk in sorted(found):
        lifecycle.lock(found[pk])


def _firings(
    incident: Incident, found: Iterable[Demand], waited: Waited
) -> Iterable[tuple[RuleFiring, Demand]]:
    every = list(found)
    done = _done(incident) if any(demand.of_house for demand in every) else set()
    for demand in every:
        for target in targets.of(incident, demand):
            firing = _firing(incident, demand, target)
            if firing.of_house and firing.key in done:
                continue
            done.add(firing.key)
            _keep_the_moment(firing, waited)
            yield firing, demand


def _done(incident: Incident) -> set[str]:
    rows = incident.firings.filter(of_house=True).exclude(state=RuleFiring.State.VOID)
    return set(rows.values_list("key", flat=True))


def lock_ahead(incident: Incident, *, with_its_own: bool) -> None:
    """Lock what `apply` will pause at once for an incident that is not stored yet.

    A program may be held by others for seconds. Whoever waits for one must not hold by then
    what every report needs, such as the next number.

    Args:
        with_its_own: its own program is paused whatever the level: the cord is pulled.
    """
    found = {incident.program.pk: incident.program} if with_its_own and incident.program else {}
    for demand in demanding.demands(incident, rulebook.in_force()):
        waits = demand.after_seconds or demand.mode is Mode.ASK
        if demand.action is Action.PAUSE and not waits:
            for program, _dataset in targets.of(incident, demand):
                if program:
                    found[program.pk] = program
    for pk in sorted(found):
        lifecycle.lock(found[pk])


def _void_what_waits(incident: Incident, *, actor: Actor) -> Waited:
    """Call off what waits; return when each demand would have acted."""
    waited: Waited = {}
    for firing in incident.firings.filter(state__in=OPEN):
        waited[_demanded(firing)] = firing.due_at
        firing.state = RuleFiring.State.VOID
        history.save(firing, "state", actor=actor, why="the severity was set anew")
        clockwork.cancel(prefix=key_of(firing))
    return waited


def _demanded(firing: RuleFiring) -> Demanded:
    return firing.rule, firing.action, firing.program_id, firing.dataset_id


def _keep_the_moment(firing: RuleFiring, waited: Waited) -> None:
    # Else whoever answers again every few minutes puts a pause off for ever.
    before = waited.get(_demanded(firing))
    if firing.due_at and before and before < firing.due_at:
        firing.due_at = before


def _firing(incident: Incident, demand: Demand, target: Target) -> RuleFiring:
    assert incident.assessment_id
    program, dataset = target
    later = timedelta(seconds=demand.after_seconds)
    now, at = timezone.now(), situations.of(incident)
    state = RuleFiring.State.WAITING if later else RuleFiring.State.FIRED
    if demand.mode is Mode.ASK:
        state = RuleFiring.State.ASKED
    aim = f"{program.pk if program else ''}:{dataset.pk if dataset else ''}"
    return RuleFiring(
        incident=incident,
        assessment_id=incident.assessment_id,
        rule=demand.rule_id,
        rules_version=demand.version,
        action=demand.action.value,
        scope=demand.scope.value if demand.scope else "",
        program=program,
        dataset=dataset,
        why=demand.why,
        name=demand.name,
        of_house=demand.of_house,
        key=f"{demanding.occasion(demand, incident.assessment_id, at)}|{aim}",
        # What the floor looks at, or all that a rule of the house may.
        facts=situations.plain(at)
        if demand.of_house
        else {"level": incident.counts_as, "undetermined": incident.sev is None},
        state=state,
        created_at=now,
        due_at=now + later if later else None,
        fired_at=now if state == RuleFiring.State.FIRED else None,
    )


def _wait(incident: Incident, firing: RuleFiring, demand: Demand) -> None:
    what = words(firing)
    if firing.state == RuleFiring.State.ASKED:
        said = f"Rule {firing.rule} asks whether {what}: {firing.why}."
        timeline.write(incident, TimelineEntry.Kind.RULE, said, actor=_by(firing))
        outbox.publish("incident.rule_asks", priority=incident.counts_as, firing=firing.pk)
        return
    assert firing.due_at
    # By the database's clock, as everything that is due.
    left = firing.due_at - firing.created_at
    clockwork.schedule(
        "incidents.fire_rule",
        key=key_of(firing),
        payload={"firing": firing.pk},
        after=left,
        priority=incident.counts_as,
    )
    if demand.mode is Mode.AUTOMATIC_AFTER:
        minutes = max(0, math.ceil(left.total_seconds() / 60))
        said = f"{what} in {minutes} minutes unless somebody vetoes it."
        timeline.write(incident, TimelineEntry.Kind.RULE, said, actor=_by(firing))


def words(firing: RuleFiring) -> str:
    """Say what a firing will do, as the first half of a sentence."""
    if firing.action == Action.PAUSE:
        return f"{duplicates.aim_of(firing) or 'What collects'} will be paused"
    return f"{firing.action.replace('_', ' ')} will be done ({firing.rule})"


def key_of(firing: RuleFiring) -> str:
    return f"firing:{firing.pk}:"


@transaction.atomic
def fire_due(pk: int) -> None:
    """Fire a rule whose time has come, if what it rests on still holds. Safe to call again."""
    firing = RuleFiring.objects.get(pk=pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=firing.incident_id)
    firing = RuleFiring.objects.select_for_update().get(pk=pk)
    if firing.state != RuleFiring.State.WAITING:
        return
    stale = firing.assessment_id != incident.assessment_id and not firing.of_house
    if incident.is_over or stale or not still_applies(incident, firing):
        firing.state = RuleFiring.State.VOID
        history.save(firing, "state", actor=_by(firing), why="no longer due")
        return
    fire(incident, firing, actor=_by(firing))


@transaction.atomic
def reckon(pk: int) -> None:
    """Reckon the legal clocks as a rule demanded, and say so in the ledger."""
    firing = RuleFiring.objects.get(pk=pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=firing.incident_id)
    firing.outcome = carrying.reckon(incident, firing)
    RuleFiring.objects.bulk_update([firing], ["outcome"])


def still_applies(incident: Incident, firing: RuleFiring) -> bool:
    """True if the rule of the house demands it still, by its version that counts now."""
    if not firing.of_house:
        return True
    at = situations.of(incident)
    now = {
        demanding.occasion(demand, incident.assessment_id, at)
        for demand in demanding.demands(incident, rulebook.in_force())
        if demand.of_house
    }
    return firing.key.rpartition("|")[0] in now


def fire(incident: Incident, firing: RuleFiring, *, actor: Actor, why: str = "") -> None:
    """Let a firing that waited act. The caller has locked both and looked whether it may."""
    firing.state, firing.fired_at = RuleFiring.State.FIRED, timezone.now()
    history.save(firing, "state", "fired_at", "allowed_by", actor=actor, why=why)
    aims = list(targets.now(incident, firing))
    firing.outcome = carrying.act(incident, firing, aims)
    RuleFiring.objects.bulk_update([firing], ["outcome"])
