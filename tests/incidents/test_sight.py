"""What a person sees is read at little cost, and it is what their grants open: no more, no less."""

import random
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm, get_objects_for_user

from accounts.models import User
from config import scale
from incidents import access, grants, listing, sight
from incidents.listing import Place
from incidents.models import AccessGrant, Incident
from incidents.search import Wanted
from programs.models import Program
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def many():
    """A hundred and twenty incidents and everybody who sees some of them."""
    scale.seed(120, say=lambda _line: None)
    return {kind: User.objects.get(username=scale.username(kind)) for kind in scale.NAMES}


def by_guardian(person):
    flags = {"with_superuser": False, "accept_global_perms": False}
    granted = get_objects_for_user(person, "incidents.view_incident", klass=Incident, **flags)
    programs = get_objects_for_user(person, "programs.respond_program", **flags)
    programs = programs.filter(responders_read=True)
    found = set(granted.values_list("pk", flat=True))
    unrestricted = Incident.objects.filter(restricted=False, program__in=programs)
    return sorted(found | set(unrestricted.values_list("pk", flat=True)), reverse=True)


def every_way(person):
    """What each way of reading says that the person sees, newest first."""
    theirs = sight.of(person)
    one_by_one = Incident.objects.filter(sight.each(theirs)).values_list("pk", flat=True)
    return [
        access.newest(person, limit=10_000),
        access.next_newer(person, limit=10_000, after=0),
        sorted(sight.all_if_few(theirs) or [], reverse=True),
        sorted(one_by_one, reverse=True),
        sorted(access.visible_to(person).values_list("pk", flat=True), reverse=True),
    ]


def test_every_way_gives_what_guardian_gives_for_every_kind_of_person(many):
    seen = {kind: by_guardian(person) for kind, person in many.items()}
    for kind, person in many.items():
        for found in every_way(person):
            assert found == seen[kind], kind
    assert len(seen["all"]) == len(seen["team-all"]) == 120
    assert seen["nobody"] == []
    assert 0 < len(seen["responder"]) < 20


def test_who_sees_too_much_to_read_ahead_sees_the_same(many, monkeypatch):
    before = every_way(many["half"])[-1]
    monkeypatch.setattr(sight, "FEW", 3)
    assert sight.all_if_few(sight.of(many["half"])) is None
    assert sorted(access.visible_to(many["half"]).values_list("pk", flat=True))[::-1] == before


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(levels=(0, 1, 2, 3, 4, 5))])
@pytest.mark.parametrize("kind", ["all", "half", "ordinary", "responder", "nobody"])
def test_leafing_on_and_back_shows_each_incident_once(many, kind, wanted, monkeypatch):
    monkeypatch.setattr(listing, "PER_PAGE", 7)
    numbers = [
        *Incident.objects.filter(pk__in=by_guardian(many[kind])).values_list("number", flat=True)
    ]
    place, on, pages = Place(), [], 0
    while True:
        page = listing.page(many[kind], wanted, place)
        on += [row.number for row in page.rows]
        pages += 1
        if page.older is None:
            break
        place = Place(**page.older)
    assert on == numbers
    assert pages == max(-(-len(numbers) // 7), 1)
    for _ in range(pages - 1):
        page = listing.page(many[kind], wanted, Place(**page.newer))
    assert page.newer is None
    assert [row.number for row in page.rows] == numbers[:7]


def test_any_number_is_a_place_and_tells_nothing_of_what_is_hidden(many):
    person = many["half"]
    seen = Incident.objects.filter(pk__in=by_guardian(person)).values_list("number", flat=True)
    for number in (0, 1, 60, 61, 119, 120, 121, 2**31 - 1):
        page = listing.page(person, Wanted(), Place(before=number))
        assert [row.number for row in page.rows] == [n for n in seen if n < number][:50]


def test_more_than_are_counted_are_said_to_be_more(many, monkeypatch):
    for most, said in ((119, (119, True)), (120, (120, False))):
        monkeypatch.setattr(listing, "MOST", most)
        for wanted in (Wanted(), Wanted(sort="severity")):
            page = listing.page(many["all"], wanted, Place())
            assert (page.count, page.is_more) == said


# --- Grants whose time is up


def out_of_time(grant):
    AccessGrant.objects.filter(pk=grant.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("through", ["person", "team"])
def test_a_grant_whose_time_is_up_opens_nothing_though_no_engine_came_by(through):
    incident, kept, person = make.incident(), make.incident(), make.user()
    team = Group.objects.create(name="storage")
    team.user_set.add(person)
    to = {"person": person} if through == "person" else {"team": team}
    hour = timezone.now() + timedelta(hours=1)
    given = {"level": "view", "reason": "For now.", "actor": make.SYSTEM, "expires_at": hour, **to}
    grant = grants.admit(incident, **given)
    grants.admit(kept, **given)
    assert all(found == [kept.pk, incident.pk] for found in every_way(person))
    out_of_time(grant)
    assert all(found == [kept.pk] for found in every_way(person))


@pytest.mark.parametrize("other", ["lasts", "team", "later"])
def test_what_another_grant_opens_stays_open(other):
    incident, person = make.incident(), make.user()
    team = Group.objects.create(name="storage")
    team.user_set.add(person)
    hour = timezone.now() + timedelta(hours=1)
    given = {"reason": "Helps.", "actor": make.SYSTEM}
    short = grants.admit(incident, level="manage", person=person, expires_at=hour, **given)
    whom = {"team": team} if other == "team" else {"person": person}
    until = {"expires_at": hour} if other == "later" else {}
    grants.admit(incident, level="view", **whom, **until, **given)
    out_of_time(short)
    assert all(found == [incident.pk] for found in every_way(person))


def test_a_grant_of_somebody_else_that_ran_out_takes_nothing():
    incident, person, other = make.incident(), make.user(), make.user()
    hour = timezone.now() + timedelta(hours=1)
    given = {"level": "view", "reason": "Helps.", "actor": make.SYSTEM}
    grants.admit(incident, person=person, **given)
    out_of_time(grants.admit(incident, person=other, expires_at=hour, **given))
    assert all(found == [incident.pk] for found in every_way(person))
    assert all(found == [] for found in every_way(other))


def test_a_world_made_by_chance_is_seen_alike_in_every_way():
    chance = random.Random(7)
    teams = [Group.objects.create(name=f"team-{n}") for n in range(3)]
    programs = [make.program() for _ in range(3)]
    Program.objects.exclude(pk=programs[-1].pk).update(responders_read=True)
    people = [make.user() for _ in range(4)]
    for person in people:
        person.groups.set(chance.sample(teams, chance.randrange(3)))
        if chance.random() < 0.5:
            assign_perm("programs.respond_program", person, chance.choice(programs))
    for _ in range(12):
        incident = make.incident(program=chance.choice(programs))
        Incident.objects.filter(pk=incident.pk).update(restricted=chance.random() < 0.5)
        for whom in (*people, *teams):
            if chance.random() < 0.3:
                to = {"person" if isinstance(whom, User) else "team": whom}
                given = {"level": "view", "reason": "Helps.", "actor": make.SYSTEM}
                grants.admit(incident, **to, **given)
    assert any(by_guardian(person) for person in people)
    for person in people:
        assert all(found == by_guardian(person) for found in every_way(person))


# --- What it costs


def touched(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        (plans,) = cursor.fetchone()
    root = plans[0]["Plan"]
    return root["Shared Hit Blocks"] + root["Shared Read Blocks"]


def test_a_page_touches_as_much_of_the_database_however_many_one_sees():
    scale.seed(6_000, say=lambda _line: None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    middle = Incident.objects.order_by("number")[3_000].pk
    for kind in scale.NAMES:
        theirs = sight.of(User.objects.get(username=scale.username(kind)))
        for below in (None, middle):
            blocks = touched(*sight.statement(theirs, limit=51, below=below))
            # Before a vacuum each incident of a program is looked at itself.
            most = 150 if kind == scale.RESPONDER else 40
            assert blocks <= most, (kind, below)


# --- The command


def test_the_command_refuses_what_it_cannot_do():
    for wrong, words in (("0", "not between 1 and"), ("9999999", "not between 1 and")):
        with pytest.raises(CommandError, match=words):
            call_command("seed_scale", wrong)
    with pytest.raises(CommandError, match="invalid int value: 'many'"):
        call_command("seed_scale", "many")
    make.incident()
    with pytest.raises(CommandError, match="holds incidents that somebody reported"):
        call_command("seed_scale", "10")
    assert Incident.objects.count() == 1


def test_it_writes_beside_others_only_when_told_and_only_once():
    there = make.incident()
    scale.seed(10, beside=True, say=lambda _line: None)
    assert Incident.objects.count() == 11
    assert make.incident().number == there.number + 11
    with pytest.raises(scale.Refused, match="seeded already"):
        scale.seed(10, beside=True)


def test_production_is_not_seeded(settings, monkeypatch):
    monkeypatch.setattr(type(settings.ENVIRONMENT), "production", True)
    with pytest.raises(CommandError, match="not for production"):
        call_command("seed_scale", "10")
