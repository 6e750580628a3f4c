"""Services that Apprise knows: which may be used, what they are told, and what became of it."""

import ast
import inspect
import re
import sys

import pytest
import requests
import responses
from apprise.manager_plugins import NotificationManager

from notifications import leash, outbound
from notifications.channels import NotSent, longtail
from tests.notifications.ssrf import message

TWILIO = f"twilio://AC{'a' * 32}:{'b' * 32}@15550001111/15550002222"
ASKED = f"https://api.twilio.com/2010-04-01/Accounts/AC{'a' * 32}/Messages.json"
# Whoever imports these can call out, or run, beside `requests` or beside the thread that is held.
BESIDE = {"socket", "ssl", "smtplib", "http", "subprocess", "asyncio", "threading", "concurrent"}


def test_no_service_that_may_be_used_can_call_out_by_another_way():
    known = NotificationManager()
    known.load_modules()
    for schema in longtail.SERVICES:
        module = sys.modules[known[schema].__module__]
        nodes = list(ast.walk(ast.parse(inspect.getsource(module))))
        names = {a.name.split(".")[0] for n in nodes if isinstance(n, ast.Import) for a in n.names}
        names |= {
            n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level
        }
        assert "requests" in names, schema
        assert not names & BESIDE, schema


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("mailto://a:b@demo.example", "mailto:// is none of the services"),
        ("file:///etc/passwd", "file:// is none of the services"),
        ("https://demo.example/", "https:// is none of the services"),
        ("twilio://x", "cannot be told by it whom to reach"),
        ("tgram://1:a/2/?Template=file:///etc/passwd", "leave out the parameter template"),
        (f"{TWILIO}?verify=no", "leave out the parameter verify"),
        ("nothing", "none of the services"),
        ("twilio://\n", "that can be printed"),
        ("twilio://" + "x" * 500, "at most 500"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_the_reason(address, why):
    assert why in longtail.why_not(address)
    with pytest.raises(NotSent):
        longtail.send(message(address))


@responses.activate
def test_an_sms_carries_what_it_is_about_and_where_to_answer_alone():
    responses.post(ASKED, json={"sid": "SM1"}, status=201)
    link = {"acknowledge_url": "https://andon.demo/acknowledge/x/"}
    assert longtail.send(message(TWILIO, data=link)) == "Twilio: answered 201"
    told = responses.calls[0].request.body
    assert "Amber+Heron" in str(told)
    assert "acknowledge" in str(told)


@responses.activate
def test_a_service_that_refuses_is_a_failure_with_the_reason():
    responses.post(ASKED, json={"code": 20003}, status=401)
    with pytest.raises(NotSent, match="Twilio: answered 401"):
        longtail.send(message(TWILIO))


@responses.activate
@pytest.mark.parametrize(
    ("address", "asked", "answer"),
    [
        (
            f"tgram://123456789:{'a' * 35}/42/",
            f"https://api.telegram.org/bot123456789:{'a' * 35}/sendMessage",
            {"ok": False, "error_code": 400, "description": "Amber Heron is no chat"},
        ),
        (
            f"dingtalk://{'a' * 64}/",
            "https://oapi.dingtalk.com/robot/send",
            {"errcode": 310000, "errmsg": "keywords not in content"},
        ),
    ],
)
def test_a_200_that_says_no_is_a_failure_of_any_service(address, asked, answer):
    responses.post(re.compile(re.escape(asked)), json=answer)
    with pytest.raises(NotSent, match="answered 200: not taken$"):
        longtail.send(message(address))
    responses.replace("POST", re.compile(re.escape(asked)), json={"ok": True, "errcode": 0})
    assert longtail.send(message(address)).endswith("answered 200")


@pytest.mark.parametrize(
    ("said", "no"),
    [
        (b'{"success": false}', True),
        (b'{"status": "FAILED"}', True),
        (b'{"status": "queued", "error_code": null, "errcode": 0}', False),
        (b'{"status": 1, "success": true, "ok": true}', False),
        (b'["ok", false]', False),
        (b"[" * 60_000, False),
        (b"\xff<html>", False),
    ],
)
def test_only_what_says_so_itself_is_a_no(said, no):
    assert leash.says_no(said) is no


def test_only_what_is_held_is_held(internal, receiver):
    with leash.held(until=outbound.in_time()), pytest.raises(requests.ConnectionError):
        requests.get("http://localhost:1/", timeout=1)
    receiver.status = 200
    assert requests.get(internal, timeout=5).status_code == 200
