"""Access that ends by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from audit.models import Due
from incidents import access, grants
from incidents.models import AccessGrant
from tests import make

pytestmark = pytest.mark.django_db

Level = AccessGrant.Level
HOUR = timedelta(hours=1)


@pytest.fixture
def incident():
    return make.incident()


def admit(incident, person, *, hours=None, level=Level.VIEW):
    expires_at = timezone.now() + hours * HOUR if hours else None
    return grants.admit(
        incident,
        person=person,
        level=level,
        reason="For a look.",
        actor=make.SYSTEM,
        expires_at=expires_at,
    )


def test_access_for_an_hour_ends_after_an_hour(incident, engine):
    person = make.user()
    grant = admit(incident, person, hours=1)
    engine.forward(minutes=59)
    assert make.sees(person, incident)
    engine.forward(minutes=2)
    assert not make.sees(person, incident)
    grant.refresh_from_db()
    assert grant.ended_at


def test_access_without_a_time_does_not_end(incident, engine):
    person = make.user()
    admit(incident, person)
    engine.forward(days=400)
    assert make.sees(person, incident)


def test_who_is_let_in_for_longer_stays_for_longer(incident, engine):
    person = make.user()
    admit(incident, person, hours=1)
    admit(incident, person, hours=3)
    engine.forward(hours=2)
    assert make.sees(person, incident)
    engine.forward(hours=2)
    assert not make.sees(person, incident)


def test_who_is_let_in_for_good_after_an_hour_was_granted_stays_for_good(incident, engine):
    person = make.user()
    admit(incident, person, hours=1)
    admit(incident, person)
    engine.forward(days=400)
    assert make.sees(person, incident)


def test_a_shorter_time_does_not_cut_a_longer_one(incident):
    person = make.user()
    longer = admit(incident, person, hours=5)
    assert admit(incident, person, hours=1) == longer


def test_access_that_was_ended_by_hand_leaves_nothing_to_do(incident):
    grant = admit(incident, make.user(), hours=1)
    grants.end(grant, actor=make.SYSTEM)
    row = Due.objects.get(key__startswith=f"grant:{grant.pk}:")
    assert row.state == Due.State.CANCELLED


def test_the_end_of_one_grant_leaves_what_a_role_gives(incident, engine):
    person = make.user()
    admit(incident, person, hours=1)
    admit(incident, person, level=Level.CONTRIBUTE)
    engine.forward(hours=2)
    assert access.may_which(person, incident) == {Level.VIEW, Level.CONTRIBUTE}


def test_the_last_manager_stays_past_the_time_until_another_is_let_in(incident, engine):
    User.objects.filter(groups__name="privacy_officer").update(is_active=False)
    grant = admit(incident, make.user(), hours=1, level=Level.MANAGE)
    engine.forward(hours=2)
    grant.refresh_from_db()
    assert grant.ended_at is None
    make.user(Function.COMMANDER)
    engine.forward(hours=2)
    grant.refresh_from_db()
    assert grant.ended_at


def run_out(*given):
    AccessGrant.objects.filter(pk__in=[grant.pk for grant in given]).update(
        expires_at=timezone.now() - HOUR
    )


def test_what_has_run_out_opens_nothing_though_no_engine_came(incident):
    person, other = make.user(), make.user()
    run_out(admit(incident, person, hours=1, level=Level.MANAGE))
    admit(incident, other, hours=1)
    assert not make.sees(person, incident)
    assert access.may_which(person, incident) == frozenset()
    assert access.why(person, incident) == []
    assert make.sees(other, incident)


def test_what_has_run_out_takes_nothing_from_what_lasts(incident):
    person = make.user()
    admit(incident, person, level=Level.CONTRIBUTE)
    run_out(admit(incident, person, hours=1, level=Level.MANAGE))
    assert make.sees(person, incident)
    assert access.may_which(person, incident) == {Level.VIEW, Level.CONTRIBUTE}


def test_a_team_whose_time_is_up_is_out_as_well(incident):
    person = make.user(Function.RESPONDER)
    team = person.groups.get()
    grant = grants.admit(
        incident,
        team=team,
        level=Level.VIEW,
        reason="r",
        actor=make.SYSTEM,
        expires_at=timezone.now() + HOUR,
    )
    assert make.sees(person, incident)
    run_out(grant)
    assert not make.sees(person, incident)
    assert access.may_which(person, incident) == frozenset()
