"""Which policy an incident is escalated by, and whom its steps reach."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.functions import Function
from notifications import policies
from notifications.escalation import NOBODY, Step
from notifications.models import ContactMethod, EscalationPolicy, EscalationStep, Method, Page
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def names(step):
    return [person.username for person in policies.people(step)]


def function(value):
    return Step(timedelta(0), value, None)


def test_there_is_a_general_policy_for_every_level_that_pages(policy):
    covered = [level for each in EscalationPolicy.objects.all() for level in each.levels]
    assert sorted(covered) == [0, 1, 2, 3]


def test_making_the_general_policies_again_keeps_what_is_there(policy):
    EscalationPolicy.objects.filter(levels=[0, 1]).update(name="Ours")
    policies.ensure_general_policies(actor=make.SYSTEM)
    assert EscalationPolicy.objects.count() == 2
    assert EscalationPolicy.objects.filter(name="Ours").exists()


def test_where_nothing_but_migrate_ran_a_sev_2_pages_commanders(db, engine):
    call_command("migrate", verbosity=0)
    commander = make.user(Function.COMMANDER)
    incident = make.incident(Sev.SEV2)
    engine.work()
    pages = Page.objects.filter(escalation__incident=incident)
    assert [page.person for page in pages] == [commander]


def test_migrating_again_keeps_what_people_changed_or_switched_off(db):
    call_command("migrate", verbosity=0)
    EscalationPolicy.objects.filter(levels=[0, 1]).update(name="Ours")
    EscalationPolicy.objects.filter(levels=[2, 3]).update(active=False)
    before = list(EscalationPolicy.objects.order_by("pk").values())
    call_command("migrate", verbosity=0)
    assert list(EscalationPolicy.objects.order_by("pk").values()) == before


def test_a_migration_of_a_database_without_our_tables_makes_no_policy(db, monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", lambda: ["auth_group"])
    policies.install(using="default")
    assert not EscalationPolicy.objects.exists()


def test_the_policy_of_the_program_comes_before_the_general_one(policy):
    incident = make.incident(Sev.SEV2)
    general = policies.for_incident(incident)
    own = EscalationPolicy.objects.create(name="Own", program=incident.program, levels=[2])
    assert general.program is None
    assert policies.for_incident(incident) == own


def test_the_policy_of_another_program_does_not_count(policy):
    incident = make.incident(Sev.SEV2)
    EscalationPolicy.objects.create(name="Other", program=make.program(), levels=[2])
    assert policies.for_incident(incident).program is None
    unknown = make.incident(Sev.SEV2, program=None)
    assert policies.for_incident(unknown).program is None


def test_a_policy_that_was_switched_off_or_is_for_other_levels_does_not_count(db):
    incident = make.incident(Sev.SEV2)
    EscalationPolicy.objects.create(name="Off", levels=[2], active=False)
    EscalationPolicy.objects.create(name="Milder", levels=[3])
    assert policies.for_incident(incident) is None
    assert policies.plan(None) == NOBODY


def test_a_step_reaches_everybody_with_its_function_once_by_name(db):
    wanted = [
        make.user(Function.COMMANDER, Function.RESPONDER, username=name) for name in ("bo", "al")
    ]
    make.user(Function.RESPONDER)
    make.user(Function.COMMANDER, is_active=False)
    assert names(function("commander")) == sorted(person.username for person in wanted)


def test_a_step_may_name_one_person(db):
    person = make.user()
    make.user()
    assert names(Step(timedelta(0), "", person.pk)) == [person.username]
    assert names(Step(timedelta(0), "", 0)) == []


@pytest.mark.parametrize("wrong", [{}, {"function": "commander", "person": True}])
def test_a_step_names_a_function_or_a_person(db, wrong):
    own = EscalationPolicy.objects.create(name="Own", levels=[2])
    if "person" in wrong:
        wrong = wrong | {"person": make.user()}
    with pytest.raises(IntegrityError, match="function_or_a_person"), transaction.atomic():
        EscalationStep.objects.create(policy=own, number=0, after_seconds=0, **wrong)


def test_without_contact_methods_the_address_of_the_account_is_used(db):
    person = make.user()
    assert policies.ways(person) == [(Method.EMAIL, "p…@demo.example", None)]


def test_contact_methods_come_before_the_address_of_the_account(db):
    person = make.user()
    hook = ContactMethod.objects.create(
        person=person, method=Method.WEBHOOK, address="https://pager.example/a"
    )
    ContactMethod.objects.create(
        person=person, method=Method.EMAIL, address="old@demo.example", active=False
    )
    assert policies.ways(person) == [(Method.WEBHOOK, "pager.example", hook)]
