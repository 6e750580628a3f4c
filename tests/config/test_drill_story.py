"""The drill tells the whole story, however many pages of the API it takes."""

import pytest

from config.drill.play import _story
from incidents.api import PAGE


class Told:
    """Answers as the API: the newest first, a page at a time."""

    def __init__(self, count):
        self.entries = [{"id": pk} for pk in range(count, 0, -1)]

    def call(self, method, path, *, token):
        _path, _mark, before = path.partition("?before=")
        older = [each for each in self.entries if not before or each["id"] < int(before)]
        return older[:PAGE]


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 7])
def test_every_entry_is_told_once(count):
    told = Told(count)
    assert _story(told, "/timeline", "token") == told.entries
