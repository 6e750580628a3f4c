"""The texts that drafts begin with, filled with facts, and what of them is unknown. Pure.

One version of the texts, as data. An unknown fact becomes a mark in the text, never a gap.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "draft_files"
CURRENT = "2026.11-1"
CODENAME, RESTRICTED = "codename", "restricted"
_FACT = re.compile(r"\{([a-z_]+)\}")
_MARK = re.compile(r"\[UNKNOWN: ([^\]\n]+)\]")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


@dataclass(frozen=True)
class Text:
    """One text. `named` says whether it goes by the codename always, or where it is restricted."""

    title: str
    named: str
    body: str

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_FACT.findall(self.body)))


@dataclass(frozen=True)
class Texts:
    version: str
    asks: Mapping[str, str]
    texts: Mapping[str, Text]


@cache
def current() -> Texts:
    data = yaml.safe_load((FOLDER / f"{CURRENT}.yaml").read_text(encoding="utf-8"))
    return Texts(
        version=data["version"],
        asks=dict(data["asks"]),
        texts={kind: Text(**said) for kind, said in data["texts"].items()},
    )


def fill(kind: str, facts: Mapping[str, str]) -> str:
    """Return a text with the facts in it; what is not among them is marked as unknown."""
    asks = current().asks
    body = current().texts[kind].body
    return _FACT.sub(lambda found: facts.get(found[1]) or mark(asks[found[1]]), body)


def mark(what: str) -> str:
    """Say in a text that something is not known yet."""
    return f"**[UNKNOWN: {what}]**"


def unknowns(text: str) -> list[str]:
    """Return what a text marks as unknown, each once, in its order."""
    return list(dict.fromkeys(_MARK.findall(text)))


def plain(text: str) -> str:
    """Return words of a person as Markdown that shows them as they are, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


@dataclass(frozen=True)
class Line:
    """One line of a comparison; `sign` is +, - or a space."""

    sign: str
    text: str


def compare(before: str, after: str) -> list[Line]:
    """Return how two texts differ, line by line, with what is around each change."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [Line(line[:1], line[1:]) for line in list(found)[2:] if not line.startswith("@@")]
