"""How often somebody may do what costs us something. Pure, and bounded in memory."""

import ipaddress
from collections import OrderedDict
from typing import NamedTuple

BURST = 20
PER_SECOND = 1.0
ADDRESSES = 10_000


class _Bucket(NamedTuple):
    level: float
    at: float


class Throttle:
    """A bucket of tries for each address or name; who was quiet longest is forgotten first."""

    def __init__(self, *, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def allow(self, address: str, *, now: float) -> bool:
        """Count one bad try; False once the address has used up its tries."""
        place = _place(address)
        level = self._level(self._buckets.pop(place, None), now)
        self._buckets[place] = _Bucket(max(level - 1, 0.0), now)
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return level >= 1

    def has_one(self, address: str, *, now: float) -> bool:
        """True while the address has a try left; counts none."""
        return self._level(self._buckets.get(_place(address)), now) >= 1

    def _level(self, bucket: _Bucket | None, now: float) -> float:
        if bucket is None:
            return self._burst
        return min(self._burst, bucket.level + (now - bucket.at) * self._per_second)


def _place(address: str) -> str:
    # One household or host has 2^64 addresses of IPv6; each would be a bucket of its own.
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
