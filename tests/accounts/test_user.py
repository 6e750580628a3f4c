"""People: their names, functions and zones."""

import zoneinfo

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.utils import timezone

from accounts.actors import Actor
from accounts.adapter import ByInvitation
from accounts.functions import Function
from accounts.middleware import InTheReadersZone
from accounts.models import User
from tests import make

pytestmark = pytest.mark.django_db


def test_every_function_is_a_group_and_no_other_group_is_made():
    assert set(Group.objects.values_list("name", flat=True)) == set(Function.values)


def test_a_team_that_is_no_function_gives_none():
    person = make.user(Function.LEGAL)
    person.groups.add(Group.objects.create(name="study team"))
    assert User.objects.get(pk=person.pk).functions == {Function.LEGAL}


def test_functions_are_read_once_for_a_loaded_person(django_assert_num_queries):
    person = User.objects.get(pk=make.user(Function.LEGAL).pk)
    with django_assert_num_queries(1):
        assert person.is_any(Function.LEGAL, Function.OPERATOR)
        assert not person.is_any(Function.OPERATOR)
        assert not person.is_any()


def test_whoever_was_shut_out_holds_no_function():
    assert not make.user(Function.LEGAL, is_active=False).is_any(Function.LEGAL)


def test_a_person_goes_by_the_full_name_or_by_the_user_name():
    assert make.user(first_name="Ada", last_name="Lovelace").name == "Ada Lovelace"
    assert make.user(username="ada").name == "ada"


def test_an_address_belongs_to_one_person_however_it_is_written():
    make.user(email="Ada@demo.example")
    with pytest.raises(IntegrityError, match="email_once"), transaction.atomic():
        make.user(email="aDA@demo.example")
    assert make.user(email="") != make.user(email="")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/Argentina/Ushuaia"])
def test_a_zone_is_one_of_the_known_ones(zone):
    person = make.user(zone=zone)
    person.clean_fields(exclude=["password"])
    person.zone = "Mars/Olympus"
    with pytest.raises(ValidationError, match="IANA time zone"):
        person.clean_fields(exclude=["password"])


@pytest.mark.parametrize(
    ("zone", "known"),
    [("Asia/Tokyo", "Asia/Tokyo"), ("", "Europe/Berlin"), (None, "Europe/Berlin")],
)
def test_times_are_shown_in_the_readers_zone_for_one_request_only(settings, zone, known):
    settings.HOUSE_ZONE = "Europe/Berlin"
    request = RequestFactory().get("/")
    request.user = object() if zone is None else make.user(zone=zone)
    before = timezone.get_current_timezone_name()
    seen = []
    InTheReadersZone(lambda _request: seen.append(timezone.get_current_timezone()))(request)
    assert seen == [zoneinfo.ZoneInfo(known)]
    assert timezone.get_current_timezone_name() == before


def test_nobody_makes_their_own_account():
    assert not ByInvitation().is_open_for_signup(RequestFactory().get("/"))


def test_an_actor_is_a_person_by_a_door_or_a_part_of_andon():
    person = make.user(username="ada")
    assert Actor.person(person, via="link") == Actor(name="ada", via="link", user=person)
    assert Actor.machine("rule T2") == Actor(name="rule T2", via="engine", user=None)
    assert str(Actor.machine("rule T2")) == "rule T2"
