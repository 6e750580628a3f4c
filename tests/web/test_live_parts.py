"""Live parts: cheap to ask for, the same as on the page, and free of forms."""

import re
from html import unescape

import pytest
import time_machine
from django.utils import timezone

from incidents import timeline
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    program = make.program()
    make.lease(make.collector(program))
    return make.incident(Sev.SEV2, program=program)


@pytest.fixture
def runner(incident):
    return let_in(incident)


def parts(incident):
    page, program = url(incident), f"/programs/{incident.program.slug}/"
    return {
        "/board/live/": "/",
        f"{page}live/head/": page,
        f"{page}live/story/": page,
        f"{page}live/collection/": page,
        f"{page}escalation/": page,
        f"{program}live/stand/": program,
    }


def test_the_page_names_each_part_by_the_tag_it_would_answer(incident, runner):
    for part, page in parts(incident).items():
        tag = runner.get(part)["ETag"]
        assert f'data-etag="{tag}"' in unescape(runner.get(page).content.decode())


def test_time_alone_is_no_news(incident, runner):
    part = url(incident, "live/head/")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        before = runner.get(part)
        clock.shift(65)
        after = runner.get(part)
    assert before.content != after.content
    assert before["ETag"] == after["ETag"]


def test_who_has_a_part_already_gets_no_copy(incident, runner):
    for part in parts(incident):
        first = runner.get(part)
        again = runner.get(part, **{"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert again["ETag"] == first["ETag"]


def test_news_has_another_tag(incident, runner):
    part = url(incident, "live/story/")
    before = runner.get(part)["ETag"]
    timeline.write(incident, "update", "Something new.", actor=make.actor(runner.person))
    answer = runner.get(part, **{"If-None-Match": before})
    assert answer.status_code == 200
    assert "Something new." in answer.content.decode()


def test_no_part_holds_a_form_or_a_token(incident, runner):
    for part in parts(incident):
        content = runner.get(part).content.decode()
        assert not re.search(r"<form|csrf|<input|<button type=\"submit\"", content)


def test_no_part_is_kept_by_a_browser(incident, runner):
    for part in parts(incident):
        assert "no-store" in runner.get(part)["Cache-Control"]


def test_only_a_named_part_can_be_asked_for(incident, runner):
    assert runner.get(url(incident, "live/secrets/")).status_code == 404
    assert runner.get(f"/programs/{incident.program.slug}/live/secrets/").status_code == 404


def test_whoever_may_not_see_machines_gets_none(incident, reporter):
    path = f"/programs/{incident.program.slug}/"
    assert reporter.get(f"{path}live/machines/").status_code == 403
    assert "laptop-" not in reporter.reads(path)


def test_a_live_part_is_told_to_screen_readers_by_its_count_alone(runner):
    page = runner.get("/").content.decode()
    assert page.count('role="status"') == 1
    assert "data-say" in page
    assert "aria-live" not in page
