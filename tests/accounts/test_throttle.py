from accounts import throttle
from accounts.throttle import Throttle


def tries(bucket, address="192.0.2.1", *, times, now=0.0):
    return [bucket.allow(address, now=now) for _ in range(times)].count(True)


def test_an_address_has_twenty_tries_and_then_one_a_second():
    bucket = Throttle()

    assert tries(bucket, times=30) == 20
    assert tries(bucket, times=30, now=5.0) == 5


def test_a_rest_gives_back_no_more_than_the_first_twenty():
    bucket = Throttle()
    tries(bucket, times=30)

    assert tries(bucket, times=100, now=9_999.0) == 20


def test_one_address_uses_up_none_of_anothers():
    bucket = Throttle()
    tries(bucket, times=30)

    assert tries(bucket, "192.0.2.2", times=20) == 20


def test_a_network_of_ipv6_is_one_address():
    bucket = Throttle()
    tries(bucket, "2001:db8::1", times=20)

    assert not bucket.allow("2001:db8::2", now=0.0)
    assert bucket.allow("2001:db8:0:1::1", now=0.0)


def test_it_remembers_no_more_addresses_than_it_has_room_for(monkeypatch):
    monkeypatch.setattr(throttle, "ADDRESSES", 3)
    bucket = Throttle()

    for number in range(50):
        bucket.allow(f"192.0.2.{number}", now=0.0)

    assert len(bucket._buckets) == 3


def test_what_is_no_address_is_counted_as_well():
    assert tries(Throttle(), "", times=30) == 20


def test_looking_whether_a_try_is_left_uses_up_none():
    bucket = Throttle()
    assert all(bucket.has_one("192.0.2.1", now=0.0) for _ in range(30))
    tries(bucket, times=20)
    assert not bucket.has_one("192.0.2.1", now=0.5)
    assert bucket.has_one("192.0.2.1", now=1.0)
