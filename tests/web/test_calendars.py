"""Calendars on the pages of rotas, and the secret addresses at which shifts leave Andon."""

import re
from datetime import timedelta

import icalendar
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import strangers
from accounts.functions import Function
from accounts.throttle import Throttle
from audit.models import Entry
from notifications import confined, rotas
from notifications.models import CalendarFeed
from tests import make
from tests.notifications.test_agenda import calendar, event
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_guessed(monkeypatch):
    monkeypatch.setattr(strangers, "_tries", Throttle())
    strangers._trusted.clear()


@pytest.fixture
def ann(db):
    return make.user(
        Function.RESPONDER, first_name="Ann", last_name="Archer", email="ann@demo.example"
    )


@pytest.fixture
def rota(ann):
    rota = make.rota(ann)
    make.layer(rota, ann)
    return rota


def upload(content, name="team.ics"):
    return {"name": "Team", "rank": "50", "file": SimpleUploadedFile(name, content)}


def test_an_owner_hands_in_a_calendar_and_reads_who_was_not_matched(ann, rota):
    start = (timezone.now() + timedelta(hours=2)).strftime(":%Y%m%dT%H%M%SZ")
    both = "ATTENDEE:mailto:ann@demo.example|ATTENDEE:mailto:who@else.example"
    path = f"/on-call/{rota.pk}/"
    sent = Reader(ann).post(f"{path}calendars/", **upload(calendar(event(start, who=both))))
    assert sent.status_code == 302
    assert rota.calendars.get().shifts.get().person == ann

    page = Reader(ann).reads(path)
    assert "Not matched, so not on call: who@else.example" in page
    remove = f"{path}calendars/{rota.calendars.get().pk}/remove/"
    assert Reader(ann).post(remove).status_code == 302
    assert "removed already" in words(Reader(ann).post(remove))


@pytest.mark.parametrize(
    ("fields", "at", "said"),
    [
        (upload(b"x" * 10_000_000), "file", "larger than 1 MB"),
        (upload(b"?"), "file", "no calendar"),
        ({"name": "a", "rank": "5"}, "address", "one of them"),
        (upload(b"?") | {"address": "https://x.example/"}, "address", "one of them"),
        ({"name": "a", "rank": "5", "address": "ftp://x"}, "address", "ust start with https"),
        ({"name": "a", "rank": "10", "address": "https://x.example/"}, "rank", "rank 10 already"),
    ],
)
def test_what_is_no_calendar_is_said_at_its_field(ann, rota, fields, at, said):
    answer = Reader(ann).post(f"/on-call/{rota.pk}/calendars/", **fields)
    assert answer.status_code == 422
    assert f'<a href="#calendar-{at}">' in answer.content.decode()
    assert said in words(answer)
    assert not rota.calendars.exists()


def made(reader, path):
    answer = reader.post(path)
    assert answer.status_code == 200
    return re.search(r"/calendars/[^<\s]+[.]ics", answer.content.decode())[0]


def events(answer):
    assert answer.status_code == 200
    return {
        str(each["UID"]): each
        for each in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    }


def test_whoever_has_the_address_reads_the_shifts_without_signing_in(ann, rota):
    ben = make.user(Function.RESPONDER, first_name="Ben")
    other = make.rota()
    make.layer(other, ben, ann)
    own, whole = (made(Reader(ann), f"/on-call/{part}feed/") for part in ("", f"{other.pk}/"))
    answer = Client().get(own)

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"].startswith("private")
    assert {str(each["SUMMARY"]) for each in events(answer).values()} == {
        f"On call: {rota.name}",
        f"On call: {other.name}",
    }
    titles = {str(each["SUMMARY"]) for each in events(Client().get(whole)).values()}
    assert {"Ann Archer", "Ben"} <= titles
    first = next(iter(events(answer).values()))
    assert first.start.utcoffset() == timedelta(0)
    # The same shifts have the same names when they are read again.
    assert events(answer).keys() == events(Client().get(own)).keys()


def test_an_address_that_is_withdrawn_replaced_or_whose_owner_is_gone_opens_nothing(ann, rota):
    reader, client = Reader(ann), Client()
    first = made(reader, "/on-call/feed/")
    second = made(reader, "/on-call/feed/")
    of_rota = made(reader, f"/on-call/{rota.pk}/feed/")
    assert [client.get(each).status_code for each in (first, second, of_rota)] == [404, 200, 200]
    assert CalendarFeed.objects.filter(withdrawn_at=None).count() == 2

    feed = CalendarFeed.objects.get(rota=None, withdrawn_at=None)
    withdraw = f"/on-call/feeds/{feed.pk}/withdraw/"
    assert Reader(make.user(Function.LEGAL)).post(withdraw).status_code == 404
    assert reader.post(withdraw).status_code == 302
    assert client.get(second).status_code == 404
    rotas.retire(rota, actor=make.SYSTEM)
    assert client.get(of_rota).status_code == 404
    third = made(reader, "/on-call/feed/")
    ann.groups.clear()
    assert client.get(third).status_code == 404
    acts = Entry.objects.filter(stream=f"user:{ann.pk}").order_by("seq")
    assert [each.action for each in acts][:3] == ["feed.made", "feed.withdrawn", "feed.made"]


def test_the_secret_lies_nowhere_and_guesses_are_slowed_down(ann, rota):
    address = made(Reader(ann), "/on-call/feed/")
    key = CalendarFeed.objects.get()
    assert key.secret_hash not in address
    secret = address.removesuffix(".ics").split("_", 3)[3]
    assert len(secret) == 43
    assert secret not in str(CalendarFeed.objects.values())
    client = Client()
    wrong = f"/calendars/andon_f_{key.key_id}_wrong.ics"
    codes = [client.get(wrong).status_code for _ in range(80)]
    assert (codes[0], codes[-1]) == (404, 429)
    assert client.get(address.replace("andon_f", "andon_t")).status_code in (404, 429)


def test_a_calendar_that_would_be_reckoned_for_hours_is_refused_at_its_field(
    ann, rota, monkeypatch
):
    monkeypatch.setattr(confined, "SECONDS", 1)
    never = event(":19700101T000000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")
    answer = Reader(ann).post(f"/on-call/{rota.pk}/calendars/", **upload(calendar(never)))
    assert answer.status_code == 422
    assert '<a href="#calendar-file">' in answer.content.decode()
    assert "takes too long" in words(answer)
    assert not rota.calendars.exists()
