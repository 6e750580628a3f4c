"""The tree over the record: as RFC 6962 defines it, however it was grown."""

import hashlib

import pytest

from audit import merkle
from audit.merkle import Frontier

HASHES = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(2100)]
SIZES = [*range(1, 18), 1023, 1024, 1025, 2048, 2100]


def by_the_book(leaves):
    """MTH of RFC 6962, section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + by_the_book(leaves[:k]) + by_the_book(leaves[k:])).digest()


def grown(*parts):
    tree = Frontier()
    for part in parts:
        tree.grow(part)
    return tree


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_rfc(size):
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(each)).digest() for each in HASHES[:size]]
    assert grown(HASHES[:size]).root == by_the_book(leaves).hex()


def test_a_tree_of_nothing_has_the_hash_of_nothing():
    assert Frontier().root == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("cut", [0, 1, 7, 1000, 1024, 1500])
def test_a_tree_grows_alike_in_one_go_and_after_a_pause(cut):
    first = grown(HASHES[:cut])
    again = Frontier.read(first.size, first.text)
    again.grow(HASHES[cut:])
    assert again.root == grown(HASHES).root


@pytest.mark.parametrize("size", SIZES)
def test_a_path_leads_from_each_leaf_to_the_root(size):
    root = grown(HASHES[:size]).root
    for place in {0, size // 3, size - 1}:
        steps = merkle.path(place, iter(HASHES), size)
        assert merkle.root_of(HASHES[place], place, size, steps) == root


def test_a_path_of_another_entry_leads_elsewhere():
    steps = merkle.path(3, HASHES, 10)
    assert merkle.root_of(HASHES[4], 3, 10, steps) != grown(HASHES[:10]).root


@pytest.mark.parametrize(("place", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_that_is_not_there_has_no_path(place, size):
    with pytest.raises(ValueError, match="has no leaf"):
        merkle.siblings(place, size)


def test_a_path_of_another_length_is_refused():
    with pytest.raises(ValueError, match="needs 2"):
        merkle.root_of(HASHES[0], 0, 3, [])


def test_parts_that_make_no_tree_are_refused():
    with pytest.raises(ValueError, match="do not make a tree"):
        Frontier.read(3, HASHES[0])
