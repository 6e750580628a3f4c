"""Ask the rules of the house of what is open anew: what time, or a new rule, brings about.

One pass goes over all open incidents in batches. It locks nothing while it compares, and has
each incident to which a rule comes to apply looked at by itself, in a transaction of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from audit import clockwork
from audit.clockwork import Wish
from audit.models import Due
from incidents import demanding, rulebook, situations
from incidents.models import RuleFiring
from incidents.ripening import AGAIN
from severity import matching
from severity.houserules import Rule
from severity.matching import Situation
from severity.models import ThresholdVersion

ROUND = "incidents.rules_pass"
BATCH, FEW = 2_000, 100
# How often all is asked anew by itself: what is due by time alone has a row of its own.
EVERY = timedelta(minutes=5)


def begin(row: ThresholdVersion) -> None:
    """Have a version asked of all that is open once it counts, and the passes go on from then."""
    assert row.effective_from
    key, payload = f"rules-pass:version-{row.pk}", {"name": f"version-{row.pk}", "after": 0}
    clockwork.schedule(
        ROUND, key=f"{key}:0", payload=payload, due_at=row.effective_from, priority=4
    )


def next_pass(after: str, now: datetime) -> Wish:
    """Return the pass that follows one; the same one, whoever asks for it and how often."""
    slot = int(now.timestamp() // EVERY.total_seconds()) + 1
    if after.isdecimal():
        # Our clock may be behind that of the database, by which this one was due.
        slot = max(slot, int(after) + 1)
    due_at = datetime.fromtimestamp(slot * EVERY.total_seconds(), tz=UTC)
    payload = {"name": str(slot), "after": 0}
    return Wish(ROUND, f"rules-pass:{slot}:0", payload, due_at=due_at, priority=4)


def take_batch(payload: dict[str, Any]) -> Callable[[], None]:
    """Compare one batch, outside of any transaction; return what schedules the next.

    What a rule comes to apply to is scheduled a few at a time before that, each few in a short
    transaction of their own: after a crash the batch is compared anew, and what is there stays.
    """
    rules, now = rulebook.in_force(), timezone.now()
    batch = situations.of_open(after=payload["after"], most=BATCH) if rules else []
    found = _wishes(batch, rules, now=now)
    for start in range(0, len(found), FEW):
        clockwork.schedule_all(found[start : start + FEW])
    wishes: list[Wish] = []
    if len(batch) == BATCH:
        name, after = payload["name"], batch[-1][0]
        wishes.append(
            Wish(ROUND, f"rules-pass:{name}:{after}", {"name": name, "after": after}, priority=4)
        )
    elif rules or _to_come(now):
        wishes.append(next_pass(payload["name"], now))
    return lambda: clockwork.schedule_all(wishes)


def is_forgotten(now: datetime) -> bool:
    """True if rules are in force and no pass will ask them soon."""
    soon = Due.objects.waiting().filter(kind=ROUND, due_at__lte=now + 2 * EVERY)
    return not soon.exists() and bool(rulebook.in_force())


def _to_come(now: datetime) -> bool:
    published = ThresholdVersion.objects.filter(state=ThresholdVersion.State.PUBLISHED)
    return published.filter(effective_from__gt=now).exists()


def _wishes(
    batch: Iterable[tuple[int, int, Situation]], rules: list[Rule], *, now: datetime
) -> list[Wish]:
    wanted: dict[int, dict[str, str]] = {}
    levels = {}
    for key, assessment, at in batch:
        found = matching.demands(rules, at, now=now)
        if found:
            wanted[key] = {demanding.occasion(each, assessment, at): each.version for each in found}
            levels[key] = at.level.value
    done, void = _made(wanted)
    wishes = []
    for key, occasions in wanted.items():
        missing = [f"{each}|{occasions[each]}" for each in occasions if each not in done[key]]
        if missing:
            wishes.append(_wish(key, missing, void[key], priority=levels[key]))
    return wishes


def _made(wanted: Iterable[int]) -> tuple[dict[int, set[str]], Counter[int]]:
    """What was made for these already, whatever it was aimed at, and how much of it is void."""
    rows = RuleFiring.objects.filter(incident__in=list(wanted), of_house=True)
    done: dict[int, set[str]] = defaultdict(set)
    void: Counter[int] = Counter()
    for incident, key, state in rows.values_list("incident", "key", "state"):
        if state == RuleFiring.State.VOID:
            void[incident] += 1
        else:
            done[incident].add(key.rpartition("|")[0])
    return done, void


def _wish(incident: int, missing: list[str], void: int, *, priority: int) -> Wish:
    # Named by what is missing, and by which version: where a rule has nothing to act on, it is not
    # tried every time. And by what was called off since, or a rule that comes back never acts.
    key = f"rules-again:{incident}:{demanding.digest(missing)}:{void}"
    return Wish(AGAIN, key, {"incident": incident}, priority=priority)
