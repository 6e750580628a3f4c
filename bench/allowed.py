"""What one look at the gate costs a collector."""

from andon.measure import cost_of_allowed

from bench.figure import Figure

GOAL_US = 0.3


def measure() -> list[Figure]:
    cost = cost_of_allowed()
    return [
        Figure(
            "Gate.allowed(), median",
            cost.median,
            "µs",
            GOAL_US,
            f"min {cost.least:.3g}, max {cost.most:.3g} µs",
        )
    ]
