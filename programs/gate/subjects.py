"""The gate's copy of participants' choices: tags, and no names. Pure; only the feed writes here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property


@dataclass(frozen=True)
class Listed:
    """The choices of one program's participants, as one version of the list has them.

    Args:
        key_prints: of the keys that made the tags; one, unless SECRET_KEY was changed.
    """

    program_id: int
    version: int
    opted_out: tuple[str, ...] = ()
    breaks: tuple[tuple[str, datetime], ...] = ()
    key_prints: tuple[str, ...] = ()

    @cached_property
    def members(self) -> bytes:
        """The members `opted_out` and `breaks` as JSON, made once: every collector asks at once."""
        ends = {tag: text_of(until) for tag, until in self.breaks}
        said = {"opted_out": self.opted_out, "breaks": ends}
        return json.dumps(said, separators=(",", ":")).encode()[1:-1]


class Subjects:
    """Each program's list, and the version that the database was seen to have."""

    def __init__(self) -> None:
        self._versions: Mapping[int, int] = {}
        self._lists: dict[int, Listed] = {}

    def take_versions(self, versions: Mapping[int, int]) -> list[int]:
        """Note the versions that there are; return the programs whose list must be read."""
        self._versions = versions
        return [program_id for program_id in versions if self.current(program_id) is None]

    def take(self, lists: Iterable[Listed]) -> list[Listed]:
        """Take lists over; return those that are newer than the one before."""
        newer = []
        for listed in lists:
            before = self._lists.get(listed.program_id)
            self._lists[listed.program_id] = listed
            if before is None or before.version < listed.version:
                newer.append(listed)
        return newer

    def version(self, program_id: int) -> int:
        """Return the newest version that is known to exist; 0 if nobody ever chose anything."""
        return self._versions.get(program_id, 0)

    def current(self, program_id: int) -> Listed | None:
        """Return the list; None while a newer one is known to exist."""
        listed = self._lists.get(program_id) or Listed(program_id, 0)
        return listed if listed.version >= self.version(program_id) else None


def text_of(moment: datetime) -> str:
    """Return a time as collectors are told it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
