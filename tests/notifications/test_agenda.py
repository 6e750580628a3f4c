"""Read calendars that others keep: times of each kind, and what asks for more than can be given."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import agenda, confined
from notifications.agenda import Entry, Unreadable

START = datetime(2026, 3, 20, tzinfo=UTC)
END = START + timedelta(days=30)


def calendar(*events, head=""):
    each = "".join(f"BEGIN:VEVENT|{event}|END:VEVENT|" for event in events)
    text = f"BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//test//EN|{head}{each}END:VCALENDAR|"
    return text.replace("|", "\r\n").encode()


def event(start, end="DURATION:PT8H", *more, uid="1", who="ATTENDEE:mailto:ann@demo.example"):
    return "|".join([f"UID:{uid}", who, f"DTSTART{start}", end, *more])


def hourly(number):
    said = {"uid": str(number), "who": f"SUMMARY:{number}"}
    return event(":20260320T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY", **said)


def read(*events, head=""):
    return agenda.read(calendar(*events, head=head), "Europe/Berlin", START, END)


def spans(found):
    return [f"{each.start:%d %H:%M} – {each.end:%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        # In UTC; in a zone of its own; in none, which is the rota's; over the change of clock.
        (event(":20260321T090000Z"), "21 09:00 – 21 17:00"),
        (event(";TZID=America/New_York:20260321T090000"), "21 13:00 – 21 21:00"),
        (event(":20260321T090000"), "21 08:00 – 21 16:00"),
        (event(":20260328T220000", "DTEND:20260329T060000"), "28 21:00 – 29 04:00"),
        (event(":20260329T023000", "DTEND:20260329T033000"), "29 01:00 – 29 01:30"),
        # Whole days begin and end at midnight in the rota's zone; without an end it is one.
        (event(";VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330"), "27 23:00 – 29 22:00"),
        (event(";VALUE=DATE:20260321", "SUMMARY:x"), "20 23:00 – 21 23:00"),
    ],
)
def test_a_time_of_each_kind_is_one_instant(said, meant):
    assert spans(read(said)) == [meant]


def test_what_repeats_leaves_out_what_is_excluded_cancelled_or_moved():
    weekly = event(
        ";TZID=Europe/Berlin:20260302T090000",
        "DURATION:P1D",
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        "EXDATE;TZID=Europe/Berlin:20260330T090000",
    )
    moved = event(
        ":20260408T070000Z", "DURATION:P1D", "RECURRENCE-ID;TZID=Europe/Berlin:20260406T090000"
    )
    off = event(
        ":20260413T070000Z",
        "DURATION:P1D",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260413T090000",
        "STATUS:CANCELLED",
    )
    assert spans(read(weekly, moved, off)) == ["23 08:00 – 24 08:00", "08 07:00 – 09 07:00"]
    # Each begins at nine in Berlin, before and after the change of clock.
    assert spans(read(weekly))[:2] == ["23 08:00 – 24 08:00", "06 07:00 – 07 07:00"]


def test_who_is_meant_are_attendees_who_come_or_else_the_title():
    people = (
        "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:Ann@Demo.example|ATTENDEE:mailto:ben@demo.example|"
        "ATTENDEE;PARTSTAT=DECLINED:mailto:cat@demo.example|"
        "ATTENDEE;CUTYPE=ROOM:mailto:room@demo.example|SUMMARY:Nights"
    )
    [several] = read(event(":20260321T090000Z", who=people))
    [titled] = read(event(":20260321T090000Z", who="SUMMARY: Ann Archer "))
    assert several.named == ("ann@demo.example", "ben@demo.example")
    assert titled.named == ("Ann Archer",)
    assert read(event(":20260321T090000Z", who="SUMMARY: ")) == []
    # Whoever declined is not on call because the title says so.
    alone = "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@demo.example|SUMMARY:Ann Archer"
    assert read(event(":20260321T090000Z", who=alone)) == []
    room = "ATTENDEE;CUTYPE=ROOM:mailto:room@demo.example|SUMMARY:Ann Archer"
    [titled] = read(event(":20260321T090000Z", who=room))
    assert titled.named == ("Ann Archer",)
    [odd] = read(event(":20260321T090000Z", who="SUMMARY:An\0n\\n"))
    assert odd.named == ("Ann",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no calendar"),
        (b"\x00\xff<html>", "no calendar"),
        (b"x" * 10_000_000, "larger than 1,000,000 bytes"),
        (calendar(event(":20260321T090000Z", "DURATION:P999999999D")), "cannot be understood"),
        (calendar("UID:1|SUMMARY:a"), "cannot be understood"),
        (
            calendar(event(":20260321T090000Z", who="|".join(["ATTENDEE:mailto:a@b.c"] * 51))),
            "more than 50 attendees",
        ),
        (calendar(event(":20260321T090000Z", "RRULE:FREQ=SOMETIMES")), "cannot be understood"),
        (calendar(event(";TZID=Mars/Olympus:20260321T090000")), "unknown time zone: 'Mars"),
        (calendar(event(":20260321T090000Z", "RRULE:FREQ=SECONDLY")), "each minute or second"),
        (calendar(event(":19700101T000000Z", "RRULE:FREQ=MINUTELY")), "each minute or second"),
        (
            calendar(*[hourly(number) for number in range(9)]),
            "more than 5,000 shifts",
        ),
    ],
)
def test_what_is_no_calendar_or_asks_for_too_much_is_refused_in_a_sentence(content, said):
    with pytest.raises(Unreadable, match=said):
        agenda.read(content, "UTC", START, END)


def test_a_process_of_its_own_reads_the_same_and_is_stopped_when_it_takes_too_long(monkeypatch):
    good = calendar(event(":20260321T090000Z"))
    twelve = START.replace(day=21, hour=9)
    assert confined.read(good, "UTC", START, END) == [
        Entry(twelve, twelve + timedelta(hours=8), ("ann@demo.example",))
    ]
    with pytest.raises(Unreadable, match="no calendar"):
        confined.read(b"?", "UTC", START, END)

    # A day in February that never comes, looked for in each of 70,000,000 hours.
    bomb = event(":19700101T000000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")
    monkeypatch.setattr(confined, "SECONDS", 1)
    with pytest.raises(Unreadable, match="takes too long"):
        confined.read(calendar(bomb), "UTC", START, END)


# Each within the million bytes.
BOMBS = {
    "a zone that changes each second": calendar(
        event(";TZID=Bomb:20260321T090000"),
        head="BEGIN:VTIMEZONE|TZID:Bomb|BEGIN:STANDARD|DTSTART:19000101T000000|"
        "TZOFFSETFROM:+0000|TZOFFSETTO:+0100|RRULE:FREQ=SECONDLY|END:STANDARD|END:VTIMEZONE|",
    ),
    "a nest of boxes": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 60_000,
    "steps of no length": calendar(
        event(":20260321T090000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;INTERVAL=0")
    ),
    "an hour that never is": calendar(
        event(":19700101T000000Z", "DURATION:PT8H", "RRULE:FREQ=HOURLY;BYHOUR=25")
    ),
    "a place that no year has": calendar(
        event(":19700101T000000Z", "DURATION:PT8H", "RRULE:FREQ=YEARLY;BYSETPOS=366;BYMONTH=2")
    ),
    "something packed": b"\x1f\x8b\x08" + b"\x00" * 999_000,
}


@pytest.mark.parametrize("hostile", BOMBS.values(), ids=list(BOMBS))
def test_what_is_meant_to_harm_ends_in_time_and_is_one_shift_at_most(hostile, monkeypatch):
    monkeypatch.setattr(confined, "SECONDS", 4)
    try:
        found = confined.read(hostile, "UTC", START, END)
    except Unreadable:
        found = []
    assert len(found) <= 1
