"""Which numbers of a page stand in no link."""

import re
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_NAMES = ("id", "aria-labelledby", "data-label")


class _Reading(HTMLParser):
    """Collects each text with a digit in it, and in what it stands."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag not in _VOID:
            self.open.append((tag, _said(tag, dict(attrs))))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if re.search(r"\d", data):
            within = set().union(*(said for _tag, said in self.open))
            self.found.append((" ".join(data.split()), within))


def _said(tag, attrs):
    """A tag, its classes as `.class`, and its names as `#name`."""
    classes = (attrs.get("class") or "").split()
    names = [attrs[name] for name in _NAMES if attrs.get(name)]
    return {tag, *(f".{each}" for each in classes), *(f"#{each}" for each in names)}


def unlinked(answer, known):
    """The numbers of the main part of a page that lead nowhere.

    Args:
        known: in what such a number may stand, or `=text` for what it may be, each with why. What
            is named there and does not occur is no exception, and is refused.
    """
    reading = _Reading()
    reading.feed(answer.content.decode())
    used, found = set(), []
    for text, within in reading.found:
        if "main" not in within or "a" in within:
            continue
        excused = (within | {f"={text}"}) & known.keys()
        used |= excused
        if not excused:
            found.append(text)
    assert used == known.keys(), f"named and not there: {known.keys() - used}"
    return found
