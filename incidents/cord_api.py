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
from accounts.asking import refuse_unknown
from accounts.problems import Problem, responses
from incidents import alerts, envelopes, inbound, monitors, refusals, sources
from incidents.inbound import Taken
from incidents.monitors import Heard
from programs import keys
from programs.admission import admit
from programs.models import ProgramKey

router = Router(tags=["monitors"])
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
_CE = ("ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time")
_HEADER = {"in": "header", "required": False, "schema": {"type": "string"}}
# Any object is read, so any is allowed here; docs/collectors/monitor.md says what is looked for.
_DESCRIBED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    "parameters": [{"name": name, **_HEADER} for name in (*_SIGNED, "Idempotency-Key", *_CE)],
}


class KeyRequest(HttpRequest):
    """A request that passed `MonitorKey`; for annotations only."""

    auth: ProgramKey


class CordOut(Schema):
    """What became of an alert. A monitor learns no more than whether it was heard."""

    filed: bool = Field(description="False if it is over and nothing of it was open.")
    new: bool
    became: str = Field(
        description="`opened`, `updated`, `resolved` (noted there as over) or `nothing`."
    )
    codename: str | None
    counts_as: int | None
    paused: bool = Field(description="The program stands still because of this very incident.")
    receipt: str | None = Field(description="For the person who issued the key.")


class MonitorKey(HttpBearer):
    """Let in a monitor that shows the text of its key, or signs with the key's webhook secret."""

    def __call__(self, request: HttpRequest) -> Any:
        assert request.resolver_match
        named = request.resolver_match.kwargs["key"]
        try:
            key = admit(request, named, lambda: _recognise(request, named))
            # Here, and not where every operation is asked, so that it stands among the refusals.
            refuse_unknown(request)
            return key
        except Problem as problem:
            # Who guessed too often costs no look into the database.
            if problem.status != 429:
                refusals.note(named, problem.detail, status=problem.status)
            raise

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError("__call__ looks at all headers itself")


def _recognise(request: HttpRequest, named: str) -> ProgramKey:
    if _is_signed(request):
        headers = {name: request.headers.get(name, "") for name in _SIGNED}
        return keys.signed_by(named, body=_body(request), headers=headers)
    presented = secrets.from_header(request.headers.get("Authorization", ""))
    if presented and presented.key_id != named:
        raise keys.Unknown("The path names another key than the Authorization header.")
    key = keys.recognise(presented, ProgramKey.Kind.MONITOR)
    if sources.shape_of(key).must_sign:
        raise keys.Unknown("This source signs what it sends; its key alone opens nothing.")
    return key


def _is_signed(request: HttpRequest) -> bool:
    # Who signs is judged by the signature, whatever stands beside it.
    return "webhook-signature" in request.headers


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

    Takes Prometheus Alertmanager's webhook, CloudEvents 1.0, any object with a `title`, `severity`
    and `url`, alone or as the `data` of a Standard Webhook, and other JSON by a mapping. The same
    `webhook-id` twice makes one incident.
    """
    try:
        taken = _take(request)
    except Problem as problem:
        refusals.note_for(request.auth, problem.detail, status=problem.status)
        raise
    is_new = taken.heard is not None and taken.heard.filed.is_new
    return Status(201 if is_new else 200, _answer(taken))


def _take(request: KeyRequest) -> Taken:
    body, key = _body(request), request.auth
    headers = {name.lower(): value for name, value in request.headers.items()}
    shape = sources.shape_of(key)
    try:
        opened = envelopes.read(shape, body, headers, signed=_is_signed(request))
    except alerts.Unreadable as refusal:
        raise Problem(400, str(refusal)) from refusal
    try:
        return inbound.take(key, opened, body=body)
    except monitors.Refused as refusal:
        allowed = key.program.slug
        raise Problem(422, str(refusal), field="program", allowed=allowed) from refusal


def _answer(taken: Taken) -> CordOut:
    if taken.heard is None:
        nothing = dict.fromkeys(("codename", "counts_as", "receipt"))
        return CordOut(filed=False, new=False, became=taken.outcome, paused=False, **nothing)
    return _receipt(taken.outcome, taken.heard)


def _receipt(outcome: str, heard: Heard) -> CordOut:
    incident = heard.filed.incident
    path = reverse("incidents:receipt", args=[incident.uuid])
    return CordOut(
        filed=True,
        new=heard.filed.is_new,
        became=outcome,
        codename=incident.codename,
        counts_as=heard.filed.counts_as,
        paused=heard.paused,
        receipt=f"{settings.ENVIRONMENT.url}{path}",
    )
