"""Who may not agree that a program goes on, for what they did in the incident."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import resuming, roles
from incidents.models import Role, RoleAssignment
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.active(Sev.SEV2)


def commander(incident):
    return incident.roles.get(role=Role.COMMANDER, until=None).person


def test_the_commander_of_what_holds_a_program_does_not_judge_it(incident):
    assert resuming.barred(incident.program) == {commander(incident).pk}


def test_handing_the_command_over_frees_nobody(incident):
    first, second = commander(incident), make.user(Function.COMMANDER)
    roles.give(incident, Role.COMMANDER, person=second, actor=make.actor(first))
    assert resuming.barred(incident.program) == {first.pk, second.pk}


def test_whoever_commanded_before_the_pause_alone_may_judge_it(incident):
    first, second = commander(incident), make.user(Function.COMMANDER)
    roles.give(incident, Role.COMMANDER, person=second, actor=make.actor(first))
    before = timezone.now() - timedelta(hours=1)
    RoleAssignment.objects.filter(person=first).update(until=before)
    assert resuming.barred(incident.program) == {second.pk}


def test_the_commander_of_another_incident_is_not_barred(incident):
    assert resuming.barred(make.active(Sev.SEV2).program) != resuming.barred(incident.program)
