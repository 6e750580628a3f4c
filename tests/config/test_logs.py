"""No log line says what people wrote."""

import io
import json
import logging
import re
import time

import pytest
import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.functions import Function
from accounts.models import User
from config import logs
from notifications import links, paging, policies
from notifications.models import Page
from programs import confirmations, pauses
from programs.models import HookCall
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller

CANARY = "PAYROLL-CANARY"


@pytest.fixture
def log():
    """What is logged at INFO, in the form of production."""
    form = logs.configuration(level="INFO", form="json")["formatters"]["lines"]
    form = {name: value for name, value in form.items() if name != "()"}
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**form))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.django_db
def test_no_line_about_the_page_for_participants_says_who_was_there(log):
    person, program = make.user(), make.program()
    client = Client()
    client.force_login(person)
    page = f"/programs/{program.slug}/for-participants/"
    client.get(f"/programs/{program.slug}/")
    client.post(f"{page}choose/", {"subject": CANARY, "choice": "go_on"}, follow=True)

    named = {line["request"]: line.get("user_id") for line in lines(log) if "code" in line}
    assert named == {
        f"GET /programs/{program.slug}/": person.pk,
        f"POST {page}choose/": None,
        f"GET {page}": None,
    }
    assert CANARY not in log.getvalue()


def fail(*_args, **_kwargs):
    try:
        raise KeyError(f"{CANARY} in the cause")
    except KeyError as error:
        raise ValueError(f"{CANARY} in the message") from error


@pytest.mark.django_db
def test_a_report_from_sending_to_a_handler_that_fails_leaves_no_word_of_it(
    log, monkeypatch, engine
):
    caller = Caller(make.user())
    words = {name: f"{CANARY} {name}" for name in ("title", "detail", "reference", "found_how")}
    assert caller.post("/incidents", words).status_code == 201
    monkeypatch.setattr(paging, "open_for", fail)
    engine.work()
    (failed,) = [line for line in lines(log) if line["event"] == "due_failed"]
    assert failed["exception"].endswith("builtins.KeyError")
    assert "builtins.ValueError" in failed["exception"]
    assert "in fail" in failed["exception"]
    assert CANARY not in log.getvalue()


@pytest.mark.django_db
def test_a_failure_of_ours_in_the_api_leaves_no_word_of_the_request(log, monkeypatch):
    monkeypatch.setattr("incidents.api.reporting.file_report", fail)
    answer = Caller(make.user()).post("/incidents", {"title": CANARY})
    assert answer.status_code == 500
    assert "api_failed" in [line["event"] for line in lines(log)]
    assert CANARY not in log.getvalue()


@pytest.mark.django_db
def test_a_failure_of_ours_in_a_page_leaves_no_word_of_it(log, monkeypatch):
    monkeypatch.setattr("config.health._database", fail)
    answer = Client(raise_request_exception=False).get(f"/readyz?q={CANARY}")
    assert answer.status_code == 500
    assert "builtins.ValueError" in log.getvalue()
    assert CANARY not in log.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", [{"title": "x", "audience": CANARY}, {"title": "x", "program": CANARY}, f"{{{CANARY}"]
)
def test_a_refused_request_leaves_no_word_of_it(log, body):
    answer = Caller(make.user()).post("/incidents", body)
    assert answer.status_code in (400, 422)
    assert lines(log)
    assert CANARY not in log.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/report/", "/incidents/", "/nowhere/", "/api/v1/programs"])
def test_what_stands_behind_a_question_mark_is_not_logged(log, path):
    Client(raise_request_exception=False).get(f"{path}?title={CANARY}")
    requests = [line["request"] for line in lines(log) if "request" in line]
    assert f"GET {path}?..." in requests
    assert CANARY not in log.getvalue()


@pytest.mark.django_db
def test_the_token_of_a_link_is_not_logged(log, engine):
    make.user(Function.COMMANDER)
    policies.ensure_general_policies(actor=make.SYSTEM)
    make.incident(Sev.SEV2)
    engine.work()
    token = links.acknowledge_url(Page.objects.get()).rstrip("/").rpartition("/")[2]
    for each in (token, token + "x"):
        Client(raise_request_exception=False).get(f"/acknowledge/{each}/")
    assert "/acknowledge/.../" in log.getvalue()
    assert token not in log.getvalue()


@pytest.mark.django_db
def test_the_token_of_a_confirmation_is_not_logged(log):
    program = make.program()
    make.hook(program)
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    url = confirmations.url_for(HookCall.objects.get())
    answer = Client().post(url, {"state": "bogus"}, content_type="application/json")
    assert answer.status_code == 422
    assert "/api/v1/confirmations/..." in log.getvalue()
    assert url.rpartition("/")[2] not in log.getvalue()


# Names and numbers that open nothing. Whatever else stands in an address may be a secret.
HARMLESS = {"call", "control", "generation", "number", "part", "pk", "provider_id", "ref", "slug"}
HARMLESS |= {"runbook", "rota", "override", "rule", "version", "board"}
# What is sent to it is believed by its signature.
HARMLESS |= {"ident"}
HARMLESS |= {"broadcast", "bundle", "entry", "evidence", "exposure", "grant", "relation", "role"}
HARMLESS |= {"dataset", "how", "id", "look", "source", "step", "swap", "task", "what"}
HARMLESS |= {"proposal", "firing", "item", "draft", "run", "wish"}
NUMBERS_OF_KEYS = {"pull_cord", "withdraw-key"}
_PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def addresses(resolver=None, before="/"):
    """Each address that there is, as (name, its form)."""
    for pattern in (resolver or get_resolver()).url_patterns:
        form = before + str(pattern.pattern).strip("^$")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, form)
        else:
            yield pattern.name, form


def with_a_canary(name, form):
    """An address of this form whose every secret is the canary."""

    def part(match):
        what = match[1] or match[2]
        known = what in HARMLESS or (what == "key" and name in NUMBERS_OF_KEYS)
        return "x" if known else CANARY

    return _PART.sub(part, form)


SECRET = {form for name, form in addresses() if CANARY in with_a_canary(name, form)}


@pytest.mark.parametrize("address", [with_a_canary(*each) for each in addresses()])
def test_no_secret_of_any_address_is_logged(address):
    for said in (f"GET {address}", f"Not Found: {address}", address):
        line = logs.without_what_people_wrote(None, "", {"request": said, "event": said})
        assert CANARY not in f"{line}"


def test_the_addresses_with_secrets_are_found():
    found = " ".join(SECRET)
    for place in (
        "/acknowledge/",
        "/calendars/",
        "/receipts/",
        "/confirmations/",
        "/reset/key/",
        "/wall/",
    ):
        assert place in found


def test_a_row_of_the_database_is_not_logged(log, db):
    address = "canary@demo.example"
    make.user(email=address)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        User.objects.create(username="other", email=address)
    error = refusal.value
    assert address in str(error)
    for logger in (logging.getLogger("plain"), structlog.get_logger("ours")):
        logger.error("failed", exc_info=(type(error), error, error.__traceback__))
    assert address not in log.getvalue()
    assert log.getvalue().count("django.db.utils.IntegrityError") == 2


def test_a_line_is_one_json_object_with_its_time_in_utc(log):
    structlog.get_logger("ours").info("engine_started", kinds=3)
    (line,) = lines(log)
    assert (line["event"], line["kinds"], line["level"]) == ("engine_started", 3, "info")
    assert line["timestamp"].endswith("Z")
    assert line["logger"] == "ours"


def test_a_line_for_the_console_can_be_read(capsys):
    form = logs.configuration(level="INFO", form="console")["formatters"]["lines"]
    formatter = structlog.stdlib.ProcessorFormatter(
        **{name: value for name, value in form.items() if name != "()"}
    )
    record = logging.makeLogRecord({"msg": "hello", "levelname": "INFO", "name": "ours"})
    assert "hello" in formatter.format(record)


def test_the_level_and_the_form_come_from_the_environment():
    assert settings.LOGGING["root"]["level"] == settings.ENVIRONMENT.log_level


def test_a_path_of_many_slashes_is_looked_through_once():
    began = time.process_time()
    event = {"request": "GET " + "/" * 30_000}
    assert logs.without_what_people_wrote(None, "", event) == {"request": "GET " + "/" * 30_000}
    asked = logs.without_what_people_wrote(None, "", {"request": "GET /a/b?q=1 and /c?d"})
    assert asked == {"request": "GET /a/b?... and /c?..."}
    assert time.process_time() - began < 1
