"""Post JSON to a service and read what it answers: a 2xx alone does not say it was taken."""

import json
import re
from dataclasses import dataclass
from typing import Any

from notifications import outbound
from notifications.channels.message import NotSent

MOST_READ = 4096
# How services name what is wrong. Anything longer could quote what was sent.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")


@dataclass(frozen=True)
class Answer:
    """A status, the beginning of the text, and what it says if it is a JSON object."""

    status: int
    text: str
    data: dict[str, Any]

    def refused(self, why: object = "") -> str:
        """Return in a few words that it was not taken, and the reason if it is named."""
        name = why if isinstance(why, str) and _NAME.fullmatch(why) else "not taken"
        return f"answered {self.status}: {name}"

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: dict[str, Any], *, token: str = "") -> Answer:
    """Post a JSON object.

    Args:
        token: opens the other side; goes in the Authorization header.

    Raises:
        NotSent: if the address is not allowed, or nobody answers.
    """
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        status, said = outbound.ask(url, body=json.dumps(body), headers=headers, most=MOST_READ)
    except outbound.NotReached as error:
        raise NotSent(str(error)) from error
    text = said.decode(errors="replace").strip()
    return Answer(status, text, _object(text))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    # RecursionError: brackets within brackets.
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
