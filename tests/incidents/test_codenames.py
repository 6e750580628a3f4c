"""Names that say nothing."""

import re

import pytest

from incidents import codenames


def test_a_codename_is_two_words():
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", codenames.choose(lambda _: False))


def test_a_codename_that_is_taken_is_not_chosen():
    seen = []

    def taken(name):
        seen.append(name)
        return len(seen) < 10

    assert codenames.choose(taken) == seen[9]


def test_when_names_run_short_a_number_follows():
    assert re.fullmatch(r"\w+ \w+ \d{4}", codenames.choose(lambda _: True))


@pytest.mark.parametrize("words", [codenames._FIRST, codenames._SECOND])
def test_each_word_is_there_once(words):
    assert len(set(words)) == len(words) >= 60


def test_there_are_enough_names_for_years():
    assert len(codenames._FIRST) * len(codenames._SECOND) > 4_000


def test_a_codename_is_known_again():
    for name in (codenames.choose(lambda _: False), *codenames.several(2, lambda _: set())):
        assert codenames.is_one(name)
    for other in ("Amber Ada", "Noor Otter", "Amber Otter Ada", "Amber Otter 1 2", "", None, ["A"]):
        assert not codenames.is_one(other)
