"""Calendars of others in a rota: what is read, kept and said of them; and gaps that are told."""

from datetime import time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.functions import Function
from audit import people, reconciling
from audit.models import Due, Finding
from notifications import calendars, covers, holes, oncall, rotas, standing
from notifications.agenda import Entry
from notifications.calendars import Terms
from notifications.covers import Cover
from notifications.models import CalendarShift, RotaGap
from notifications.rotation import Hours
from tests import make
from tests.notifications.test_agenda import calendar, event

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = Terms("Team calendar", 50)


@pytest.fixture
def ann(db):
    return make.user(Function.RESPONDER, first_name="Ann", email="ann@demo.example")


@pytest.fixture
def rota(ann):
    return make.rota(ann)


@pytest.fixture
def reckoned(monkeypatch):
    """The process of its own has a test of its own."""
    monkeypatch.setattr(calendars.confined, "read", calendars.agenda.read)


def stamp(when):
    return f":{when:%Y%m%dT%H%M%SZ}"


def served(receiver, *events):
    receiver.status, receiver.body = 200, calendar(*events)


def shift(person, since, length="PT8H", uid="1"):
    """An event some hours from now."""
    when = timezone.now().replace(microsecond=0) + since * HOUR
    return event(stamp(when), f"DURATION:{length}", uid=uid, who=f"ATTENDEE:mailto:{person.email}")


def added(rota, address, **changed):
    return calendars.add(rota, TERMS, address, actor=make.actor(rota.owners.get()))


def on_call(rota, *hours):
    return [oncall.on_call(rota.pk, timezone.now() + each * HOUR) for each in hours]


def test_a_calendar_at_an_address_counts_at_its_rank_and_is_read_each_hour(
    rota, ann, receiver, internal, engine, reckoned
):
    ben = make.user(Function.LEGAL, email="Ben@demo.example")
    make.layer(rota, ann)
    served(receiver, shift(ben, 2), shift(make.user(email="x@y.example"), 20, uid="2"))
    kept = added(rota, internal)
    assert on_call(rota, 3) == [[ann]]
    engine.work()

    kept.refresh_from_db()
    assert on_call(rota, 1, 3, 11) == [[ann], [ben], [ann]]
    assert (kept.unknown, kept.failure, kept.read_at is None) == (["x@y.example"], "", False)
    served(receiver, shift(ann, 2), shift(ben, 5, uid="2"))
    engine.forward(hours=9)
    assert len(receiver.got) == 2
    assert set(on_call(rota, 6)[0]) == {ann, ben}


def test_what_was_read_before_counts_while_reading_fails_and_owners_hear_of_it_once(
    rota, ann, receiver, internal, engine, reckoned
):
    served(receiver, shift(ann, 2, "P3D"))
    kept = added(rota, internal)
    engine.work()
    receiver.status, receiver.body = 500, b""
    for failures in range(1, 6):
        engine.forward(hours=9)
        told = [each for each in mail.outbox if "cannot be read" in each.subject]
        assert len(told) == (failures >= 3)

    kept.refresh_from_db()
    assert (kept.failure, kept.failures) == ("The address was not reached: answered 500.", 5)
    assert on_call(rota, 3) == [[ann]]
    assert told[0].to == [ann.email]
    served(receiver, "UID:1|SUMMARY:a")
    engine.forward(hours=9)
    kept.refresh_from_db()
    assert "cannot be understood" in kept.failure
    served(receiver, shift(ann, 2))
    engine.forward(hours=9)
    kept.refresh_from_db()
    assert (kept.failure, kept.failures) == ("", 0)


def test_shifts_that_are_past_stay_and_one_that_goes_on_ends_when_it_is_gone(rota, ann, reckoned):
    ben = make.user(Function.RESPONDER, email="ben@demo.example")
    kept = calendars.add_file(rota, TERMS, calendar(shift(ann, -9, "PT10H")), actor=make.SYSTEM)
    now = timezone.now()
    CalendarShift.objects.update(starts_at=now - 9 * HOUR)
    CalendarShift.objects.create(
        calendar=kept, person=ann, starts_at=now - 3 * DAY, ends_at=now - 2 * DAY
    )
    instead = Entry(now - HOUR, now + 9 * HOUR, (ben.email,))
    due = {"calendar": kept.pk, "at": now.isoformat()}
    calendars._came(due, [instead], now)
    calendars._came(due, [instead], now + HOUR)

    held = kept.shifts.order_by("starts_at").values_list("person", "starts_at", "ends_at")
    assert list(held) == [
        (ann.pk, now - 3 * DAY, now - 2 * DAY),
        (ann.pk, now - 9 * HOUR, now),
        (ben.pk, now, now + 9 * HOUR),
    ]


def test_an_address_lies_sealed_and_is_gone_with_its_calendar(rota, ann, engine):
    address = "webcal://calendar.example/secret-canary.ics"
    kept = added(rota, address)
    kept.refresh_from_db()
    assert kept.address == "https://calendar.example/secret-canary.ics"
    with connection.cursor() as cursor:
        for table in ("rotacalendar", "historicalrotacalendar"):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM notifications_{table} t")
            assert "canary" not in str(cursor.fetchall())
    assert "canary" not in str(list(Due.objects.values_list("payload", flat=True)))

    CalendarShift.objects.create(
        calendar=kept, person=ann, starts_at=timezone.now() - HOUR, ends_at=timezone.now() + HOUR
    )
    before = timezone.now()
    calendars.remove(kept, actor=make.SYSTEM)
    kept.refresh_from_db()
    assert (kept.sealed_address, on_call(rota, 0)) == ("", [[]])
    assert oncall.on_call(rota.pk, before) == [ann]
    with pytest.raises(rotas.Refused, match="removed already"):
        calendars.remove(kept, actor=make.SYSTEM)


@pytest.mark.parametrize(
    ("terms", "address", "said"),
    [
        (TERMS, "http://calendar.example/", "address: must start with https"),
        (TERMS, "https://me:pw@calendar.example/", "address: give a host"),
        (TERMS, "webcal://169.254.169.254/", "address: leads inside"),
        (Terms("", 5), "https://calendar.example/", "name: one line"),
        (Terms("a", 101), "https://calendar.example/", "rank: from 1 to 100"),
        (Terms("a", 10), "https://calendar.example/", "rank: there is a layer"),
    ],
)
def test_an_address_or_term_that_cannot_be_is_refused(rota, ann, terms, address, said):
    make.layer(rota, ann)
    with pytest.raises(rotas.Refused, match=f"^{said}"):
        calendars.add(rota, terms, address, actor=make.SYSTEM)
    assert not rota.calendars.exists()


@pytest.mark.parametrize(
    ("title", "found"),
    [("ANN archer", True), ("ann@demo.example", True), ("Ann", False), ("Ben", False)],
)
def test_without_attendees_the_title_names_exactly_one_person(ann, rota, reckoned, title, found):
    ann.last_name = "Archer"
    ann.save()
    for _ in range(2):
        make.user(Function.RESPONDER, first_name="Ben")
    start = timezone.now() + HOUR
    content = calendar(event(stamp(start), who=f"SUMMARY:{title}"))
    kept = calendars.add_file(rota, TERMS, content, actor=make.SYSTEM)
    assert (kept.shifts.count(), kept.unknown) == ((1, []) if found else (0, [title]))


def gap_mails():
    return [each for each in mail.outbox if each.subject.endswith("nobody is on call")]


def test_owners_hear_of_each_gap_once_and_again_when_it_grows(rota, ann, engine):
    ben = make.reachable(Function.RESPONDER)
    now = timezone.now()
    make.layer(rota, ann)
    engine.forward(hours=9)
    assert (gap_mails(), RotaGap.objects.count()) == ([], 0)

    layer = rota.layers.get()
    layer.until = now + 13 * DAY
    layer.save()
    for _ in range(4):
        engine.forward(hours=9)
    assert [each.to for each in gap_mails()] == [[ann.email]]
    assert "on (" in gap_mails()[0].body
    layer.until = now + 12 * DAY
    layer.save()
    engine.forward(hours=9)
    assert len(gap_mails()) == 2

    said = Cover(ben, now + 15 * DAY, "Away", now + 11 * DAY)
    covers.take(rota, said, actor=make.actor(ann))
    engine.forward(hours=9)
    assert not RotaGap.objects.filter(over_at=None).exists()
    assert len(gap_mails()) == 2


def test_a_rota_for_working_hours_has_no_gap_at_night(ann, engine):
    rota = make.rota(ann, within_hours=True)
    office = Hours(frozenset(range(7)), time(9), time(17))
    make.layer(rota, ann, hours=(office,))
    engine.forward(hours=9)
    assert (gap_mails(), standing.stands([rota], timezone.now())[0].gaps) == ([], 0)
    about = rotas.About(rota.name, rota.zone, [ann])
    rotas.change(rota, about, actor=make.SYSTEM)
    engine.forward(hours=9)
    assert len(gap_mails()) == 1


def test_a_gap_that_is_filled_in_its_middle_is_not_told_again(rota, ann, engine):
    ben = make.reachable(Function.RESPONDER)
    engine.forward(hours=9)
    assert len(gap_mails()) == 1
    said = Cover(ben, timezone.now() + 5 * DAY, "Away", timezone.now() + 4 * DAY)
    covers.take(rota, said, actor=make.actor(ann))
    for _ in range(2):
        engine.forward(hours=9)
    assert len(gap_mails()) == 1
    assert RotaGap.objects.filter(over_at=None).count() == 2


def test_operators_hear_of_gaps_where_no_owner_is_left(rota, ann, engine):
    operator = make.user(Function.OPERATOR)
    people.deactivate(ann, actor=make.SYSTEM)
    engine.forward(hours=9)
    assert [each.to for each in gap_mails()] == [[operator.email]]
    rotas.retire(rota, actor=make.SYSTEM)
    engine.forward(hours=9)
    assert not Due.objects.waiting().filter(kind=holes.LOOK).exists()


def test_what_was_lost_of_looking_and_reading_is_planned_anew(rota, engine):
    added(rota, "https://calendar.example/")
    # Nobody planned to seal the record of this database, which is no matter here.
    found = Finding.objects.exclude(check_name="record").values_list("check_name", flat=True)
    reconciling.look()
    assert not found.exists()
    kinds = (holes.LOOK, calendars.READ)
    Due.objects.filter(kind__in=kinds).delete()
    for _ in range(2):
        reconciling.look()
    assert list(found.all()) == ["rota forgotten"] * 2
    assert Due.objects.waiting().filter(kind__in=kinds).count() == 2
