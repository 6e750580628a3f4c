"""The cord for monitors: any product that can post JSON may report, with a key of one program."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from ninja.security import HttpBearer
from ninja.throttling import AuthRateThrottle
from pydantic import Field

from accounts import secrets
from accounts.problems import Problem, responses
from incidents import alerts, monitors
from incidents.monitors import Heard
from programs import keys
from programs.admission import admit
from programs.models import ProgramKey

router = Router(tags=["monitors"])
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
_HEADER = {"in": "header", "required": False, "schema": {"type": "string"}}
# Any object is read, so any is allowed here; docs/collectors/monitor.md says what is looked for.
_DESCRIBED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    "parameters": [{"name": name, **_HEADER} for name in _SIGNED],
}


class KeyRequest(HttpRequest):
    """A request that passed `MonitorKey`; for annotations only."""

    auth: ProgramKey


class CordOut(Schema):
    """What became of an alert. A monitor learns no more than whether it was heard."""

    filed: bool = Field(description="False if the alert says that something is over.")
    new: bool
    codename: str | None
    counts_as: int | None
    paused: bool = Field(description="The program stands still because of this very incident.")
    receipt: str | None = Field(description="For the person who issued the key.")


class MonitorKey(HttpBearer):
    """Let in a monitor that shows the text of its key, or signs with the key's webhook secret."""

    def __call__(self, request: HttpRequest) -> Any:
        assert request.resolver_match
        named = request.resolver_match.kwargs["key"]
        return admit(request, named, lambda: _recognise(request, named))

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError("__call__ looks at all headers itself")


def _recognise(request: HttpRequest, named: str) -> ProgramKey:
    if "webhook-signature" in request.headers:
        headers = {name: request.headers.get(name, "") for name in _SIGNED}
        return keys.signed_by(named, body=_body(request), headers=headers)
    presented = secrets.from_header(request.headers.get("Authorization", ""))
    if presented and presented.key_id != named:
        raise keys.Unknown("The path names another key than the Authorization header.")
    return keys.recognise(presented, ProgramKey.Kind.MONITOR)


def _body(request: HttpRequest) -> bytes:
    if len(request.body) > alerts.LARGEST_BODY:
        most = alerts.LARGEST_BODY // 1024
        raise Problem(413, f"The body is too large: at most {most} KiB are read.")
    return request.body


@router.post(
    "/{key}",
    auth=MonitorKey(),
    throttle=AuthRateThrottle("60/m"),
    response={200: CordOut, 201: CordOut, **responses()},
    openapi_extra=_DESCRIBED,
)
def pull_cord(request: KeyRequest, key: str) -> Status[CordOut]:  # noqa: ARG001 - MonitorKey reads it
    """Report what a monitor saw; the program pauses as the severity says.

    Takes Prometheus Alertmanager's webhook, and any object with a `title`, `severity` and `url`,
    alone or as the `data` of a Standard Webhook. The same `webhook-id` twice makes one incident.
    """
    try:
        alert = alerts.read(_body(request))
    except alerts.Unreadable as refusal:
        raise Problem(400, str(refusal)) from refusal
    if alert.over:
        return Status(200, _nothing())
    event = request.headers.get("webhook-id") or request.headers.get("Idempotency-Key", "")
    try:
        heard = monitors.report(request.auth, alert, event=event)
    except monitors.Refused as refusal:
        allowed = request.auth.program.slug
        raise Problem(422, str(refusal), field="program", allowed=allowed) from refusal
    return Status(201 if heard.filed.is_new else 200, _receipt(heard))


def _nothing() -> CordOut:
    return CordOut(
        filed=False, new=False, codename=None, counts_as=None, paused=False, receipt=None
    )


def _receipt(heard: Heard) -> CordOut:
    incident = heard.filed.incident
    path = reverse("incidents:receipt", args=[incident.uuid])
    return CordOut(
        filed=True,
        new=heard.filed.is_new,
        codename=incident.codename,
        counts_as=heard.filed.counts_as,
        paused=heard.paused,
        receipt=f"{settings.ENVIRONMENT.url}{path}",
    )
