"""Write pages down and have them sent, each once. For those who make them."""

from typing import Any

from audit import clockwork
from audit.clockwork import Wish
from audit.gathering import Turn, write_soon
from audit.inserting import insert_all
from notifications.models import Page

SEND = "notifications.send_page"


def put(page: Page) -> None:
    """Queue a page, unless one with its key is there; one that is held back is only written down.

    Call it with its escalation locked.
    """
    write_soon(_insert, page, turn=Turn.SUBJECTS)


def _insert(pages: list[Page]) -> None:
    # The first of a key counts, and one that is there stays as it is and gives its own key.
    wanted = list({page.key: page for page in reversed(pages)}.values())[::-1]
    insert_all(wanted, known_by="key")
    for page in wanted:
        if page.state == Page.State.PENDING:
            write_soon(clockwork.schedule_all, _sending(page), turn=Turn.WORK)


def named(page: Page) -> dict[str, Any]:
    """Return what the work of sending a page is told: which one, whose it is, what carries it."""
    return {"page": page.pk, "lane": page.lane, "way": str(page.method)}


def _sending(page: Page) -> Wish:
    return Wish(
        SEND,
        f"page:{page.escalation_id}:{page.pk}",
        named(page),
        priority=page.escalation.level,
    )
