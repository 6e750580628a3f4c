"""The ladder, where a smaller number is worse."""

import pytest

from severity.ladder import Sev, label, mildest, worst


def test_a_smaller_number_is_at_least_as_severe():
    assert Sev.SEV1.at_least(Sev.SEV2)
    assert Sev.SEV2.at_least(Sev.SEV2)
    assert not Sev.SEV3.at_least(Sev.SEV2)


def test_the_worst_of_several_is_the_smallest_number():
    assert worst(Sev.SEV4, Sev.SEV1, Sev.SEV3) is Sev.SEV1
    assert worst(Sev.SEV4) is Sev.SEV4
    assert mildest(Sev.SEV4, Sev.SEV1) is Sev.SEV4


@pytest.mark.parametrize(("sev", "said"), [(Sev.SEV0, "SEV 0"), (None, "undetermined")])
def test_a_level_is_said_as_people_say_it(sev, said):
    assert label(sev) == said
