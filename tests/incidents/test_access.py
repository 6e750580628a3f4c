"""Who may know of an incident. The default is nobody."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.functions import Function
from accounts.models import User
from audit.models import Entry
from incidents import access, grants, lifecycle
from incidents.models import AccessGrant, Incident, Status
from programs.models import Program
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

Level = AccessGrant.Level


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


def admit(incident, level=Level.VIEW, **fields):
    given = {"reason": "Knows the store.", "actor": make.SYSTEM} | fields
    return grants.admit(incident, level=level, **given)


def holds(person, incident):
    return access.may_which(User.objects.get(pk=person.pk), incident)


@pytest.mark.parametrize("function", [*Function, None])
def test_a_mild_incident_is_known_to_privacy_officers_and_commanders_alone(incident, function):
    person = make.user(*[function] if function else [])
    invited = function in (Function.PRIVACY_OFFICER, Function.COMMANDER)
    assert make.sees(person, incident) == invited


@pytest.mark.parametrize(
    ("function", "level"),
    [
        (Function.PRIVACY_OFFICER, Level.CLOSE),
        (Function.COMMANDER, Level.MANAGE),
        (Function.LEGAL, Level.CONTRIBUTE),
        (Function.EXECUTIVE, Level.VIEW),
    ],
)
def test_from_sev_2_on_these_take_part_each_as_far_as_the_function_needs(function, level):
    incident, person = make.incident(Sev.SEV2), make.user(function)
    assert holds(person, incident) == set(grants.IMPLIES[level])


def test_an_incident_that_gets_worse_lets_in_counsel_and_leadership(incident):
    counsel = make.user(Function.LEGAL)
    assert not make.sees(counsel, incident)
    make.judged(incident, Sev.SEV2)
    assert make.sees(counsel, incident)


def test_a_superuser_is_nobody(incident):
    root = make.user(is_superuser=True, is_staff=True)
    assert not make.sees(root, incident)
    assert holds(root, incident) == frozenset()


def test_a_right_on_all_incidents_gives_none_of_them(incident):
    person = make.user()
    assign_perm("incidents.view_incident", person)
    assert not make.sees(person, incident)


def test_a_deactivated_person_sees_nothing_that_was_granted(incident):
    person = make.user()
    admit(incident, Level.MANAGE, person=person)
    assert make.sees(person, incident)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not make.sees(person, incident)
    assert holds(person, incident) == frozenset()


@pytest.mark.parametrize("level", Level)
def test_a_level_holds_the_ones_before_it(incident, level):
    person = make.user()
    admit(incident, level, person=person)
    assert holds(person, incident) == set(grants.IMPLIES[level])
    assert access.may(person, level, incident)


def test_a_grant_is_for_one_incident(incident):
    person, other = make.user(), make.incident()
    admit(incident, person=person)
    assert list(access.visible_to(person)) == [incident]
    assert not make.sees(person, other)


def test_a_team_is_let_in_as_a_whole(incident):
    team = Group.objects.create(name="storage")
    person, later = make.user(), make.user()
    team.user_set.add(person)
    admit(incident, Level.CONTRIBUTE, team=team)
    team.user_set.add(later)
    assert make.sees(person, incident)
    assert holds(later, incident) == {Level.VIEW, Level.CONTRIBUTE}


def test_who_responds_for_a_program_sees_its_incidents_only_while_unrestricted(incident):
    person = make.user()
    assign_perm("programs.respond_program", person, incident.program)
    Program.objects.filter(pk=incident.program_id).update(responders_read=True)
    assert not make.sees(person, incident)
    Incident.objects.filter(pk=incident.pk).update(restricted=False)
    incident.refresh_from_db()
    assert make.sees(person, incident)
    assert holds(person, incident) == {Level.VIEW, Level.CONTRIBUTE}
    other = make.incident()
    Incident.objects.filter(pk=other.pk).update(restricted=False)
    assert not make.sees(person, other)


def test_a_lower_grant_takes_nothing_from_who_responds_for_the_program(incident):
    person = make.user()
    assign_perm("programs.respond_program", person, incident.program)
    Program.objects.filter(pk=incident.program_id).update(responders_read=True)
    Incident.objects.filter(pk=incident.pk).update(restricted=False)
    admit(incident, Level.VIEW, person=person)
    incident.refresh_from_db()
    assert holds(person, incident) == {Level.VIEW, Level.CONTRIBUTE}


def test_hidden_and_missing_are_the_same_error(incident):
    stranger = make.user()
    with pytest.raises(Http404) as hidden:
        access.get_incident(stranger, incident.number)
    with pytest.raises(Http404) as missing:
        access.get_incident(stranger, 999_999)
    assert str(hidden.value) == str(missing.value)


def test_who_may_read_but_not_do_this_is_told_so(incident):
    person = make.user()
    admit(incident, Level.CONTRIBUTE, person=person)
    assert access.get_incident(person, incident.number, to=Level.CONTRIBUTE) == incident
    with pytest.raises(PermissionDenied, match="You may read this incident"):
        access.get_incident(person, incident.number, to=Level.MANAGE)


def test_letting_in_twice_is_one_grant(incident):
    person = make.user()
    assert admit(incident, person=person) == admit(incident, person=person)


def test_who_let_whom_in_and_why_is_recorded(incident):
    person = make.user()
    grant = admit(incident, person=person, reason="Found the link.")
    entry = Entry.objects.filter(action="access.granted").latest("pk")
    assert (grant.granted_by, grant.reason) == ("test", "Found the link.")
    assert f"person:{person.pk}" in entry.body
    assert entry.remark.text == "Found the link."


def test_letting_in_names_a_person_or_a_team(incident):
    team = Group.objects.create(name="storage")
    for wrong in ({}, {"person": make.user(), "team": team}):
        named = pytest.raises(grants.Refused, match="person: name a person or a team")
        with named, transaction.atomic():
            admit(incident, **wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reason": " "}, "reason: say why"),
        ({"reason": "x" * 301}, "at most 300"),
        ({"expires_at": timezone.now()}, "expires_at: choose a time to come"),
    ],
)
def test_letting_in_needs_a_reason_and_a_time_to_come(incident, wrong, words):
    person = make.user()
    with pytest.raises(grants.Refused, match=words), transaction.atomic():
        admit(incident, person=person, **wrong)
    assert not make.sees(person, incident)


def test_a_deactivated_person_is_not_let_in(incident):
    with pytest.raises(grants.Refused, match="person: .* is deactivated"):
        admit(incident, person=make.user(is_active=False))


def test_ending_access_takes_it_away(incident):
    person = make.user()
    grant = admit(incident, Level.CONTRIBUTE, person=person)
    grants.end(grant, actor=make.SYSTEM)
    grant.refresh_from_db()
    assert grant.ended_at
    assert not make.sees(person, incident)
    assert incident.timeline.filter(kind="access", text__contains="no longer").exists()


def test_ending_one_grant_leaves_what_another_gives(incident):
    person = make.user()
    admit(incident, Level.VIEW, person=person)
    higher = admit(incident, Level.MANAGE, person=person)
    grants.end(higher, actor=make.SYSTEM)
    grants.end(higher, actor=make.SYSTEM)
    assert holds(person, incident) == {Level.VIEW}


def test_who_was_shut_out_may_be_let_in_again(incident):
    person = make.user()
    grants.end(admit(incident, person=person), actor=make.SYSTEM)
    admit(incident, person=person)
    assert make.sees(person, incident)


def test_the_last_who_can_manage_an_incident_stays(incident):
    team = incident.grants.get(team__name="commander")
    officers = incident.grants.get(team__name="privacy_officer")
    make.user(Function.PRIVACY_OFFICER)
    grants.end(team, actor=make.SYSTEM)
    with pytest.raises(grants.Refused, match="grant: somebody must be able to manage"):
        grants.end(officers, actor=make.SYSTEM)
    admit(incident, Level.MANAGE, person=make.user())
    grants.end(officers, actor=make.SYSTEM)
    assert incident.grants.filter(ended_at=None).count() == 1


def test_a_team_without_people_manages_nothing(incident):
    only = admit(incident, Level.MANAGE, person=make.user())
    assert not User.objects.filter(groups__name="commander").exists()
    User.objects.filter(groups__name="privacy_officer").update(is_active=False)
    with pytest.raises(grants.Refused, match="grant: somebody must be able to manage"):
        grants.end(only, actor=make.SYSTEM)


@pytest.mark.parametrize("level", [Level.VIEW, Level.CONTRIBUTE])
def test_a_grant_that_manages_nothing_ends_even_where_nobody_can_manage(incident, level):
    assert not User.objects.filter(groups__name="commander").exists()
    User.objects.filter(groups__name="privacy_officer").update(is_active=False)
    person = make.user()
    grants.end(admit(incident, level, person=person), actor=make.SYSTEM)
    assert not make.sees(person, incident)


@pytest.mark.parametrize("own", Level)
def test_nobody_lets_in_to_more_than_they_may(incident, own):
    manager, person = make.user(), make.user()
    admit(incident, own, person=manager)
    for level in grants.IMPLIES[own]:
        admit(incident, level, person=person, actor=make.actor(manager))
    for level in set(Level) - set(grants.IMPLIES[own]):
        more = pytest.raises(grants.Refused, match="level: nobody lets in to more than they may")
        with more, transaction.atomic():
            admit(incident, level, person=person, actor=make.actor(manager))
    assert holds(person, incident) == set(grants.IMPLIES[own])


def test_a_level_that_is_none_is_refused_by_its_name(incident):
    with pytest.raises(grants.Refused, match="level: 'own' is none; choose one of view, "):
        admit(incident, "own", person=make.user())


def test_no_person_ends_what_a_rule_gave(incident):
    officer = make.user(Function.PRIVACY_OFFICER)
    grant = incident.grants.get(team__name="commander")
    with pytest.raises(grants.Refused, match="grant: commander is let in by rule"):
        grants.end(grant, actor=make.actor(officer))
    grant.refresh_from_db()
    assert grant.ended_at is None
    by_hand = admit(incident, Level.MANAGE, team=Group.objects.create(name="storage"))
    grants.end(by_hand, actor=make.actor(officer))
    assert not by_hand.by_rule


def test_an_incident_that_is_over_is_still_read_by_those_who_were_let_in(incident):
    person = make.user()
    admit(incident, person=person)
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    assert make.sees(person, incident)
