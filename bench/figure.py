"""One measured figure beside what we promise of it, and what machine it was measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """`value` and `goal` in `unit`; the goal is an upper bound."""

    name: str
    value: float
    unit: str
    goal: float
    spread: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.goal

    def line(self) -> str:
        verdict = "met" if self.met else "NOT MET"
        return (
            f"{self.name:<58}{self.value:>10.3g} {self.unit:<8}"
            f"goal {self.goal:g} {self.unit:<8}{verdict:<8}{self.spread}"
        )


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
