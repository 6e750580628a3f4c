"""How soon a level must rest on a full assessment: hours by day and night, days at work."""

from datetime import UTC, datetime

import pytest

from severity import loading
from severity.duties import Due
from severity.promptness import due_at, words

FRIDAY = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "since", "due"),
    [
        (0, FRIDAY, datetime(2026, 11, 27, 17, 30, tzinfo=UTC)),
        (1, SUNDAY, datetime(2026, 11, 29, 4, 0, tzinfo=UTC)),
        (2, FRIDAY, datetime(2026, 11, 27, 18, 30, tzinfo=UTC)),
        (3, FRIDAY, datetime(2026, 11, 28, 16, 30, tzinfo=UTC)),
        # Monday, Tuesday, Wednesday; a week-end neither counts nor ends it.
        (4, FRIDAY, datetime(2026, 12, 2, 23, 59, 59, tzinfo=UTC)),
        (4, SUNDAY, datetime(2026, 12, 2, 23, 59, 59, tzinfo=UTC)),
        (5, FRIDAY, datetime(2026, 12, 4, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_rules_give_each_level_its_time(level, since, due):
    assert due_at(loading.current().policy.full_assessment_due[level], since) == due


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (Due(1, None), "1 hour"),
        (Due(24, None), "24 hours"),
        (Due(None, 1), "1 business day"),
        (Due(None, 5), "5 business days"),
    ],
)
def test_the_time_is_said_in_words(due, said):
    assert words(due) == said
