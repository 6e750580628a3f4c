"""Secrets are made at random, recognised by their form, and compared in constant time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import secrets


def test_a_minted_secret_can_be_taken_apart_and_recognised():
    minted = secrets.mint("c")
    presented = secrets.parse(minted.text)
    assert (presented.kind, presented.key_id) == ("c", minted.key_id)
    assert secrets.matches(presented, minted.secret_hash)
    assert presented.secret not in minted.secret_hash


def test_no_two_secrets_are_alike():
    texts = {secrets.mint("t").text for _ in range(1000)}
    assert len(texts) == 1000


def test_a_secret_holds_256_random_bits():
    presented = secrets.parse(secrets.mint("t").text)
    assert len(presented.secret) == 43


def test_another_secret_with_the_same_key_id_does_not_match():
    minted, other = secrets.mint("t"), secrets.mint("t")
    forged = secrets.parse(f"andon_t_{minted.key_id}_{secrets.parse(other.text).secret}")
    assert not secrets.matches(forged, minted.secret_hash)


def test_a_secret_may_hold_underscores():
    assert secrets.parse("andon_t_ab12_a_b__c").secret == "a_b__c"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "andon",
        "andon_t_ab12",
        "andon_t_ab12_",
        "andon_t__secret",
        "andon__ab12_secret",
        "_t_ab12_secret",
        "Andon_t_ab12_secret",
        "other_t_ab12_secret",
        "andon_t_ab\x0012_secret",
        "andon_t_ab12_sec\nret",
        "andon_t_ab12_sécret",
        "andon_t_ab12_\udcff",
        "andon_t_ab12_" + "x" * 200,
    ],
)
def test_what_does_not_have_our_form_is_nothing(text):
    assert secrets.parse(text) is None


@given(st.text())
def test_any_text_at_all_is_recognised_or_not_and_never_an_error(text):
    for presented in (secrets.parse(text), secrets.from_header(f"Bearer {text}")):
        if presented:
            assert not secrets.matches(presented, "0" * 64)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "  Bearer "])
def test_the_scheme_is_read_in_any_case(scheme):
    text = secrets.mint("t").text
    assert secrets.from_header(f"{scheme}  {text} ") == secrets.parse(text)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic {}", "{}", "Token {}", "Bearer a {}"])
def test_another_scheme_presents_nothing(header):
    assert secrets.from_header(header.format(secrets.mint("t").text)) is None
