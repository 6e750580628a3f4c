import asyncio

import pytest

import andon


@pytest.fixture
def gate(open_gate):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    return gate


@pytest.fixture
def stop(server, gate):
    """Pause, and return when the gate says no."""

    def stop():
        server.pause()
        with gate._permit.changed:
            assert gate._permit.changed.wait_for(lambda: not gate.allowed(), 10)

    return stop


def test_what_is_allowed_is_let_through(gate):
    @gate.guard()
    def record(text, *, twice=False):
        """Keep it."""
        return text * 2 if twice else text

    assert record("a", twice=True) == "aa"
    assert (record.__name__, record.__doc__) == ("record", "Keep it.")
    with gate.guard() as entered:
        assert entered is gate


def test_what_is_stopped_raises_with_the_reason(gate, stop):
    @gate.guard()
    def record():
        raise AssertionError("collected although stopped")

    stop()
    with pytest.raises(andon.Stopped, match="paused, held by Amber Otter"):
        record()
    with pytest.raises(andon.Stopped), gate.guard():
        raise AssertionError("collected although stopped")


def test_an_async_function_is_looked_at_when_it_is_awaited(gate, stop):
    @gate.guard()
    async def record():
        return "kept"

    assert asyncio.run(record()) == "kept"
    late = record()
    stop()
    with pytest.raises(andon.Stopped):
        asyncio.run(late)


def test_a_generator_is_looked_at_before_each_step_and_closed_by_a_refusal(gate, stop):
    ended = []

    @gate.guard()
    def records():
        try:
            yield from range(100)
        finally:
            ended.append(True)

    steps = records()
    assert [next(steps), next(steps)] == [0, 1]
    stop()
    with pytest.raises(andon.Stopped):
        next(steps)
    assert ended == [True]


def test_a_generator_is_still_one_for_who_sends_and_throws(gate):
    @gate.guard()
    def echo():
        said = yield "first"
        try:
            yield said
        except KeyError:
            yield "caught"
        return "end"

    steps = echo()
    assert [next(steps), steps.send("second"), steps.throw(KeyError("x"))] == [
        "first",
        "second",
        "caught",
    ]
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == "end"
    steps.close()


def test_an_async_generator_is_looked_at_before_each_step(gate, stop):
    ended = []

    @gate.guard()
    async def records():
        try:
            for number in range(100):
                yield number
        finally:
            ended.append(True)

    kept = []

    async def collect():
        async for number in records():
            kept.append(number)
            if number == 1:
                stop()

    with pytest.raises(andon.Stopped):
        asyncio.run(collect())
    assert (kept, ended) == ([0, 1], [True])


def test_an_async_generator_that_ends_or_fails_does_so_for_its_reader(gate):
    @gate.guard()
    async def records(fail):
        yield 1
        if fail:
            raise KeyError("x")

    async def collect(fail):
        return [number async for number in records(fail)]

    assert asyncio.run(collect(False)) == [1]
    with pytest.raises(KeyError):
        asyncio.run(collect(True))


def test_a_participant_who_opted_out_is_not_recorded_and_another_is(gate):
    @gate.guard(subject=lambda person, _: person)
    def record(person, text):
        return f"{person} {text}"

    @gate.guard("p-17")
    async def record_one():
        return "kept"

    gate.opt_out("p-17")
    assert gate.wait(10, subject="p-18")
    assert record("p-18", "a") == "p-18 a"
    with pytest.raises(andon.SubjectNotAllowed, match="this participant has opted out"):
        record("p-17", "a")
    with pytest.raises(andon.SubjectNotAllowed):
        asyncio.run(record_one())
    with pytest.raises(andon.SubjectNotAllowed):
        gate.stamp("a", subject="p-17")


def test_a_with_statement_has_no_arguments_to_take_the_participant_from(gate):
    with pytest.raises(TypeError, match="must be a text"), gate.guard(lambda person: person):
        pass


def test_a_guard_made_before_the_gate_is_started_starts_it_when_it_is_used(open_gate):
    gate = open_gate(start=False)

    @gate.guard()
    def record():
        return "kept"

    assert gate._workers is None
    with pytest.raises(andon.Stopped, match="no lease yet"):
        record()
    assert gate.wait(10)
    assert record() == "kept"
