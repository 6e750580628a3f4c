"""Every address that Andon has, by its name, and what comes of knocking at one."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver

SIGN_IN = "/accounts/login/"


def names() -> set[str]:
    """The name of each view with its namespace, but for allauth's, which have tests of theirs."""
    return {name for name, path in _walk(get_resolver().url_patterns) if not _is_allauths(path)}


def _walk(patterns: Any, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    for each in patterns:
        path = before + str(each.pattern)
        if hasattr(each, "url_patterns"):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _walk(each.url_patterns, path, inner)
        elif each.name:
            yield space + each.name, path


def _is_allauths(path: str) -> bool:
    return path.startswith("accounts/")


def knock(client: Client, method: str, path: str, body: Any = None, **extra: Any) -> Any:
    """Ask for an address, and undo whatever that changed. What was answered is read to its end."""
    undone = transaction.savepoint()
    try:
        answer = getattr(client, method)(path, body or {}, **extra)
        answer.said = said(answer)
        # Not answer.close(): that says that the request is over, and the connection goes with it.
        for close in answer._resource_closers:
            close()
    finally:
        transaction.savepoint_rollback(undone)
    return answer


def said(answer: Any) -> str:
    """The head and the body of an answer, as text."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{answer.headers}\n{body.decode(errors='replace')}"


def came_in(answer: HttpResponse) -> bool:
    """True if the door opened, whatever was then said of what was sent."""
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(SIGN_IN)
    return answer.status_code not in (401, 403, 404, 405) and not to_sign_in
