"""Where one is signed in, how that ends, and that it does not go on for ever."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from audit import people
from audit.models import Entry
from tests import make
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db
PASSWORD = "violet-linnet-woolen-snipe"
PATH = "/accounts/sessions/"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18.0 Safari/604.1"


@pytest.fixture
def person():
    made = make.user()
    made.set_password(PASSWORD)
    made.save(update_fields=["password"])
    return made


def signed_in(person, browser=LINUX):
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    return client


def is_in(client):
    return client.get("/profile/").status_code == 200


def acts():
    return [*Entry.objects.order_by("pk").values_list("action", "body")]


def test_each_session_is_listed_with_its_device_and_this_one_is_marked(person):
    here, _phone = signed_in(person), signed_in(person, PHONE)
    signed_in(make.user(), "Mozilla/5.0 (Windows NT 10.0) Firefox/1.0")
    said = words(here.get(PATH))
    assert "Firefox on Linux This one" in said
    assert "Safari on iPhone 127.0.0.1, since" in said
    assert "Windows" not in said


def test_one_session_is_ended_and_the_others_stay(person):
    here, phone, office = signed_in(person), signed_in(person, PHONE), signed_in(person)
    (row,) = [one for one in here.get(PATH).context["sessions"] if "iPhone" in one.device]
    answer = here.post(PATH, {"session": row.pk}, follow=True)
    assert "1 session ended." in words(answer)
    assert [is_in(client) for client in (here, phone, office)] == [True, False, True]
    ((act, body),) = acts()
    assert act == "sessions.ended"
    assert '"sessions":1' in body


def test_all_others_are_ended_and_this_one_stays(person):
    here, phone, office = signed_in(person), signed_in(person, PHONE), signed_in(person)
    colleague = Reader(make.user())
    assert "2 sessions ended." in words(here.post(PATH, follow=True))
    assert [is_in(client) for client in (here, phone, office)] == [True, False, False]
    assert is_in(colleague.client)


@pytest.mark.parametrize("odd", ["", "x", "0", "-1", "²", "9" * 30, "1\x00"])
def test_what_is_no_session_ends_none(person, odd):
    here, phone = signed_in(person), signed_in(person, PHONE)
    assert "has ended already" in words(here.post(PATH, {"session": odd}, follow=True))
    assert is_in(phone)
    assert acts() == []


def test_all_others_can_be_ended_only_where_there_are_others(person):
    here = signed_in(person)
    assert "End all others" not in words(here.get(PATH))
    signed_in(person, PHONE)
    assert "End all others" in words(here.get(PATH))


def test_nobody_ends_the_session_of_somebody_else(person):
    other, here = signed_in(person), Reader(make.user()).client
    row = other.get(PATH).context["sessions"][0]
    for odd in (row.pk, "0", "9" * 18, "9" * 30, "x"):
        here.post(PATH, {"session": odd})
    assert is_in(other)
    assert acts() == []


def test_an_operator_ends_all_sessions_of_a_person(person):
    here, said = signed_in(person), StringIO()
    call_command("end_sessions", person.username, stdout=said)
    assert "Sessions ended: 1." in said.getvalue()
    assert not is_in(here)
    assert acts()[0][0] == "sessions.ended"


def test_whoever_is_shut_out_is_out_with_the_next_click(person):
    here = signed_in(person)
    people.deactivate(person, actor=make.SYSTEM)
    assert not is_in(here)
    assert not is_in(signed_in(person))


# --- Time


def test_a_session_ends_after_it_stood_idle(settings, person, time_machine):
    settings.SESSION_IDLE_SECONDS = 1800
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    here = signed_in(person)
    assert is_in(here)
    time_machine.move_to(start + timedelta(seconds=1799), tick=False)
    assert is_in(here)
    time_machine.move_to(start + timedelta(seconds=1799 + 1800), tick=False)
    assert not is_in(here)


def test_a_page_that_is_only_open_keeps_no_session_alive(settings, person, time_machine):
    settings.SESSION_IDLE_SECONDS = 1800
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    here = signed_in(person)
    assert is_in(here)
    for minute in range(1, 30):
        time_machine.move_to(start + timedelta(minutes=minute), tick=False)
        assert here.get("/board/live/", headers={"HX-Request": "true"}).status_code == 200
    time_machine.move_to(start + timedelta(minutes=30), tick=False)
    assert not is_in(here)


def test_without_a_setting_a_session_may_stand_idle(person, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    here = signed_in(person)
    assert is_in(here)
    time_machine.move_to(start + timedelta(hours=11), tick=False)
    assert is_in(here)


def test_a_session_ends_twelve_hours_after_the_sign_in_whatever_one_does(person, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    here = signed_in(person)
    assert is_in(here)
    for hour in range(1, 12):
        time_machine.move_to(start + timedelta(hours=hour), tick=False)
        assert is_in(here)
    time_machine.move_to(start + timedelta(hours=12), tick=False)
    assert not is_in(here)


def test_when_somebody_was_last_seen_is_noted_once_a_minute(person, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    here, seen = signed_in(person), []
    for seconds in (0, 30, 61):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        (row,) = here.get(PATH).context["sessions"]
        seen.append(round((row.seen_at - start).total_seconds()))
    assert seen == [0, 0, 61]
