"""Other systems on a program's page: added by its runners, seen by insiders, confirmed by hand."""

import re

import pytest

from accounts.functions import Function
from programs import calls, pauses
from programs.models import HookCall, StopOrder
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db

NEW = {
    "name": "Feature store",
    "kind": "dataset_freeze",
    "url": "https://store.example/andon?key=canary",
    "events": ["freeze", "resume"],
    "confirms": "on",
    "confirm_seconds": "120",
}


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def owner(program):
    return Reader(program.owner)


def path(program, ending=""):
    return f"/programs/{program.slug}/{ending}"


def stop(program):
    return pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM).order


def secret_in(answer):
    return re.search(r"whsec_[\w+/=]+", answer.content.decode())[0]


def test_adding_shows_a_secret_once(program, owner):
    answer = owner.post(path(program, "hooks/new/"), **NEW)
    hook = program.hooks.get()
    assert secret_in(answer) == hook.secret
    assert "no-store" in answer["Cache-Control"]
    assert (hook.events, hook.confirms, hook.confirm_seconds) == (["freeze", "resume"], True, 120)
    for page in (path(program), path(program, f"hooks/{hook.pk}/")):
        assert "whsec_" not in owner.get(page).content.decode()


@pytest.mark.parametrize(
    ("field", "sent", "status"),
    [
        ("url", "http://store.example/", 409),
        ("name", "", 422),
        ("events", [], 422),
        ("events", ["burn"], 422),
        ("confirm_seconds", "5", 422),
        ("kind", "toaster", 422),
    ],
)
def test_an_odd_hook_is_refused_at_its_field(program, owner, field, sent, status):
    answer = owner.post(path(program, "hooks/new/"), **(NEW | {field: sent}))
    assert answer.status_code == status
    assert field in answer.context["form"].errors
    assert not program.hooks.exists()


def test_insiders_see_hooks_and_their_hosts_but_not_their_addresses(program, owner):
    owner.post(path(program, "hooks/new/"), **NEW)
    hook = program.hooks.get()
    for page in (path(program), path(program, f"hooks/{hook.pk}/")):
        said = reader(Function.RESPONDER).get(page).content.decode()
        assert "Feature store" in said
        assert "canary" not in said
    assert "store.example" in owner.reads(path(program))


def test_nobody_else_sees_that_there_are_any(program, owner, reporter):
    hook = make.hook(program, name="Feature store")
    assert "Feature store" not in reporter.reads(path(program))
    assert reporter.get(path(program, f"hooks/{hook.pk}/")).status_code == 403


def test_nobody_but_who_runs_the_program_changes_hooks(program, reporter, officer):
    hook = make.hook(program)
    for person in (reporter, officer):
        assert person.get(path(program, "hooks/new/")).status_code == 403
        for ending in ("new/", f"{hook.pk}/", f"{hook.pk}/secret/", f"{hook.pk}/switch/"):
            assert person.post(path(program, f"hooks/{ending}"), **NEW).status_code == 403
    before = hook.secret
    hook.refresh_from_db()
    assert (hook.secret, hook.enabled) == (before, True)


def test_a_hook_of_another_program_is_missing(program, owner):
    strange = make.hook(make.program())
    for ending in ("", "secret/", "switch/", "calls/1/again/", "calls/1/confirm/"):
        assert owner.post(path(program, f"hooks/{strange.pk}/{ending}")).status_code == 404


def test_its_owner_changes_it(program, owner):
    hook = make.hook(program)
    page = path(program, f"hooks/{hook.pk}/")
    assert owner.post(page, **NEW).status_code == 302
    hook.refresh_from_db()
    assert (hook.name, hook.url) == (NEW["name"], NEW["url"])
    assert owner.post(page, **(NEW | {"url": "ftp://x/"})).status_code == 409
    assert secret_in(owner.post(f"{page}secret/")) != hook.secret
    owner.post(f"{page}switch/")
    assert "Switched off" in owner.reads(page)
    owner.post(f"{page}switch/", on="yes")
    assert "Switch it off" in owner.reads(page)


def test_an_order_shows_how_each_hook_stands(program, owner):
    make.hook(program, name="Feature store")
    order = stop(program)
    call = order.calls.get()
    assert "Waiting to be sent" in owner.reads(path(program))
    calls.answered(calls.begin(call.pk), "answered 204")
    assert "Answered, not confirmed" in owner.reads(path(program))
    HookCall.objects.update(confirm_by=order.ordered_at)
    assert "should have confirmed" in owner.reads(path(program))


def test_a_failed_call_is_sent_again_by_whoever_sees_it(program):
    responder = reader(Function.RESPONDER)
    hook = make.hook(program)
    call = stop(program).calls.get()
    again = path(program, f"hooks/{hook.pk}/calls/{call.pk}/again/")
    responder.post(again)
    assert "only one that was given up" in responder.reads(path(program, f"hooks/{hook.pk}/"))
    calls.begin(call.pk)
    calls.give_up(call.pk)
    assert "Send it again" in responder.reads(path(program, f"hooks/{hook.pk}/"))
    responder.post(again)
    call.refresh_from_db()
    assert call.state == HookCall.State.WAITING


def test_who_has_looked_confirms_by_hand_and_is_named(program, reporter):
    responder = reader(Function.RESPONDER, first_name="Sam", last_name="Lind")
    hook = make.hook(program)
    order = stop(program)
    page = path(program, f"hooks/{hook.pk}/")
    by_hand = f"{page}calls/{order.calls.get().pk}/confirm/"
    assert reporter.post(by_hand, state="frozen", detail="I looked.").status_code == 403
    assert responder.post(by_hand, state="frozen", detail="").status_code == 422
    assert responder.post(by_hand, state="stopped", detail="I looked.").status_code == 422
    assert responder.post(by_hand, state="frozen", detail="I looked.").status_code == 302
    order.refresh_from_db()
    assert order.proof == StopOrder.Proof.PROVEN
    assert "by Sam Lind, by hand" in responder.reads(page)
    again = responder.post(by_hand, state="nothing_to_do", detail="I looked.")
    assert again.status_code == 409
    assert "was confirmed as frozen" in words(again)
