"""The SEV ladder. 0 is the most severe: a smaller number is always worse. Pure."""

from enum import IntEnum


class Sev(IntEnum):
    SEV0 = 0
    SEV1 = 1
    SEV2 = 2
    SEV3 = 3
    SEV4 = 4
    SEV5 = 5

    def at_least(self, other: "Sev") -> bool:
        """True if this is as severe as `other`, or worse.

        Never compare levels with < or >: the scale runs backwards, and a
        reader takes `sev > SEV2` to mean "worse than SEV2".
        """
        return self <= other

    @property
    def label(self) -> str:
        return f"SEV {self.value}"


def label(sev: Sev | None) -> str:
    """The level as people say it; None is a severity that nobody has determined yet."""
    return "undetermined" if sev is None else sev.label


# Takes no None: what is undetermined counts as its worst plausible level, and
# leaving it out here would make it the mildest.
def worst(first: Sev, *others: Sev) -> Sev:
    return min(first, *others) if others else first


def mildest(first: Sev, *others: Sev) -> Sev:
    return max(first, *others) if others else first
