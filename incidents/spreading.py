"""How long things took, of many: buckets of a bounded error and the middle of them. Pure.

Lengths are whole seconds. Up to EXACT each has a bucket of its own; beyond, a bucket is GROWTH
times as long as the one before, so what is read off one is at most 2 % from what was put in.
"""

import math
from collections.abc import Mapping

EXACT, GROWTH = 50, 1.04
# How far a length may be from that of its bucket, as a share of it.
ERROR = math.sqrt(GROWTH) - 1


def bucket(seconds: int) -> int:
    """Return the bucket of a length, 0 or more."""
    if seconds <= EXACT:
        return max(seconds, 0)
    return EXACT + round(math.log(seconds / EXACT) / math.log(GROWTH))


def length(of: int) -> int:
    """Return the length that stands for a bucket, in seconds."""
    return of if of <= EXACT else round(EXACT * GROWTH ** (of - EXACT))


def middle(buckets: Mapping[int, int]) -> int | None:
    """Return the median of what lies in the buckets: of an even number the lower; None of none.

    It is the length of the bucket in which the median lies, thus within ERROR of it.
    """
    total, seen = sum(buckets.values()), 0
    for each, n in sorted(buckets.items()):
        seen += n
        if 2 * seen >= total > 0:
            return length(each)
    return None
