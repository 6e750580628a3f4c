"""Say in words what the exposure watch found. No database."""

from incidents.models import Audience
from programs.models import DeclaredAudience, Drift, Snapshot
from programs.watch.audience import Width

_NAMED = 20
_AUDIENCES = {
    Width.FEW: Audience.FEW,
    Width.EVERYONE: Audience.EVERYONE,
    Width.OUTSIDE: Audience.OUTSIDE,
}
_WORDS = {
    Width.FEW: "a few who were not declared",
    Width.EVERYONE: "everybody inside",
    Width.OUTSIDE: "people outside",
}


def audience_of(width: int) -> str:
    """Return the answer to "who can see it"; unknown counts as the worst plausible."""
    return _AUDIENCES.get(Width(width), Audience.UNKNOWN).value


def headline(drift: Drift, row: Snapshot) -> str:
    who = _WORDS.get(Width(row.width), "others than declared")
    could = "Could be read" if row.is_near_miss else "Readable"
    return f"{could} by {who}: {drift.source.dataset}"[:200]


def declared_words(audience: DeclaredAudience) -> str:
    """Return a declaration in a line."""
    parts = []
    for label in ("people", "teams", "roles"):
        names = getattr(audience, label)
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            parts.append(f"{label}: {', '.join(names[:5])}{more}")
    if audience.most is not None:
        parts.append(f"at most {audience.most}")
    return "; ".join(parts) or "nobody"


def counted(row: Snapshot) -> str:
    """Return the counts of a look in a sentence."""
    said = []
    if row.excess:
        said.append(f"{row.excess} of {row.readers} who can read it were not declared")
    if row.over:
        said.append(f"{row.over} more can read it than the most declared, {row.audience.most}")
    if row.canary == "read":
        said.append(f"reading as an outsider worked: {row.canary_said}")
    return "; ".join(said) or "nobody reads it who was not declared"


def detail_of(row: Snapshot) -> str:
    """Return all of it for the report: counts, who, by what, what was not seen."""
    lines = [f"{counted(row)[:1].upper()}{counted(row)[1:]}."]
    if row.is_near_miss:
        lines.append("No data lie there yet, so nobody could have read any.")
    lines.append(f"Declared (version {row.audience.version}): {declared_words(row.audience)}.")
    for each in row.shown[:_NAMED]:
        later = " (only what is made later)" if each["later"] else ""
        lines.append(f"- {' → '.join(each['path'])}{later}")
    if row.excess > _NAMED:
        lines.append(f"And {row.excess - _NAMED} more, on the page of the look.")
    lines += [f"Not seen: {gap}" for gap in row.gaps]
    lines.append("Take the grant away, or declare who is meant; the watch looks again by itself.")
    return "\n".join(lines)


def update_of(row: Snapshot, news: str) -> str:
    """Return an entry for the story of its incident. No names: leaders read it."""
    begins = {
        "worse": "It can be read more widely than before",
        "changed": "Who can read it has changed",
        "returned": "The fix did not hold: it can be read again",
    }.get(news, "Found again")
    return f"{begins}: {counted(row)}."
