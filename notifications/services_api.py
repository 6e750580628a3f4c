"""What services at which the house has an account tell us. Each proves itself by a signature."""

import time
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.security import APIKeyHeader

from accounts import strangers
from accounts.problems import Problem, responses
from notifications import connecting, replying
from notifications.channels import pagerduty_words, slack_words
from notifications.models import Connection

router = Router(tags=["services"])
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {"payload": {"type": "string"}},
                    "required": ["payload"],
                }
            }
        },
    },
    "parameters": [
        {
            "name": "X-Slack-Request-Timestamp",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
        }
    ],
}


class SignedRequest(HttpRequest):
    """A request that passed one of the signatures below; for annotations only."""

    auth: Connection


class SignedBySlack(APIKeyHeader):
    """Let in what Slack signed within the last five minutes."""

    param_name = "X-Slack-Signature"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the connection that signed it; refuses as `_signed`."""
        body = _body(request, slack_words.LARGEST_BODY)
        at = request.headers.get("X-Slack-Request-Timestamp", "")
        return _signed(
            request,
            Connection.Kind.SLACK,
            lambda known: slack_words.is_signed(known, at, key or "", body, now=time.time()),
        )


class HeardOut(Schema):
    """What became of it. A service learns no more than whether it was heard."""

    heard: bool


class SignedByPagerDuty(APIKeyHeader):
    """Let in what PagerDuty signed."""

    param_name = "X-PagerDuty-Signature"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the connection that signed it; refuses as `_signed`."""
        body = _body(request, pagerduty_words.LARGEST_BODY)
        return _signed(
            request,
            Connection.Kind.PAGERDUTY,
            lambda known: pagerduty_words.is_signed(known, key or "", body),
        )


def _body(request: HttpRequest, most: int) -> bytes:
    if len(request.body) > most:
        raise Problem(413, f"The body is too large: at most {most // 1024} KiB are read.")
    return request.body


def _signed(request: HttpRequest, kind: str, is_signed: Any) -> Connection:
    assert request.resolver_match
    ident = request.resolver_match.kwargs["ident"]
    address = request.META.get("REMOTE_ADDR", "")
    try:
        strangers.check(address, ident)
        connection = connecting.signed_by(kind, ident, is_signed)
    except strangers.TooMany as refusal:
        raise Problem(429, str(refusal)) from refusal
    except connecting.NotSigned as refusal:
        strangers.note(address)
        raise Problem(401, str(refusal)) from refusal
    strangers.trust(ident)
    return connection


@router.post(
    "/pagerduty/{ident}",
    auth=SignedByPagerDuty(),
    response={200: HeardOut, **responses(413)},
    openapi_extra=_BODY,
)
def pagerduty_says(request: SignedRequest, ident: str) -> HeardOut:  # noqa: ARG001 - its signature names it
    """Take an event of a webhook subscription, version 3: an alert was acknowledged or resolved.

    It counts as an answer if an operator vouched for who did it. The same event counts once.
    """
    try:
        word = pagerduty_words.read(request.body)
    except pagerduty_words.Unreadable as refusal:
        raise Problem(400, str(refusal)) from refusal
    return HeardOut(heard=replying.take_word(request.auth, word) is not None)


@router.post(
    "/slack/{ident}",
    auth=SignedBySlack(),
    response={200: HeardOut, **responses(413)},
    openapi_extra=_FORM,
)
def slack_says(request: SignedRequest, ident: str) -> HeardOut:  # noqa: ARG001 - its signature names it
    """Take the press of a button: whoever verified that they read there answers their page.

    The same press counts once. What became of it is told to that person alone.
    """
    try:
        press = slack_words.read(request.body)
    except slack_words.Unreadable as refusal:
        raise Problem(400, str(refusal)) from refusal
    return HeardOut(heard=replying.take_press(request.auth, press) is not None)
