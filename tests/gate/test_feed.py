import asyncio
import os
import socket

import psycopg
import pytest
import uvloop
from django.utils import timezone

from programs.gate import clock, feed
from programs.gate.feed import Feed
from programs.gate.holdings import Holdings
from programs.gate.registry import Registry
from programs.models import Program
from tests import make
from tests.gate.test_pause import hang_up, pause
from tests.together import at_once

PATIENCE_SECONDS = 20


class Follower:
    """A feed in this process, and what it told."""

    def __init__(self):
        self.copy = Registry()
        self.holdings = Holdings(b"m" * 32)
        self.told = asyncio.Queue()
        self.subjects = asyncio.Queue()
        self.feed = Feed(
            self.copy,
            self.holdings,
            on_programs=self._take,
            on_keys=lambda: None,
            on_subjects=self.subjects.put_nowait,
        )

    def _take(self, programs):
        for program in programs:
            self.told.put_nowait(program)

    async def hear_of(self, program, **is_now):
        """Wait until the feed told of the program in this state."""
        while True:
            said = await self.told.get()
            if said.id == program.pk and all(getattr(said, k) == v for k, v in is_now.items()):
                return


def follow(use):
    async def run():
        one = Follower()
        following = asyncio.create_task(one.feed.run())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await use(one)
        finally:
            following.cancel()
            await asyncio.wait([following])

    return asyncio.run(run())


async def elsewhere(call):
    """Call something in another thread, on a database connection of its own."""
    (outcome,) = await asyncio.to_thread(at_once, call)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@pytest.fixture
def rarely(monkeypatch):
    """The feed reads by itself so rarely that it must have been told."""
    monkeypatch.setattr(feed, "READ_SECONDS", 10 * PATIENCE_SECONDS)


@pytest.fixture
def program(committed, no_redis):
    return make.program()


def test_news_is_read_at_once(program, rarely):
    async def use(one):
        await one.hear_of(program, state="collecting")
        await elsewhere(lambda: pause(program))
        await one.hear_of(program, state="paused")

    follow(use)


def test_what_happened_while_it_was_cut_off_is_read_when_it_is_back(program, rarely):
    async def use(one):
        await one.hear_of(program)
        changed = Program.objects.filter(pk=program.pk)
        await elsewhere(lambda: changed.update(generation=7))
        assert await elsewhere(lambda: hang_up("andon-gate-feed"))
        await one.hear_of(program, generation=7)

    follow(use)


def test_a_refresh_waits_for_what_was_true_when_it_was_asked_for(program, rarely):
    async def use(one):
        await one.hear_of(program)
        await elsewhere(lambda: Program.objects.filter(pk=program.pk).update(generation=9))
        await one.feed.refresh()
        return one.copy.programs[program.pk].generation

    assert follow(use) == 9


class Quiet:
    """A database that says nothing changed, and takes its time with it."""

    def __init__(self, monkeypatch):
        self.ends = socket.socketpair()
        self.asked = asyncio.Queue()
        self.may_answer = asyncio.Semaphore(0)
        monkeypatch.setattr(feed, "_connect", self._connect)
        monkeypatch.setattr(feed, "_ask", self._ask)

    async def _connect(self):
        return self

    def add_notify_handler(self, _handler):
        """It has no news."""

    async def _ask(self, _line, statement, *_values):
        if statement is feed.rows.PROGRAMS:
            self.asked.put_nowait(statement)
            await self.may_answer.acquire()
        return [[0, 0, 0, 0, [], timezone.now()]] if statement is feed.rows.FINGERPRINT else []

    def fileno(self):
        return self.ends[0].fileno()

    async def close(self):
        for end in self.ends:
            end.close()


def test_news_that_comes_while_it_reads_makes_it_read_again(rarely, monkeypatch):
    database = Quiet(monkeypatch)

    async def use(one):
        await database.asked.get()
        one.feed.nudge()
        database.may_answer.release()
        await database.asked.get()

    follow(use)


def test_a_pause_that_is_committed_while_it_reads_is_read_at_once(program, rarely, monkeypatch):
    ask, done = feed._ask, []

    async def slowly(line, statement, *values):
        rows = await ask(line, statement, *values)
        if statement == feed.rows.PROGRAMS and rows and not done:
            # The news arrive with the answer to the next question.
            done.append(await elsewhere(lambda: pause(program)))
        return rows

    monkeypatch.setattr(feed, "_ask", slowly)

    async def use(one):
        await one.hear_of(program, state="paused")

    follow(use)


def test_a_refresh_is_not_content_with_what_is_being_read(rarely, monkeypatch):
    database = Quiet(monkeypatch)

    async def use(one):
        await database.asked.get()
        refreshing = asyncio.create_task(one.feed.refresh())
        await asyncio.sleep(0)
        database.may_answer.release()
        await database.asked.get()
        assert not refreshing.done()
        database.may_answer.release()
        await refreshing

    follow(use)


def test_a_refresh_without_a_database_ends_after_a_while(monkeypatch):
    monkeypatch.setattr(feed, "REFRESH_PATIENCE", 0.05)

    asyncio.run(asyncio.wait_for(Follower().feed.refresh(), 5))


def test_a_copy_counts_from_before_it_was_asked_for(program):
    async def use(one):
        began = clock.now()
        await one.hear_of(program)
        while not one.copy.fresh(clock.now()):
            await asyncio.sleep(0.01)
        return one.copy.age(clock.now()), clock.now() - began

    age, since = follow(use)

    assert 0 < age <= since


def test_leases_of_the_present_generation_are_known_from_the_start(program):
    held, gone = make.collector(program), make.collector(program)
    make.lease(gone)
    Program.objects.filter(pk=program.pk).update(generation=2, whole_generation=2)
    program.refresh_from_db()
    make.lease(held)

    async def use(one):
        await one.hear_of(program)
        return [
            one.holdings.renewable(c.pk, generation=2, lease_seconds=10, now=clock.now())
            for c in (held, gone)
        ]

    known, unknown = follow(use)

    assert known.generation == 2
    assert unknown is None


class Breaking:
    """A connection whose descriptor a collector's has the number of, as soon as it broke."""

    def __init__(self):
        self.pgconn = self
        self.near, self.far = socket.socketpair()
        self.collector, self.gate = socket.socketpair()

    def fileno(self):
        return self.near.fileno()

    def consume_input(self):
        number = self.near.detach()
        os.dup2(self.gate.fileno(), number)
        self.gate.close()
        taken = socket.socket(fileno=number)
        loop = asyncio.get_running_loop()
        self.transport = asyncio.ensure_future(
            loop.connect_accepted_socket(asyncio.Protocol, taken)
        )
        raise psycopg.OperationalError

    def notifies(self):
        raise AssertionError


def test_a_connection_that_breaks_takes_no_collectors_with_it():
    async def run():
        line, one = Breaking(), Follower()
        line.far.close()
        await one.feed._rest(line, until=clock.now() + PATIENCE_SECONDS)
        transport, _ = await line.transport
        transport.write(b"still there")
        said = await asyncio.to_thread(line.collector.recv, 11)
        transport.close()
        line.collector.close()
        return said

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) == b"still there"
