"""Black out of what people wrote whatever tells who it was, which incident, where or when. Pure.

It takes out what is known: names that it is given, and what looks like an address, a number of an
incident, a path, a day. What nobody told it cannot find, so a person reads it before others do.
"""

import re
from collections.abc import Iterable

BLACK = "[removed]"
# Shorter ones stand in too many other words; "Al" is taken out as part of a whole name.
_SHORTEST = 3
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
# No address is longer: without an end it would be looked for through all of a long word, and anew
# from each of its letters.
_ALWAYS = re.compile(
    rf"""
      \binc-?\s?\d+                                 # the number of an incident
    | [\w.+-]{{1,200}}@[\w-]+(?:\.[\w-]+)+          # an e-mail address
    | (?:\b[a-z][a-z0-9+.-]{{0,100}})?://\S+         # an address such as s3://lake/7
    | \b(?:\d{{1,3}}\.){{3}}\d{{1,3}}\b             # an IPv4 address
    | (?<![\w/])(?:[a-z]:)?[/\\](?:[\w.~-]+[/\\])+[\w.~-]*  # a path
    | \b\d{{4}}-\d{{2}}-\d{{2}}(?:[T\s]\d{{1,2}}:\d{{2}}(?::\d{{2}})?Z?)?  # 2026-06-18 08:00
    | \b\d{{1,2}}(?:st|nd|rd|th)?\s(?:{_MONTHS})[a-z]*\.?(?:\s\d{{4}})?\b  # 18 June 2026
    | \b(?:{_MONTHS})[a-z]*\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}})?  # June 18, 2026
    | \b[0-9a-f]{{16,}}\b                           # a hash or an id
    """,
    re.IGNORECASE | re.VERBOSE,
)


def out(text: str, names: Iterable[str] = ()) -> str:
    """Return the text with BLACK in the place of each name, in any case, and of what tells.

    Args:
        names: of people, codenames, titles, files. Those of fewer than three characters are left.
    """
    return names_out(_ALWAYS.sub(BLACK, text), names)


def names_out(text: str, names: Iterable[str]) -> str:
    """Return the text with BLACK in the place of each name alone, as `out` finds them."""
    known = {each.strip() for each in names}
    # The longest first, so that of a whole name no half is left over.
    parts = sorted((each for each in known if len(each) >= _SHORTEST), key=len, reverse=True)
    if not parts:
        return text
    any_of = "|".join(re.escape(each).replace(r"\ ", r"\s+") for each in parts)
    return re.sub(rf"(?<!\w)(?:{any_of})(?!\w)", BLACK, text, flags=re.IGNORECASE)
