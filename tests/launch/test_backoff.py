from config.launch.children import Backoff


def test_each_early_death_doubles_the_wait_up_to_thirty_seconds():
    backoff = Backoff()

    waits = [backoff.after(1.0) for _ in range(9)]

    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_lived_a_minute_starts_again_as_if_it_were_its_first_death():
    backoff = Backoff()
    for _ in range(5):
        backoff.after(1.0)

    assert backoff.after(60.0) == 0.5
    assert backoff.after(59.9) == 1
