"""Decides whether a stamp is accepted, from one sheet of a gate. Pure: text in, a verdict out."""

from __future__ import annotations

from typing import Any, NamedTuple

from andon import wire
from andon.protocol import COLLECTING, STATES
from andon.stamps import Stamp, digest_of, key_for, read_stamp
from andon.wire import Malformed, plain

LONGEST_GOOD = 60.0
FUTURE = 30.0  # seconds that the clock of a collector may be ahead


class Verdict(NamedTuple):
    """What becomes of one record. True in a condition if it is accepted.

    `reason` is one word, empty if accepted: malformed, program, unknown_collector, signature,
    stopped, generation, future, digest or stale_sheet. `detail` is a sentence. `again` says that
    the same question may be answered with yes within a second.
    """

    accepted: bool
    reason: str = ""
    detail: str = ""
    again: bool = False

    def __bool__(self) -> bool:
        # A tuple is true because it has members: `if verifier.check(stamp)` would take all in.
        return self.accepted


class Group(NamedTuple):
    """Collectors that live in the same generation."""

    generation: int
    state: str


class Sheet(NamedTuple):
    """What a verifier knows of a program."""

    program: str
    good_seconds: float
    stamp_root: bytes
    collectors: dict[str, Group]
    wall_zero: float  # the gate's wall time, seconds since 1970, when the lease clock stood at 0
    gates: tuple[str, ...] | None = None  # addresses of gates that are alive; None: not told

    def __repr__(self) -> str:
        return f"Sheet({self.program}, {len(self.collectors)} collectors)"

    def is_older_than(self, other: Sheet) -> bool:
        """Say whether any collector lives in a later generation there."""
        now = self.collectors
        return any(
            name in now and now[name].generation < group.generation
            for name, group in other.collectors.items()
        )


def read_sheet(body: bytes, *, program: str, asked_at: float, heard_at: float) -> Sheet:
    """Return the sheet that a 200 carries; times are of the lease clock, around the question.

    Raises:
        Malformed: if any member is missing, of the wrong type or absurd; the message names it.
    """
    said = wire.members(body)
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    return Sheet(
        program=program,
        good_seconds=wire.number(said, "good_seconds", at_most=LONGEST_GOOD),
        stamp_root=wire.key(said, "stamp_root"),
        collectors=_collectors(said, _groups(said.get("groups"))),
        wall_zero=wire.read_time(said.get("server_time")) - (asked_at + heard_at) / 2,
        gates=wire.addresses(said),
    )


def judge(sheet: Sheet, text: str, record: bytes | str | None, *, now: float) -> Verdict:
    """Return what becomes of a record with this stamp; `now` is the gate's wall time in seconds.

    The signature is looked at before the generation: only who held the key is late or in breach.
    """
    try:
        stamp = read_stamp(text)
    except Malformed as trouble:
        return Verdict(False, "malformed", str(trouble))
    claim = stamp.claim
    if claim.program != sheet.program:
        said = f"the stamp is of program {plain(claim.program)}, not of {sheet.program}"
        return Verdict(False, "program", said)
    group = sheet.collectors.get(claim.collector)
    if group is None:
        said = f"the program has no collector {plain(claim.collector)}"
        return Verdict(False, "unknown_collector", said)
    key = key_for(sheet.stamp_root, collector=claim.collector, generation=claim.generation)
    if not stamp.is_signed_with(key):
        said = f"this is not the signature of {claim.collector} in generation {claim.generation}"
        return Verdict(False, "signature", said)
    refused = _judge_time(stamp, group)
    return refused if refused is not None else _judge_record(stamp, record, now=now)


def is_of_the_past(verdict: Verdict) -> bool:
    """Say whether the stamp was refused because its generation is over: late, or in breach."""
    return verdict.reason in ("stopped", "generation") and not verdict.again


def _judge_time(stamp: Stamp, group: Group) -> Verdict | None:
    claim = stamp.claim
    # A true signature of a later generation: the program goes on, and the sheet does not know yet.
    newer = claim.generation > group.generation
    if group.state != COLLECTING:
        said = f"{claim.collector} does not collect: {group.state} in generation {group.generation}"
        return Verdict(False, "stopped", said, newer)
    if newer:
        said = f"generation {claim.generation} is not known here yet"
        return Verdict(False, "generation", said, again=True)
    if claim.generation != group.generation:
        said = f"generation {claim.generation} is over, {group.generation} has begun"
        return Verdict(False, "generation", said)
    return None


def _judge_record(stamp: Stamp, record: bytes | str | None, *, now: float) -> Verdict:
    if stamp.captured > now + FUTURE:
        said = f"the time of capture is more than {FUTURE:g} s in the future"
        return Verdict(False, "future", said)
    if record is not None and stamp.claim.digest != digest_of(record):
        return Verdict(False, "digest", "the stamp is of another record")
    return Verdict(True)


def _groups(said: Any) -> list[Group]:
    if not isinstance(said, list):
        raise Malformed("groups must be a list")
    groups = []
    for each in said:
        if not isinstance(each, dict) or each.get("state") not in STATES:
            raise Malformed(f"each of groups must have a state: {', '.join(sorted(STATES))}")
        groups.append(Group(wire.whole(each, "generation"), each["state"]))
    return groups


def _collectors(said: dict[str, Any], groups: list[Group]) -> dict[str, Group]:
    collectors = said.get("collectors")
    if not isinstance(collectors, dict):
        raise Malformed("collectors must be an object")
    for name, place in collectors.items():
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(groups):
            raise Malformed(f"collectors: {plain(name)} must be the place of one of groups")
    return {name: groups[place] for name, place in collectors.items()}
