"""The report of a run: Markdown, JSON, and how late things were as a picture, light and dark."""

import argparse
import json
from pathlib import Path
from typing import Any

BOUNDS = (0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 20.0, 60.0)
COLOURS = {
    "light": {
        "ground": "#ffffff",
        "text": "#1f2933",
        "line": "#8895a3",
        "bar": "#2b6cb0",
        "other": "#b7791f",
    },
    "dark": {
        "ground": "#14191f",
        "text": "#e4e9ee",
        "line": "#7b8794",
        "bar": "#63b3ed",
        "other": "#ecc94b",
    },
}
WIDTH, HEIGHT, LEFT, FOOT = 720, 300, 52, 46


def write(folder: Path, told: dict[str, Any], steps: list[float], pages: list[float]) -> list[Path]:
    """Write `chaos.md`, `chaos.json` and two pictures into the folder; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / "chaos.json", folder / "chaos.md"]
    made[0].write_text(json.dumps(told, indent=1) + "\n")
    made[1].write_text(_words(told))
    for name in COLOURS:
        file = folder / f"lateness-{name}.svg"
        file.write_text(_picture(COLOURS[name], steps, pages))
        made.append(file)
    return made


def _words(told: dict[str, Any]) -> str:
    lines = [
        "# What chaos showed",
        "",
        f"{told['machine']}. Seeds {', '.join(map(str, told['seeds']))}; {told['seconds']} s.",
        "",
        "| figure | goal | found | |",
        "|---|---|---|---|",
        *(
            f"| {f['name']} | {f['goal']} | {f['found']} | {'met' if f['met'] else '**not met**'} |"
            for f in told["goals"]
        ),
        "",
        "| invariant | holds |",
        "|---|---|",
        *(
            f"| {name} | {'yes' if not said else '**no**: ' + '; '.join(said[:3])} |"
            for name, said in sorted(told["broken"].items())
        ),
        "",
        "Killed: " + ", ".join(f"{name} {n}" for name, n in sorted(told["kills"].items())) + ".",
        "Else: "
        + (", ".join(f"{name} {n}" for name, n in sorted(told["faults"].items())) or "–")
        + ".",
        "",
        "![How late steps were taken and pages arrived](lateness-light.svg)",
        "",
    ]
    return "\n".join(lines)


def _picture(colours: dict[str, str], steps: list[float], pages: list[float]) -> str:
    """Share of steps and pages that were later than so many seconds, both axes logarithmic."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="12">',
        "<title>Share of steps and pages by how late they were</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colours["ground"]}"/>',
    ]
    bars = [*BOUNDS, None]
    room = (WIDTH - LEFT - 12) / len(bars)
    high = HEIGHT - FOOT - 40
    for place, bound in enumerate(bars):
        x = LEFT + place * room
        for number, (values, colour) in enumerate(((steps, "bar"), (pages, "other"))):
            low = BOUNDS[place - 1] if place else 0.0
            inside = sum(low <= v < (bound or float("inf")) for v in values)
            tall = (inside / max(len(values), 1)) ** 0.5 * high
            left = x + 4 + number * room * 0.44
            parts.append(
                f'<rect x="{left:.1f}" y="{40 + high - tall:.1f}" width="{room * 0.4:.1f}"'
                f' height="{tall:.1f}" fill="{colours[colour]}"><title>{inside}</title></rect>'
            )
            if inside:
                middle, top = left + room * 0.2, 36 + high - tall
                parts.append(_text(middle, top, str(inside), colours["text"], size=9))
        label = f"&lt; {bound:g} s" if bound else "later"
        parts.append(_text(x + room / 2, HEIGHT - FOOT + 18, label, colours["text"]))
    parts.append(
        f'<line x1="{LEFT}" x2="{WIDTH - 12}" y1="{40 + high}" y2="{40 + high}"'
        f' stroke="{colours["line"]}"/>'
    )
    for number, (words, colour) in enumerate((("steps taken", "bar"), ("pages arrived", "other"))):
        x = LEFT + number * 140
        parts.append(f'<rect x="{x}" y="10" width="12" height="12" fill="{colours[colour]}"/>')
        parts.append(_text(x + 18, 20, words, colours["text"], anchor="start"))
    parts.append(_text(WIDTH - 12, 20, "height: root of the share", colours["line"], anchor="end"))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _text(
    x: float, y: float, words: str, colour: str, *, size: int = 12, anchor: str = "middle"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}"'
        f' text-anchor="{anchor}">{words}</text>'
    )


def goals(told: dict[str, Any], asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Hold the figures against the goals."""
    step, page = told["lateness"]["step"], told["lateness"]["page"]
    kills = sum(told["kills"].values())
    said = [
        ("steps lost", "0", told["steps_lost"], told["steps_lost"] == 0),
        ("pages lost", "0", told["pages_lost"], told["pages_lost"] == 0),
        ("extra deliveries", "≤ 0.2 %", f"{told['extra_percent']} %", told["extra_percent"] <= 0.2),
        (
            "extra after the key check",
            "0",
            told["extra_after_key_check"],
            told["extra_after_key_check"] == 0,
        ),
    ]
    for name, late in (("steps", step), ("pages", page)):
        if asked.no_kills:
            said.append(
                (
                    f"lateness of {name}, p50 / p99",
                    "≤ 0.3 / 1 s",
                    f"{late['p50']} / {late['p99']} s",
                    late["p50"] <= 0.3 and late["p99"] <= 1,
                )
            )
        else:
            said.append(
                (
                    f"lateness of {name}, p95 / max",
                    "≤ 5 / 20 s",
                    f"{late['p95']} / {late['max']} s",
                    late["p95"] <= 5 and late["max"] <= 20,
                )
            )
    wanted = 0 if asked.no_kills else asked.kills
    enough = told["steps"] >= asked.steps and kills >= wanted
    asked_for = f"≥ {asked.steps}, {wanted}"
    said.append(("steps taken, kills", asked_for, f"{told['steps']}, {kills}", enough))
    return [{"name": n, "goal": g, "found": str(f), "met": m} for n, g, f, m in said]
