"""The tokens: every pair in use can be read, and the ladder survives grey print."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9A-F]{6}),\s*(#[0-9A-F]{6})\)", re.IGNORECASE)
SURFACES = ("bg", "surface", "surface-2")
TONES = ("ok", "info", "warn", "crit", "neutral")
THEMES = {"light": 0, "dark": 1}

TEXT = [
    *((ink, under) for ink in ("text", "text-muted", "link", "danger") for under in SURFACES),
    ("on-accent", "accent"),
    ("on-danger", "danger-solid"),
    *((f"{tone}-fg", f"{tone}-bg") for tone in TONES),
    *((f"{tone}-fg", "surface") for tone in TONES),
    *(("text-muted", f"{tone}-bg") for tone in ("info",)),
    *((f"on-sev{level}", f"sev{level}") for level in range(6)),
]
CONTROLS = [
    *(("border-strong", under) for under in SURFACES),
    *(("focus", under) for under in SURFACES),
    *((f"c{number}", "surface") for number in range(1, 7)),
    *((f"c{number}", "surface-2") for number in range(1, 7)),
]


def tokens():
    return {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text())}


def luminance(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (CONTROLS, 3.0)])
def test_a_pair_in_use_can_be_read(pairs, least, theme):
    known, at = tokens(), THEMES[theme]
    found = {(ink, under): contrast(known[ink][at], known[under][at]) for ink, under in pairs}
    assert not {pair: ratio for pair, ratio in found.items() if ratio < least}


@pytest.mark.parametrize("theme", THEMES)
def test_the_ladder_falls_or_rises_with_each_level(theme):
    known = tokens()
    steps = [luminance(known[f"sev{level}"][THEMES[theme]]) for level in range(6)]
    assert steps in (sorted(steps), sorted(steps, reverse=True))
