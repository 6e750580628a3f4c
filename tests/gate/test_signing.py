import pytest

from programs import signing

MASTER = signing.master_from("a secret of fifty characters or more, as it is in use")
KEY = signing.key_for(MASTER, collector_id=7, generation=3)
WORD = signing.Word(
    program="keystroke-study",
    collector="laptop-7",
    generation=8,
    lease_generation=7,
    stopped_at="2026-11-21T03:12:45.204Z",
    buffer="empty",
    counter=41,
)


def test_what_is_signed_are_the_eight_lines_of_the_protocol():
    assert WORD.text() == (
        "andon-ack-v1\nkeystroke-study\nlaptop-7\n8\n7\n2026-11-21T03:12:45.204Z\nempty\n41"
    )


def test_a_word_counts_with_the_key_that_signed_it_in_either_case():
    signature = WORD.signature(KEY)

    assert WORD.is_signed(signature, key=KEY)
    assert WORD.is_signed(signature.upper(), key=KEY)


@pytest.mark.parametrize(("collector_id", "generation"), [(7, 4), (8, 3), (73, 0)])
def test_each_collector_and_generation_has_a_key_of_its_own(collector_id, generation):
    other = signing.key_for(MASTER, collector_id=collector_id, generation=generation)

    assert not WORD.is_signed(WORD.signature(other), key=KEY)


def test_another_installation_has_other_keys():
    assert signing.master_from("another secret") != MASTER
