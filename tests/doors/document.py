"""Write docs/permissions.md from the table that the tests go by."""

import os
import re
from pathlib import Path

import django

PATH = Path(__file__).parents[2] / "docs" / "permissions.md"
_HEAD = """# Who may come in where

Each address of Andon and who gets in there. The tests knock at every one of them as everybody
named here, by every method; this page is written from the table they go by
(`python -m tests.doors.document`). Whoever may not know of what is behind a door gets the same
answer as for what does not exist. Reading an incident is by grant ([access](access.md)); the
domain may still refuse an act that the door lets through, such as a second approval by the same
person.
"""


def text() -> str:
    from tests.doors import api_rows, rows  # noqa: PLC0415 - needs Django set up

    lines = [_HEAD]
    for title, table in (("Pages", rows.ROWS), ("API", api_rows.API_ROWS)):
        lines += [f"## {title}", "", "| address | read | act |", "|---|---|---|"]
        for name, row in table.items():
            read, act = (who.words if who else "" for who in (row.read, row.act))
            lines.append(f"| `{_address(name)}` | {read} | {act} |")
        lines.append("")
    return "\n".join(lines)


def _address(name: str) -> str:
    from django.urls import get_resolver  # noqa: PLC0415 - needs Django set up

    from tests.doors.walk import _walk  # noqa: PLC0415 - needs Django set up

    found = dict(_walk(get_resolver().url_patterns))
    path = "/" + found[name].replace("^", "").replace("\\", "")
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PATH.write_text(text(), encoding="utf-8")
