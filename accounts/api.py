"""Who calls the API, and with which rights."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja.security import HttpBearer
from pydantic import AfterValidator

from accounts import secrets, strangers, tokens
from accounts.actors import Actor
from accounts.models import ApiToken, Scope, User
from accounts.problems import Problem


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("text without NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("text without halves of characters") from error
    return text


# For every text of a body: PostgreSQL stores neither NUL nor half a letter, and the caller should
# hear that from us.
Text = Annotated[str, AfterValidator(_storable)]

# For every key of a row that is sent: no column holds a greater one.
LARGEST_KEY = 2**63 - 1


class ApiRequest(HttpRequest):
    """A request that passed `Token`; for annotations only."""

    auth: ApiToken


class Token(HttpBearer):
    """Let in whoever presents a token of a person that has the scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        address = request.META.get("REMOTE_ADDR", "")
        try:
            return self._recognise(request.headers.get("Authorization", ""), address)
        except strangers.TooMany as refusal:
            raise Problem(429, str(refusal)) from refusal
        except tokens.LacksScope as refusal:
            raise Problem(403, str(refusal)) from refusal
        except tokens.Refused as refusal:
            if isinstance(refusal, tokens.Unknown):
                strangers.note(address)
            raise Problem(401, str(refusal)) from refusal

    def _recognise(self, header: str, address: str) -> ApiToken:
        # What is no token at all is looked up nowhere, and is told so however often it comes.
        if presented := secrets.from_header(header):
            strangers.check(address, presented.key_id)
        token = tokens.recognise(header, scope=self.scope)
        strangers.trust(token.key_id)
        return token

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError("__call__ looks at the header itself, to tell why it refuses")


def person_of(request: ApiRequest) -> User:
    return request.auth.owner


def bound_to(request: ApiRequest) -> tuple[str, ...]:
    """The slugs of the programs that the token is for; none if it is for all its owner may."""
    return tuple(request.auth.programs)


def actor_of(request: ApiRequest) -> Actor:
    """The person whose token this is."""
    return Actor.person(request.auth.owner, via="api")
