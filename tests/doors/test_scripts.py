"""What people write is text: on no page does it become a script, a frame, a link out or a request.

Each text of the world holds attacks, and every page of it is taken apart as a browser does.
"""

from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.db import transaction

from tests.doors import leaks, walk
from tests.doors import world as worlds

ATTACKS = {
    "markup": "\"'></textarea></title></script><script>7</script><img src=x onerror=alert(7)>",
    "svg": "<svg/onload=alert(7)><iframe srcdoc='<script>7</script>'></iframe><base href=//x>",
    "markdown": "[a](javascript:alert(7)) ![b](https://evil.example/b) <a href=data:text/html,7>c",
    "htmx": '<div hx-get="/evil/" hx-trigger=load data-hx-post="/evil/">d</div> {{7*7}} {% now %}',
}
SCHEMES = ("javascript:", "data:text", "vbscript:", "//")
READERS = ("privacy_officer",)


class Taken(HTMLParser):
    """Notes whatever on a page could run, load or send something that is not Andon's own."""

    def __init__(self):
        super().__init__()
        self.harm = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in ("iframe", "object", "embed", "base", "svg:script"):
            self.harm.append(tag)
        if tag == "script" and not (named.get("src") or "").startswith("/static/"):
            self.harm.append("script")
        for name, value in attrs:
            said = (value or "").strip().lower()
            if name.startswith("on"):
                self.harm.append(name)
            # A link that somebody follows may lead out; what loads by itself may not.
            if name in ("href", "src", "action", "formaction") and said.startswith(SCHEMES):
                self.harm.append(said)
            if name == "src" and not said.startswith(("/", "data:image/")):
                self.harm.append(said)
            if "hx-" in name and "evil" in said:
                self.harm.append(name)


@pytest.fixture(scope="module", params=ATTACKS)
def attacked(request, django_db_setup, django_db_blocker):
    attack = ATTACKS[request.param]
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        cache.clear()
        patch.setattr(worlds, "WORDS", attack)
        yield worlds.build()
        transaction.set_rollback(True)


@pytest.mark.rotates
@pytest.mark.parametrize("name", READERS)
def test_no_text_becomes_anything_but_text(attacked, db, name):
    harmed = {}
    for path in leaks.addresses(attacked):
        if path.startswith("/api/"):
            # Django Ninja's own page about the API; it shows nothing that people write.
            continue
        answer = walk.knock(attacked.people[name].client, "get", path)
        if not answer["Content-Type"].startswith("text/html"):
            continue
        assert answer.status_code < 500, path
        taken = Taken()
        taken.feed(answer.said)
        if taken.harm:
            harmed[path] = taken.harm
    assert harmed == {}


def test_the_attacks_are_on_the_pages(attacked, db):
    """Else the tests above find no harm because there is none."""
    path = f"/incidents/{attacked.incident.ref}/"
    said = walk.knock(attacked.people["close"].client, "get", path).said
    assert "alert(7)" in said or "evil" in said


def test_what_is_taken_apart_is_found():
    taken = Taken()
    taken.feed("".join(ATTACKS.values()))
    assert {"script", "onerror", "onload", "iframe", "base", "hx-get"} <= set(taken.harm)
