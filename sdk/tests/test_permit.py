import pytest

from andon.protocol import News, Refusal


def paused(generation):
    return News(generation, "paused", "the program is paused, held by Amber Otter")


def collecting(generation):
    return News(generation, "collecting", "the program is collecting")


def refusal(status=409, *, generation=8, state="paused"):
    return Refusal(status, "the program is paused", state, generation)


def test_a_new_permit_is_closed(permit):
    assert not permit.is_open()
    assert permit.state().reason == "no lease yet"


def test_a_lease_opens_until_a_thousandth_before_its_end(permit, make_lease, clock):
    permit.grant(make_lease())
    clock.advance(9.98)
    assert permit.is_open()
    clock.advance(0.01)
    assert not permit.is_open()
    assert permit.state().reason == "the lease ran out"


def test_a_lease_counts_from_before_the_question(permit, make_lease, clock):
    lease = make_lease()
    clock.advance(9)
    permit.grant(lease)
    clock.advance(1)
    assert not permit.is_open()


def test_an_answer_slower_than_its_lease_opens_nothing(permit, make_lease, clock):
    lease = make_lease()
    clock.advance(12)
    assert not permit.grant(lease)
    assert permit.run == 0
    assert "took longer than the lease" in permit.state().reason


def test_a_shorter_lease_shortens_the_deadline(permit, make_lease, clock):
    permit.grant(make_lease())
    clock.advance(1)
    permit.grant(make_lease(seconds=2.0))
    clock.advance(2)
    assert not permit.is_open()


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_a_decision_ends_the_lease_at_once(permit, make_lease, status):
    permit.grant(make_lease())
    permit.refuse(refusal(status))
    assert permit.deadline == 0


@pytest.mark.parametrize("status", [204, 301, 400, 413, 422, 429, 500, 503])
def test_any_other_answer_only_extends_nothing(permit, make_lease, clock, status):
    permit.grant(make_lease())
    deadline = permit.deadline
    permit.refuse(Refusal(status, "the gate refused"))
    assert permit.deadline == deadline
    clock.advance(10)
    assert permit.state().reason == "the lease ran out; the gate refused"


def test_a_refusal_of_a_smaller_generation_still_stops_but_orders_nothing(permit, make_lease):
    permit.grant(make_lease(9))
    permit.refuse(refusal(generation=8))
    assert not permit.is_open()
    assert permit.generation == 9
    assert permit.stop is None


def test_pause_news_ends_the_lease_and_orders_an_acknowledgement(permit, make_lease, clock):
    lease = make_lease()
    permit.grant(lease)
    clock.advance(2)
    permit.hear(paused(8))
    assert permit.deadline == 0
    assert permit.stop[:3] == (8, lease, clock())


def test_a_stop_after_the_lease_ran_out_happened_when_it_ran_out(permit, make_lease, clock):
    permit.grant(make_lease())
    ran_out = permit.deadline
    clock.advance(60)
    permit.hear(paused(8))
    assert permit.stop.stopped_at == ran_out


def test_a_second_stop_order_keeps_the_time_of_the_first(permit, make_lease, clock):
    permit.grant(make_lease())
    permit.hear(paused(8))
    stopped = clock()
    clock.advance(5)
    permit.hear(paused(9))
    assert (permit.stop.generation, permit.stop.stopped_at) == (9, stopped)


def test_a_stop_that_was_acknowledged_is_not_ordered_again(permit, make_lease):
    permit.grant(make_lease())
    permit.hear(paused(8))
    permit.settle(permit.stop)
    permit.hear(paused(8))
    permit.refuse(refusal(generation=8))
    assert permit.stop is None
    assert permit.acknowledged == 8


def test_who_never_held_a_lease_has_nothing_to_acknowledge(permit):
    permit.hear(paused(8))
    permit.refuse(refusal(generation=8))
    assert permit.stop is None


def test_a_smaller_generation_on_the_stream_is_ignored(permit, make_lease):
    permit.grant(make_lease(9))
    permit.hear(paused(8))
    permit.hear(collecting(8))
    assert permit.is_open()
    assert permit.generation == 9


def test_stop_news_of_the_same_generation_stops(permit, make_lease):
    permit.grant(make_lease(7))
    permit.hear(News(7, "retired", "the program is retired"))
    assert not permit.is_open()


def test_a_larger_generation_that_collects_needs_a_new_lease_at_once(permit, make_lease):
    permit.grant(make_lease(7))
    permit.hear(collecting(9))
    assert not permit.is_open()
    assert permit.hurry
    assert permit.grant(make_lease(9))
    assert permit.is_open()
    assert not permit.hurry


def test_news_of_what_is_known_hurries_nobody(permit, make_lease):
    permit.grant(make_lease(7))
    permit.hear(collecting(7))
    assert permit.is_open()
    assert not permit.hurry


def test_an_answer_asked_for_before_the_stop_opens_nothing(permit, make_lease, clock):
    late = make_lease(8)
    clock.advance(1)
    permit.hear(News(8, "approved", "the program is approved, not collecting"))
    assert not permit.grant(late)
    clock.advance(1)
    assert permit.grant(make_lease(8))


def test_a_lease_with_the_generation_of_a_pause_opens_nothing(permit, make_lease, clock):
    permit.hear(paused(8))
    clock.advance(1)
    assert not permit.grant(make_lease(8))
    assert not permit.grant(make_lease(7))
    assert permit.grant(make_lease(9))


def test_a_lease_of_an_older_generation_than_heard_opens_nothing(permit, make_lease):
    permit.hear(collecting(9))
    assert not permit.grant(make_lease(8))
    assert permit.generation == 9


def test_a_new_lease_ends_what_was_to_be_acknowledged(permit, make_lease, clock):
    permit.grant(make_lease(7))
    permit.hear(paused(8))
    clock.advance(1)
    permit.grant(make_lease(9))
    assert permit.stop is None


def test_a_run_goes_on_over_renewals_and_ends_with_its_generation(permit, make_lease, clock):
    permit.grant(make_lease(7))
    clock.advance(1)
    permit.grant(make_lease(7))
    assert (permit.run, permit.runs_over()) == (1, 0)
    permit.grant(make_lease(9))
    assert (permit.run, permit.runs_over()) == (2, 1)


def test_a_lease_after_a_gap_is_a_new_run(permit, make_lease, clock):
    permit.grant(make_lease(7))
    clock.advance(11)
    assert permit.runs_over() == 1
    permit.grant(make_lease(7))
    assert (permit.run, permit.runs_over()) == (2, 1)


def test_a_closed_permit_stays_closed(permit, make_lease, clock):
    permit.close("the gate was closed")
    clock.advance(1)
    assert not permit.grant(make_lease())
    permit.hear(paused(8))
    permit.refuse(refusal())
    assert not permit.is_open()
    assert permit.state().reason == "the gate was closed"
