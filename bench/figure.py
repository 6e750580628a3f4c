"""One measured figure beside what we promise of it, and what machine it was measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """`value` and `goal` in `unit`; the goal is an upper bound, or else the least."""

    name: str
    value: float
    unit: str
    goal: float
    spread: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def line(self) -> str:
        verdict = "met" if self.met else "NOT MET"
        return (
            f"{self.name:<66}{_short(self.value):>9} {self.unit:<6}"
            f"goal {'≥' if self.at_least else '≤'} {_short(self.goal)} {self.unit:<7}"
            f"{verdict:<8}{self.spread}"
        )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def machine() -> str:
    """Say on what the figures were taken; they mean nothing without it."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} × {model}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


def spread(values: list[float], unit: str) -> str:
    """Say how far the single values lie apart."""
    return f"min {min(values):.3g}, max {max(values):.3g} {unit}, n={len(values)}"
