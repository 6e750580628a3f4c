"""What one look at the gate costs a collector, and the same of a feature flag's client.

The peer is measured where it is installed; bench/peers.md says how.
"""

import statistics
import tempfile
import timeit
from collections.abc import Callable

from andon.measure import Cost, cost_of_allowed

from bench.figure import Figure

GOAL_US = 0.25
LEAST_RATIO = 100
FLAG = "collecting"


def measure() -> list[Figure]:
    ours = cost_of_allowed()
    figures = [Figure("Gate.allowed(), median", ours.median, "µs", GOAL_US, _spread(ours))]
    peer = _cost_of_unleash()
    if peer is None:
        print("UnleashClient is not installed: bench/peers.md says how to compare with it")
        return figures
    ratio = peer.median / ours.median
    told = f"{peer.median:.3g} µs; {_spread(peer)}"
    figures.append(
        Figure(
            "UnleashClient.is_enabled() costs so often that", ratio, "×", LEAST_RATIO, told, True
        )
    )
    return figures


def _spread(cost: Cost) -> str:
    return f"min {cost.least:.3g}, max {cost.most:.3g} µs"


def _cost_of_unleash() -> Cost | None:
    try:
        from UnleashClient import UnleashClient
        from UnleashClient.cache import FileCache
    except ImportError:
        return None
    flag = {"name": FLAG, "type": "kill-switch", "enabled": True, "variants": []}
    flag["strategies"] = [{"name": "default", "parameters": {}}]
    with tempfile.TemporaryDirectory() as folder:
        cache = FileCache("bench", directory=folder)
        cache.bootstrap_from_dict({"version": 2, "features": [flag]})
        client = UnleashClient(
            "http://127.0.0.1:9/api",
            "bench",
            cache=cache,
            disable_metrics=True,
            disable_registration=True,
        )
        client.initialize_client(fetch_toggles=False)
        try:
            assert client.is_enabled(FLAG), "the peer must answer yes to be compared"
            return _time(lambda: client.is_enabled(FLAG))
        finally:
            client.destroy()


def _time(call: Callable[[], object], *, rounds: int = 50, calls: int = 500) -> Cost:
    each = [s / calls * 1e6 for s in timeit.repeat(call, repeat=rounds, number=calls)]
    return Cost(statistics.median(each), min(each), max(each))
