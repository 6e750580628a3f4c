"""What reaches people lies sealed in the database, opens with its keys, and moves to new ones."""

import base64
import json
from dataclasses import replace
from importlib import import_module
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from notifications import contacts, hints, trying, vault
from notifications.models import ContactMethod, ContactTry, Method, Page
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

ADDRESS = "https://pager.example/ada?token=canary"
FIRST, SECOND = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))


@pytest.fixture
def keys(settings):
    def name(*texts, signing="s" * 50):
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, vault_keys=list(texts))
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = signing, []

    name(FIRST)
    return name


@pytest.fixture
def hook(db, keys):
    return ContactMethod.objects.create(
        person=make.user(), method=Method.WEBHOOK, address=ADDRESS, secret="whsec_" + "A" * 32
    )


def rotate():
    said = StringIO()
    call_command("rotate_vault", stdout=said)
    return said.getvalue().strip()


def columns(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t) FROM {table} t")
        return json.dumps(cursor.fetchall())


def test_an_address_is_nowhere_in_the_database_as_it_was_said(hook):
    assert (hook.address, hook.secret) == (ADDRESS, "whsec_" + "A" * 32)
    everything = columns("notifications_contactmethod")
    everything += columns("notifications_historicalcontactmethod")
    assert "pager.example" in everything
    assert "canary" not in everything
    assert "whsec_" not in everything
    assert not hasattr(hook.history.get(), "sealed_address")


def test_no_plain_text_gets_into_a_sealed_column(hook):
    hook.sealed_address = ADDRESS
    with pytest.raises(ValueError, match="never a plain text"):
        hook.save()


def test_a_new_key_in_front_opens_what_was_sealed_before_and_seals_what_comes(hook, keys):
    keys(SECOND, FIRST)
    assert hook.address == ADDRESS
    assert not vault.is_fresh(hook.sealed_address)
    assert vault.is_fresh(vault.seal("new"))


def test_rotating_seals_all_anew_so_that_the_former_key_can_go(hook, keys):
    keys(SECOND, FIRST)
    assert rotate() == "2 sealed anew, 0 were already, 0 unreadable."
    assert rotate() == "0 sealed anew, 2 were already, 0 unreadable."
    keys(SECOND)
    hook.refresh_from_db()
    assert hook.address == ADDRESS
    assert hook.history.count() == 1


def test_what_was_interrupted_is_done_by_the_next_run(hook, keys, monkeypatch):
    other = ContactMethod.objects.create(person=hook.person, method=Method.EMAIL, address="a@b.c")
    keys(SECOND, FIRST)
    seal = vault.seal
    with monkeypatch.context() as patch:
        patch.setattr(vault, "seal", lambda text: {}[text] if text == "a@b.c" else seal(text))
        patch.setattr("notifications.rotating.BATCH", 1)
        with pytest.raises(KeyError):
            rotate()
    assert rotate() == "2 sealed anew, 1 were already, 0 unreadable."
    other.refresh_from_db()
    assert other.address == "a@b.c"


def test_a_key_that_was_taken_out_too_early_is_missed_by_name_and_nothing_is_lost(hook, keys):
    keys(SECOND)
    with pytest.raises(vault.Unreadable, match="put it into ANDON_VAULT_KEYS"):
        _ = hook.address
    with pytest.raises(CommandError, match="2 texts are sealed with a key that is not in"):
        rotate()
    keys(SECOND, FIRST)
    assert hook.address == ADDRESS


def test_what_was_changed_in_the_database_is_not_opened(hook):
    hook.sealed_address = hook.sealed_address[:-6] + "AAAA=="
    with pytest.raises(vault.Unreadable):
        _ = hook.address


def test_what_the_signing_key_sealed_still_opens_when_keys_are_named(db, keys):
    keys()
    sealed = vault.seal(ADDRESS)
    keys(FIRST)
    assert vault.unseal(sealed) == ADDRESS
    keys(FIRST, signing="t" * 50)
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed)


def test_whose_address_cannot_be_opened_holds_up_nobody_else(
    commander, keys, engine, mailoutbox, settings
):
    other = make.user(*commander.functions)
    hook = ContactMethod.objects.create(
        person=commander,
        method=Method.WEBHOOK,
        address=ADDRESS,
        secret="whsec_" + "A" * 32,
        verified_at=timezone.now(),
    )
    keys(SECOND)
    make.incident(Sev.SEV2)
    engine.work()
    assert [mail.to for mail in mailoutbox] == [[other.email]]
    page = Page.objects.get(contact=hook)
    assert "put it into ANDON_VAULT_KEYS" in page.tries.get().answer
    assert page.hint == "pager.example"
    assert not Entry.objects.filter(body__contains="canary").exists()


def test_a_code_whose_key_is_gone_is_no_longer_good(hook, keys):
    trying.ask(hook, ContactTry.Kind.CODE)
    keys(SECOND)
    with pytest.raises(contacts.Refused, match="no longer good; have another one sent"):
        trying.confirm(hook, "123456", actor=make.SYSTEM)
    reader = Reader(hook.person)
    there = reader.post(f"/profile/contacts/{hook.pk}/do/", do="confirm", code="123456")
    assert "Is no longer good" in reader.reads(there["Location"])


def test_a_fresh_key_is_one_that_the_environment_takes(keys):
    said = StringIO()
    call_command("rotate_vault", "--make-key", stdout=said)
    keys(said.getvalue().strip())
    assert vault.unseal(vault.seal(ADDRESS)) == ADDRESS


@pytest.mark.parametrize("text", ["short", "é" * 44, "A" * 43, "A" * 44 + "=="])
def test_an_odd_key_stops_the_start_and_is_not_said(monkeypatch, text):
    monkeypatch.setenv("ANDON_VAULT_KEYS", f"{FIRST},{text}")
    with pytest.raises(ImproperlyConfigured, match="ANDON_VAULT_KEYS: key 2 is not 32") as error:
        import_module("config.environment").read()
    assert text not in str(error.value)


ADDRESSES = {
    "https://u:p@hooks.example:8443/services/T0/B0/secret": "hooks.example",
    "http://localhost/x": "localhost",
    "ada.obi@demo.example": "a…@demo.example",
    "tgram://123456:token/987": "tgram://…",
    "+44 20 7946 0123": "…0123",
    "1234567": "…",
    "https://[": "…",
    "": "…",
}


@pytest.mark.parametrize(("address", "shown"), ADDRESSES.items())
def test_a_hint_tells_the_owner_and_nobody_else(address, shown):
    assert hints.hint(address) == shown
