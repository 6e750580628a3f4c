"""Nothing that anybody enters as an address makes Andon call inside, by whichever way it calls."""

from dataclasses import replace

import pytest

from notifications import outbound
from tests.notifications.receiver import Receiver
from tests.notifications.ssrf import (
    ADDRESSES,
    OUTSIDE,
    REFUSALS,
    WAYS,
    Names,
    dripping,
    seconds_of,
)


@pytest.fixture
def names(monkeypatch):
    return Names(monkeypatch)


@pytest.fixture(scope="module")
def inside():
    """Somebody inside who must never hear of us."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def call(request):
    return request.param


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES)
def test_no_spelling_of_an_address_leads_inside(call, url, internal, receiver, inside, names):
    with pytest.raises(REFUSALS):
        call(url.format(port=inside.port, listed=receiver.port))
    assert (inside.got, receiver.got) == ([], [])
    # The one that was looked up and found to be outside; never what a second look would give.
    assert set(names.dialled) <= {OUTSIDE}


def test_a_name_that_leads_outside_is_dialled_where_it_was_checked(call, names):
    for _ in range(2):
        with pytest.raises(REFUSALS):
            call("https://rebind.test/x")
    assert set(names.dialled) == {OUTSIDE}


def test_a_host_that_is_listed_is_called(call, internal, receiver):
    receiver.status = 200
    call(internal)
    assert receiver.got[0][1]["Accept-Encoding"] == "identity"


def test_a_redirect_inside_is_not_followed(call, internal, receiver, inside):
    receiver.status, receiver.headers = 302, {"Location": f"http://{inside.netloc}/"}
    with pytest.raises(REFUSALS, match="answered 302"):
        call(internal)
    assert (len(receiver.got), inside.got) == (1, [])


def test_a_huge_answer_is_not_taken_in(call, internal, receiver):
    receiver.status, receiver.body = 500, b"x" * 64_000_000
    with pytest.raises(REFUSALS, match="answered 500"):
        call(internal)


def test_an_answer_that_drips_ends_with_the_time_for_all_of_it(call, settings, monkeypatch):
    monkeypatch.setattr(outbound, "SECONDS", 0.4)
    with dripping(b"HTTP/1.1 200 OK\r\nx: ") as netloc:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, internal_hosts=[netloc])

        def wait():
            with pytest.raises(REFUSALS, match="Timeout"):
                call(f"http://{netloc}/x")

        assert 0.3 < seconds_of(wait) < 2
