"""Which gates collectors are told of, and since when one is silent."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F

from programs import presence
from programs.models import GateProcess
from programs.presence import Address, Beat

pytestmark = pytest.mark.django_db
ONE, OTHER = "https://one.example", "https://two.example"


def beat(url=ONE, ident=None, streams=0):
    said = Beat(ident or uuid4(), url, "host-1", streams)
    presence.note([said])
    return said.ident


def later(seconds, *idents):
    moved = GateProcess.objects.filter(pk__in=idents) if idents else GateProcess.objects.all()
    moved.update(seen_at=F("seen_at") - timedelta(seconds=seconds))


def told():
    return [(each.url, each.alive, each.streams) for each in presence.addresses()]


def test_processes_of_one_address_are_one_line_with_all_who_listen():
    beat(streams=3)
    beat(streams=4)
    beat(OTHER)

    assert told() == [(ONE, True, 7), (OTHER, True, 0)]


def test_a_second_beat_of_a_process_keeps_its_line_and_its_start():
    ident = beat(streams=3)
    started = GateProcess.objects.get().started_at
    later(60)

    beat(ident=ident, streams=5)

    assert told() == [(ONE, True, 5)]
    assert GateProcess.objects.get().started_at == started


def test_an_address_without_a_beat_for_ten_seconds_is_silent_since_the_last_one():
    dead = beat(streams=9)
    later(11, dead)

    [said] = presence.addresses()

    last = GateProcess.objects.get().seen_at
    assert said == Address(ONE, alive=False, seen_at=last, streams=0)


def test_one_that_missed_two_beats_is_alive_still():
    beat()
    later(8)
    assert told() == [(ONE, True, 0)]


def test_a_process_that_was_killed_and_started_again_leaves_no_trace_of_silence():
    later(30, beat())
    beat()
    assert told() == [(ONE, True, 0)]


def test_who_is_silent_for_a_day_is_forgotten_with_the_next_beat():
    later(86_401, beat())
    beat(OTHER)
    assert told() == [(OTHER, True, 0)]


def test_a_gate_that_goes_down_takes_itself_off_the_list_and_no_other():
    leaves, _stays = beat(), beat(OTHER)
    presence.leave([leaves])
    assert told() == [(OTHER, True, 0)]
