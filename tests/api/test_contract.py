"""The API against its own description: whatever is sent, the answer is one that is described."""

import os
import re
from collections import Counter
from datetime import timedelta
from functools import lru_cache

import pytest
import schemathesis
from django.conf import settings
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck
from hypothesis import settings as how
from ninja import Schema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.functions import Function
from config.api import api
from programs import confirmations, keys
from programs.models import Program, ProgramKey
from severity.ladder import Sev
from tests import make
from tests.api.conftest import token

pytestmark = [pytest.mark.contract, pytest.mark.django_db]

# Of each operation, besides the edges of each value; CONTRACT_EXAMPLES=2000 looks further.
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "8"))
CHECKS = (
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
application = lru_cache(get_wsgi_application)
# What belongs to an incident, by the names of their keys in the addresses.
CHILDREN = ("entry", "task", "relation", "grant", "role", "exposure", "evidence", "step")
CHILDREN += ("proposal", "firing", "item", "draft")
KEY_ID = "0123456789abcdef"
# Signed with the time in it, or numbered anew: the test that is running writes it down here.
WAITING = {"token": "", "rota": ""}
schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/"))


@schema.hook
def map_path_parameters(_context, path_parameters):
    """Half of the time name something that is there: noise alone is answered by 404."""
    names = {"ref": "INC-1", "slug": "keystroke-study", "key": KEY_ID, "token": WAITING["token"]}
    names |= {"control": "T01", "ident": KEY_ID, "broadcast": "1"}
    names |= dict.fromkeys(CHILDREN, "1")
    return {
        name: names.get(name, WAITING.get(name)) if len(str(value)) % 2 else value
        for name, value in (path_parameters or {}).items()
    }


@pytest.fixture(autouse=True)
def _one_connection():
    """Answer in the test's own transaction, as Django's test client does."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def commander():
    """The token of a person who may see and change the incident that is there."""
    program = make.program(slug="keystroke-study")
    make.lease(make.collector(program))
    hook = make.hook(program)
    functions = (Function.COMMANDER, Function.PRIVACY_OFFICER, Function.SECURITY)
    person = make.user(*functions)
    make.incident(Sev.SEV2, program=program)
    rota = make.rota(person)
    make.layer(rota, person)
    WAITING["rota"] = str(rota.pk)
    WAITING["id"] = str(make.policy(levels=(5,)).pk)
    WAITING["token"] = confirmations.url_for(hook.calls.get()).rpartition("/")[2]
    return token(person)


@pytest.fixture
def monitor(commander):
    """The key of a monitor of the program that is there."""
    program = Program.objects.get()
    owner = make.actor(program.owner)
    key, text = keys.issue_for_monitor(program, label="scanner", worst=Sev.SEV2, actor=owner)
    ProgramKey.objects.update(key_id=KEY_ID)
    return text.replace(key.key_id, KEY_ID)


@pytest.mark.rotates
@schema.parametrize()
@how(
    max_examples=EXAMPLES,
    deadline=timedelta(seconds=5),
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
def test_every_answer_is_one_that_is_described(case, commander, monitor):
    cache.clear()
    bearer = monitor if "/cord/" in case.path else commander
    # A refusal ends the transaction that it came up in; here that is one call's, not the test's.
    with transaction.atomic():
        response = case.call(app=application(), headers={"Authorization": f"Bearer {bearer}"})
    case.validate_response(response, checks=CHECKS)


def test_the_description_is_openapi_3_1():
    assert re.fullmatch(r"3\.1\.\d+", schema.raw_schema["openapi"])


def shapes(of=Schema):
    """Every shape that our own code takes or gives."""
    for each in of.__subclasses__():
        if each.__module__.partition(".")[0] in (
            "accounts",
            "incidents",
            "notifications",
            "programs",
        ):
            yield each
        yield from shapes(each)


def test_no_two_shapes_have_one_name():
    # The description knows a shape by its name alone: of two it would show one for both.
    counted = Counter(each.__name__ for each in {*shapes()})
    assert not [name for name, count in counted.items() if count > 1]
    assert len(counted) > 50


# Their last part is a token.
BY_ITS_ADDRESS = ("/api/v1/confirmations/", "/api/v1/wall/")


def test_every_operation_and_every_refusal_is_described():
    for name, path in schema.raw_schema["paths"].items():
        for operation in path.values():
            assert operation["description"]
            assert operation.get("security") or name.startswith(BY_ITS_ADDRESS)
            refusals = {int(s): a for s, a in operation["responses"].items() if int(s) >= 400}
            assert {400, 401, 403, 422, 429} <= set(refusals)
            for answer in refusals.values():
                assert list(answer["content"]) == ["application/problem+json"]


def test_the_key_that_makes_reports_idempotent_is_named_as_it_is_sent():
    (parameter,) = schema.raw_schema["paths"]["/api/v1/incidents"]["post"]["parameters"]
    assert (parameter["name"], parameter["in"]) == ("Idempotency-Key", "header")
    assert settings.ENVIRONMENT.kind == "test"
