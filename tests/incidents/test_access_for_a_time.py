"""Access that ends by itself."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from audit.models import Due
from incidents import access, grants, knocks
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


def give(incident, by, *, hours=None, level=Level.VIEW, **whom):
    until = timezone.now() + hours * HOUR if hours else None
    given = {"level": level, "reason": "Helps.", "actor": make.actor(by), "expires_at": until}
    return grants.admit(incident, **whom, **given)


def test_nobody_lets_themselves_in(incident):
    person = make.user()
    admit(incident, person, level=Level.CLOSE)
    with pytest.raises(grants.Refused, match="person: nobody lets themselves in"):
        give(incident, person, person=person)


def test_who_is_let_in_for_an_hour_lets_nobody_in_for_longer(incident):
    """Else they would stay for good, through a team of theirs or a friend who lets them in."""
    person, friend, team = make.user(), make.user(), Group.objects.create(name="storage")
    person.groups.add(team)
    admit(incident, person, hours=1, level=Level.MANAGE)
    for whom in ({"person": friend}, {"team": team}):
        for hours in (None, 2):
            refused = pytest.raises(grants.Refused, match="you may do this yourself until")
            with refused, transaction.atomic():
                give(incident, person, hours=hours, level=Level.MANAGE, **whom)
    assert give(incident, person, hours=0.5, level=Level.MANAGE, person=friend).pk
    admit(incident, person, level=Level.VIEW)
    assert give(incident, person, person=friend).expires_at is None
    with pytest.raises(grants.Refused, match="until"):
        give(incident, person, level=Level.CONTRIBUTE, person=friend)


def test_who_asks_such_a_person_is_let_in_for_as_long_as_they_are(incident):
    person, asks = make.user(), make.user()
    admit(incident, person, hours=1, level=Level.MANAGE)
    knocks.take_up(incident.number, reason="My share.", actor=make.actor(asks))
    asked = incident.access_requests.get()
    knocks.admit(asked, level=Level.VIEW, actor=make.actor(person))
    own = incident.grants.get(person=person).expires_at
    assert incident.grants.get(person=asks).expires_at == own
