"""The picture of a stop turns while it is under way, rests afterwards, and reads as a table."""

import re
from datetime import timedelta

import pytest

from accounts.functions import Function
from programs import pauses, picture, stops
from programs.models import StopProof
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def responder():
    return reader(Function.RESPONDER)


def path(program, ending=""):
    return f"/programs/{program.slug}/{ending}"


def stop(program, ran=3, **fields):
    for number in range(ran):
        make.lease(make.collector(program, name=f"laptop-{number}"))
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM, **fields
    ).order


def acknowledge(order, *names):
    words_ = [
        stops.Acknowledgement(
            proof.collector_id, order.program_id, order.generation, order.ordered_at, "empty", 1
        )
        for proof in order.proofs.filter(collector__name__in=names)
    ]
    stops.acknowledge(words_)


def cells(answer):
    return re.findall(r'<use href="#cell-(\w+)"', answer.content.decode())


def test_each_collector_is_a_mark_with_its_name_and_state_in_words(program, responder):
    order = stop(program)
    acknowledge(order, "laptop-1")
    answer = responder.get(path(program, "live/stop/"))
    assert cells(answer) == ["unknown", "acknowledged", "unknown"]
    picture_ = answer.content.decode()
    assert "<title>laptop-1: Stopped, acknowledged</title>" in picture_
    assert "<title>laptop-2: Pause sent, not confirmed</title>" in picture_
    assert "1 of 3 collectors stopped" in words(answer)


def test_while_it_turns_it_is_asked_for_again_and_answered_only_with_news(program, responder):
    order = stop(program)
    page = responder.get(path(program)).content.decode()
    assert 'hx-trigger="every 1s, stop-news from:body, fresh"' in page
    live = path(program, "live/stop/")
    first = responder.get(live)
    assert first.status_code == 200
    assert f'data-etag="{first["ETag"]}"' in page.replace("&quot;", '"')
    seen = {"If-None-Match": first["ETag"]}
    assert responder.get(live, **seen).status_code == 304
    acknowledge(order, "laptop-0")
    assert responder.get(live, **seen).status_code == 200


def test_once_it_is_settled_nothing_asks_any_more(program, responder):
    order = stop(program)
    acknowledge(order, "laptop-0", "laptop-1", "laptop-2")
    assert responder.get(path(program, "live/stop/")).status_code == 286
    for page in (path(program), path(program, f"stops/{order.generation}/")):
        said = responder.get(page).content.decode()
        assert 'hx-trigger="stop-news from:body, fresh"' in said


def test_a_page_that_was_open_before_hears_of_a_new_stop(program, responder):
    live = path(program, "live/stand/")
    assert "HX-Trigger" not in responder.get(live)
    order = stop(program)
    assert responder.get(live)["HX-Trigger"] == "stop-news"
    acknowledge(order, "laptop-0", "laptop-1", "laptop-2")
    assert "HX-Trigger" not in responder.get(live)


def test_a_stop_that_is_not_proven_is_looked_at_less_often(program, responder):
    make.hook(program)
    order = stop(program, ran=1)
    stops.close(order.pk)
    assert 'hx-trigger="every 5s, ' in responder.get(path(program)).content.decode()
    assert responder.get(path(program, "live/stop/")).status_code == 200
    assert "Not proven" in responder.reads(path(program))


def took(order, **seconds):
    """Collectors of an order acknowledged after so many seconds."""
    for name, after in seconds.items():
        order.proofs.filter(collector__name=name.replace("_", "-")).update(
            state=StopProof.State.ACKNOWLEDGED,
            settled_at=order.ordered_at + timedelta(seconds=after),
            stopped_at=order.ordered_at,
        )


def test_afterwards_the_times_stand_beside_it_in_words_bars_and_rows(program, responder):
    order = stop(program)
    took(order, laptop_0=0.012, laptop_1=0.3, laptop_2=4.2)
    stops.close(order.pk)
    answer = responder.get(path(program))
    said = words(answer)
    assert "3 acknowledged: half within 0.30 s, 95 % within 4.20 s, the last after 4.20 s." in said
    assert "0.01 to 0.02 1" in said
    assert "2.00 to 5.00 1" in said
    bars = re.findall(r'class="bars__bar"[^>]*height="(\d+)"', answer.content.decode())
    assert [int(bar) > 0 for bar in bars].count(True) == 3


def test_while_some_are_not_heard_of_there_are_no_figures(program, responder):
    order = stop(program)
    acknowledge(order, "laptop-0")
    assert "half within" not in responder.reads(path(program))


def test_the_table_names_all_narrows_by_state_and_has_pages(program, responder, monkeypatch):
    monkeypatch.setattr("programs.views.turning.PER_PAGE", 2)
    order = stop(program)
    acknowledge(order, "laptop-2")
    page = path(program, f"stops/{order.generation}/")
    first = responder.reads(page)
    assert "laptop-0" in first
    assert "laptop-2" not in first
    assert "Page 1 of 2" in first
    assert "laptop-2" in responder.reads(f"{page}?page=2")
    narrowed = responder.reads(f"{page}?state=acknowledged")
    assert "laptop-2" in narrowed
    assert "laptop-0" not in narrowed
    assert "laptop-0" in responder.reads(f"{page}?state=nonsense&page=x")


def test_more_than_fit_into_a_picture_are_counted_and_named_as_hidden(program, monkeypatch):
    monkeypatch.setattr(picture, "MOST_CELLS", 2)
    seen = picture.of(stop(program))
    assert (seen.total, seen.hidden, seen.cells.count("<use ")) == (3, 1, 2)


def test_a_program_that_was_never_stopped_says_so(program, responder):
    assert "It was never ordered to stop." in responder.reads(path(program))


def test_only_who_sees_the_machines_sees_the_picture(program, reporter):
    order = stop(program)
    for ending in ("live/stop/", f"stops/{order.generation}/", f"stops/{order.generation}/live/"):
        assert reporter.get(path(program, ending)).status_code == 403
    assert "laptop-0" not in reporter.get(path(program)).content.decode()


def test_a_stop_that_never_was_is_missing(program, responder):
    for ending in ("stops/9/", "stops/9/live/"):
        assert responder.get(path(program, ending)).status_code == 404
