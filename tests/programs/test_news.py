"""News of a change leaves if it commits, quickly, and whatever becomes of Redis."""

import socket
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from programs import news, participation, pauses
from programs.models import State
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def pause(program):
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    program.refresh_from_db()


@contextmanager
def listening():
    """Another session that hears what gates hear."""
    known = connection.get_connection_params()
    where = {name: known[name] for name in ("dbname", "user", "host", "port") if name in known}
    with psycopg.connect(**where, autocommit=True) as ears:
        ears.execute(f"LISTEN {news.CHANNEL}")
        yield lambda: [n.payload for n in ears.notifies(timeout=1, stop_after=1)]


@pytest.fixture
def redis_at(monkeypatch):
    """Point the second path at another Redis, as if this process had just started."""

    forget = news._redis.cache_clear

    def point(url):
        monkeypatch.setattr(settings, "REDIS_URL", url)
        monkeypatch.setattr(news, "second_path", news.SecondPath())
        forget()

    yield point
    forget()


@pytest.fixture
def black_hole(redis_at):
    """A Redis that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        redis_at(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        yield deaf


def seconds(work):
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def test_the_gates_hear_of_a_pause_and_of_its_generation():
    program = make.program()
    with listening() as hear:
        pause(program)
        assert hear() == [f"{program.pk}:{program.generation}"]


def test_a_pause_that_was_taken_back_is_no_news():
    program = make.program()

    @transaction.atomic
    def fail():
        pause(program)
        raise ZeroDivisionError

    with listening() as hear:
        pytest.raises(ZeroDivisionError, fail)
        assert hear() == []


@pytest.mark.skipif(not settings.REDIS_URL, reason="there is no Redis here")
def test_redis_carries_the_same_news():
    program = make.program()
    with news._redis().pubsub(ignore_subscribe_messages=True) as ears:
        ears.subscribe(news.CHANNEL)
        # The first answer confirms that we listen.
        ears.get_message(timeout=1)
        pause(program)
        message = ears.get_message(timeout=1)
    assert message["data"].decode() == f"{program.pk}:{program.generation}"


def test_redis_is_asked_only_after_the_commit(redis_at, monkeypatch):
    seen = []

    class Spy:
        def publish(self, channel, text):
            seen.append((channel, text, connection.in_atomic_block))

    redis_at("redis://nowhere.invalid/0")
    monkeypatch.setattr(news, "_redis", Spy)
    program = make.program()
    seen.clear()
    with transaction.atomic():
        pause(program)
        assert seen == []
    assert seen == [(news.CHANNEL, f"{program.pk}:{program.generation}", False)]


def test_a_deaf_redis_holds_up_a_pause_for_less_than_half_a_second(black_hole):
    one, two = make.program(), make.program()
    news.second_path._rests_until = float("inf")
    usual = seconds(lambda: pause(one))
    news.second_path._rests_until = 0.0
    assert 0 < seconds(lambda: pause(two)) - usual < 0.5
    assert two.state == State.PAUSED


def test_many_programs_wait_for_a_deaf_redis_once(black_hole):
    programs = [make.program() for _ in range(5)]
    news.second_path._rests_until = 0.0

    @transaction.atomic
    def pause_all():
        for program in programs:
            pause(program)

    pause_all()
    black_hole.settimeout(0)
    callers = 0
    while True:
        try:
            black_hole.accept()[0].close()
            callers += 1
        except BlockingIOError:
            break
    assert callers <= 2
    assert {program.state for program in programs} == {State.PAUSED}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock", ""])
def test_a_redis_that_is_not_there_holds_up_nothing(redis_at, url):
    redis_at(url)
    program = make.program()
    with listening() as hear:
        assert seconds(lambda: pause(program)) < 1
        assert hear()


def test_a_redis_that_did_not_answer_is_asked_again_after_five_seconds(redis_at, monkeypatch):
    now, asked = [100], []

    class Away:
        def publish(self, _channel, text):
            asked.append(text)
            raise news.redis.ConnectionError

    redis_at("redis://nowhere.invalid/0")
    monkeypatch.setattr(news, "_redis", Away)
    path = news.SecondPath(clock=lambda: now[0])
    for later in (0, 4, 1):
        now[0] += later
        path.tell(f"at {now[0]}")
    assert asked == ["at 100", "at 105"]


def test_a_choice_of_a_participant_is_news():
    program = make.program()
    with listening() as heard:
        participation.opt_out(program.pk, "p-17")

        assert heard() == [f"{program.pk}:{program.generation}"]
