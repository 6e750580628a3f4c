"""A browser is named so that its owner knows it again."""

import pytest

from accounts.devices import named

MOZILLA = "Mozilla/5.0 "
LIKE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "


@pytest.mark.parametrize(
    ("says", "name"),
    [
        (
            f"{MOZILLA}(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (f"{MOZILLA}(Windows NT 10.0) {LIKE}Safari/537.36", "Chrome on Windows"),
        (f"{MOZILLA}(Windows NT 10.0) {LIKE}Safari/537.36 Edg/142.0", "Edge on Windows"),
        (f"{MOZILLA}(Linux; Android 15) {LIKE}Mobile Safari/537.36", "Chrome on Android"),
        (f"{MOZILLA}(iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        (f"{MOZILLA}(Macintosh; Intel Mac OS X 10_15) Safari/605.1", "Safari on macOS"),
        ("curl/8.9", "curl/8.9"),
        ("", "Unknown device"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_browser_is_named_by_what_it_is_and_where(says, name):
    assert named(says) == name
