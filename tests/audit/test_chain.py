"""The chain as such: what is wrong with a stream, told from its links alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from audit import chain
from audit.chain import Link

AT = datetime(2026, 6, 18, 9, 30, 0, 120_000, tzinfo=UTC)


def stream(length=4):
    links, prev = [], chain.GENESIS
    for seq in range(1, length + 1):
        link = Link("incident:1", seq, AT + timedelta(seconds=seq), f'{{"n":{seq}}}', prev, "")
        link = replace(link, hash=chain.digest(link))
        links.append(link)
        prev = link.hash
    return links


def found(links):
    return [(flaw.seq, flaw.what) for flaw in chain.flaws(links)]


def test_what_was_written_has_no_flaws():
    assert found(stream()) == []
    assert found([]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"body": '{"n":9}'},
        {"at": AT},
        {"stream": "incident:2"},
        {"hash": "f" * 64},
        {"prev": "f" * 64},
    ],
)
def test_a_changed_link_is_named(change):
    links = stream()
    links[1] = replace(links[1], **change)
    assert (2, "was changed after it was written") in found(links)


def test_a_link_that_was_changed_with_its_own_hash_breaks_the_next():
    links = stream()
    links[1] = replace(links[1], body='{"n":9}')
    links[1] = replace(links[1], hash=chain.digest(links[1]))
    assert found(links) == [(3, "does not follow the entry before it")]


def test_a_removed_link_is_named():
    links = stream()
    del links[1]
    assert found(links) == [(3, "entry 2 is missing")]


def test_a_removed_first_link_is_named():
    assert found(stream()[1:]) == [(2, "entry 1 is missing")]


def test_links_that_changed_places_are_named():
    one, two, three, four = stream()
    assert (3, "entry 2 is missing") in found([one, three, two, four])


def forged(*, at):
    """A stream whose last link was made anew, with its own hash and another time."""
    *links, last = stream()
    last = replace(last, at=at)
    return [*links, replace(last, hash=chain.digest(last))]


def test_a_link_that_is_earlier_than_the_one_before_it_is_named():
    before = stream()[-2].at
    assert found(forged(at=before - timedelta(microseconds=1))) == [
        (4, "is earlier than the entry before it")
    ]
    assert found(forged(at=before)) == []


def test_a_time_is_hashed_as_utc_whatever_zone_it_came_in():
    assert chain.stamp(AT) == "2026-06-18T09:30:00.120000Z"
    assert chain.stamp(AT.astimezone(timezone(timedelta(hours=-7)))) == chain.stamp(AT)


def test_a_body_has_one_text_whatever_the_order_it_was_given_in():
    assert chain.canonical({"b": 1, "a": [True, None, "ü"]}) == '{"a":[true,null,"ü"],"b":1}'
    assert chain.canonical({"a": 1, "b": 2}) == chain.canonical({"b": 2, "a": 1})


def test_a_commitment_depends_on_salt_and_text():
    one = chain.commitment("salt", "text")
    assert one != chain.commitment("tlas", "text")
    assert one != chain.commitment("salt", "texts")
