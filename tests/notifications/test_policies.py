"""Which policy an incident is escalated by, and whom its steps reach."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.functions import Function
from notifications import policies, targets, ways
from notifications.escalation import NOBODY, Plan, Target
from notifications.models import ContactMethod, EscalationPolicy, Method, Page
from notifications.targets import Situation
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def names(*wanted, incident=None, fallback=()):
    plan = Plan("Own", (), 0, timedelta(0), fallback=fallback)
    reached = targets.reached(wanted, Situation(timezone.now(), plan, incident))
    return [one.person.username for one in reached]


def function(value, *methods):
    return Target("function", value, methods=methods)


def one(person):
    return Target("person", person=person.pk)


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
    assert names(one(person)) == [person.username]
    assert names(Target("person", person=0)) == []


def test_a_step_may_name_a_role_which_is_empty_until_somebody_takes_it(db):
    commanding = Target("role", "commander")
    incident = make.active(Sev.SEV3)
    holder = incident.roles.get(role="commander").person
    assert names(commanding, incident=incident) == [holder.username]
    assert names(commanding, incident=make.incident(Sev.SEV3)) == []
    assert names(commanding) == []


def test_a_step_may_page_those_on_whom_the_policy_falls_back(db):
    person = make.user()
    assert names(Target("fallback"), fallback=(one(person),)) == [person.username]


def test_several_targets_are_paged_at_once_and_each_person_once(db):
    both = make.user(Function.COMMANDER, Function.LEGAL, username="al")
    make.user(Function.LEGAL, username="bo")
    assert names(function("legal"), one(both), function("commander")) == ["al", "bo"]


def test_a_target_may_name_ways_and_who_has_none_of_them_is_paged_by_all(db):
    person = make.user(Function.LEGAL)
    for method, address in (("webhook", "https://pager.example/a"), ("email", "a@demo.example")):
        ContactMethod.objects.create(
            person=person, method=method, address=address, verified_at=timezone.now()
        )
    methods = [
        [way[0] for way in targets.fitting(person, function("legal", *wanted))]
        for wanted in (("webhook",), (), ("sms",))
    ]
    assert methods == [["webhook"], ["webhook", "email"], ["webhook", "email"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "function"},
        {"kind": "function", "name": "nobody"},
        {"kind": "role", "name": "privacy_officer"},
        {"kind": "person"},
        {"kind": "fallback", "name": "legal"},
    ],
)
def test_a_target_names_what_its_kind_needs(db, wrong):
    own = EscalationPolicy.objects.create(name="Own", levels=[2])
    step = own.steps.create(number=0, after_seconds=0)
    with pytest.raises(IntegrityError, match="what_its_kind_needs"), transaction.atomic():
        step.targets.create(**wrong)


def test_a_policy_falls_back_on_others_and_at_last_on_the_operators(db):
    last = EscalationPolicy.objects.create(name="Last", levels=[])
    last.steps.create(number=0, after_seconds=0).targets.create(kind="function", name="executive")
    first = EscalationPolicy.objects.create(name="First", levels=[2], fallback=last)
    wanted = (function("executive"), function("operator"))
    assert policies.plan(first).fallback == wanted
    last.fallback = first
    last.save()
    assert policies.plan(first).fallback == wanted


def test_only_the_mild_levels_may_wait_for_hours(db):
    hours = {"days": [0], "opens": "09:00", "closes": "17:00", "zone": "UTC"}
    EscalationPolicy.objects.create(name="Mild", levels=[4, 5], **hours)
    with pytest.raises(IntegrityError, match="mild_levels"), transaction.atomic():
        EscalationPolicy.objects.create(name="Worse", levels=[3, 4], **hours)


def test_without_contact_methods_the_address_of_the_account_is_used(db):
    person = make.user()
    assert ways.ways(person) == [ways.Way(Method.EMAIL, "p…@demo.example", None)]


def test_contact_methods_come_before_the_address_of_the_account(db):
    person = make.user()
    hook = ContactMethod.objects.create(
        person=person,
        method=Method.WEBHOOK,
        address="https://pager.example/a",
        verified_at=timezone.now(),
    )
    ContactMethod.objects.create(
        person=person, method=Method.EMAIL, address="old@demo.example", active=False
    )
    assert ways.ways(person) == [ways.Way(Method.WEBHOOK, "pager.example", hook)]
