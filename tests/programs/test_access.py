"""Who may know of a program, see its machines, run it and approve it."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import Http404
from guardian.shortcuts import assign_perm

from accounts.functions import Function
from accounts.models import User
from programs import access, pauses
from programs.models import Program
from tests import make

pytestmark = pytest.mark.django_db
NOT_INSIDE = {Function.PROGRAM_OWNER}
# Whose duty controls are, and nothing else.
NO_MACHINES = {Function.SECURITY, Function.DATA_STEWARD, Function.HR}


@pytest.fixture
def draft():
    return make.draft()


def fresh(person):
    """The person as the next request reads them: permissions are remembered on the object."""
    return User.objects.get(pk=person.pk)


def may(person, program):
    """What this person may do with a program, by name."""
    person = fresh(person)
    checks = {
        "view": access.visible_to(person).filter(pk=program.pk).exists(),
        "machines": access.sees_machines(person, program),
        "evidence": access.sees_evidence(person, program),
        "run": access.may_run(person, program),
        "approve": access.may_approve(person, program),
    }
    return {name for name, allowed in checks.items() if allowed}


@pytest.mark.parametrize("function", Function)
def test_each_function_has_its_rights_on_a_draft_and_no_others(draft, function):
    expected = set() if function in NOT_INSIDE else {"view", "evidence", "machines"}
    if function in NO_MACHINES:
        expected.remove("machines")
    if function == Function.PRIVACY_OFFICER:
        expected.add("approve")
    assert may(make.user(function), draft) == expected


def test_a_reporter_knows_of_what_has_left_the_draft_but_not_of_its_machines(draft):
    reporter = make.user()
    assert may(reporter, draft) == set()
    assert may(reporter, make.program()) == {"view"}


@pytest.mark.parametrize("state", ["paused", "retired"])
def test_a_program_stays_visible_when_it_stands_still(state):
    program = make.program()
    pauses.pause(program, holder="x", label="x", reason="x", actor=make.SYSTEM)
    if state == "retired":
        pauses.retire(program, reason="over", actor=make.SYSTEM)
    assert may(make.user(), program) == {"view"}


def test_the_owner_runs_the_program_and_nobody_elses(draft):
    assert may(draft.owner, draft) == {"view", "evidence", "machines", "run"}
    assert may(draft.owner, make.draft()) == set()


def test_an_officer_who_owns_a_program_does_not_approve_it():
    owner = make.user(Function.PRIVACY_OFFICER)
    assert "approve" not in may(owner, make.draft(owner=owner))
    assert "approve" in may(owner, make.draft())


def test_whoever_was_let_run_it_runs_it_until_no_more(draft):
    person = make.user()
    access.let_run(person, draft)
    assert may(person, draft) == {"view", "evidence", "machines", "run"}
    assert may(person, make.draft()) == set()
    access.let_run_no_more(person, draft)
    assert may(person, draft) == set()


def test_a_team_that_may_run_it_lets_its_members_run_it(draft):
    team, person = Group.objects.create(name="study team"), make.user()
    assign_perm("programs.run_program", team, draft)
    assert may(person, draft) == set()
    person.groups.add(team)
    assert may(person, draft) == {"view", "evidence", "machines", "run"}


def test_a_superuser_is_nobody_here(draft):
    assert may(make.user(is_superuser=True, is_staff=True), draft) == set()


def test_a_right_on_all_programs_opens_none(draft):
    person = make.user()
    assign_perm("programs.run_program", person)
    assert may(person, draft) == set()


@pytest.mark.parametrize("function", Function)
def test_whoever_was_shut_out_may_nothing(function, draft):
    assert may(make.user(function, is_active=False), draft) == set()
    assert may(make.user(function, is_active=False), make.program()) == set()
    assert not access.may_draft(make.user(function, is_active=False))


def test_an_owner_who_was_shut_out_runs_nothing():
    owner = make.user(Function.PROGRAM_OWNER)
    program = make.program(owner=owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert may(owner, program) == set()


@pytest.mark.parametrize("function", Function)
def test_programs_are_drafted_by_owners_and_officers(function):
    allowed = function in (Function.PROGRAM_OWNER, Function.PRIVACY_OFFICER)
    assert access.may_draft(make.user(function)) is allowed


def test_whose_machines_agrees_with_the_question_about_one_program(draft):
    owner, insider = draft.owner, make.user(Function.RESPONDER)
    other = make.program()
    access.let_run(owner, other)
    assert access.whose_machines(fresh(owner)) == {draft.pk, other.pk}
    assert access.whose_machines(insider) is None
    assert access.whose_machines(make.user()) == frozenset()


def test_hidden_and_missing_are_one_answer(draft):
    person = make.user()
    with pytest.raises(Http404) as hidden:
        access.get_program(person, draft.slug)
    with pytest.raises(Http404) as missing:
        access.get_program(person, "no-such-program")
    assert str(hidden.value) == str(missing.value)


@pytest.mark.parametrize("to", ["run", "approve", "machines"])
def test_whoever_may_see_it_but_not_do_this_is_told_so(to):
    program = make.program()
    with pytest.raises(PermissionDenied, match="Only"):
        access.get_program(make.user(), program.slug, to=to)
    allowed = {
        "run": program.owner,
        "approve": make.user(Function.PRIVACY_OFFICER),
        "machines": make.user(Function.AUDITOR),
    }
    assert access.get_program(allowed[to], program.slug, to=to) == program


def test_a_wish_that_nobody_knows_opens_nothing():
    program = make.program()
    with pytest.raises(KeyError):
        access.get_program(program.owner, program.slug, to="aprove")


def test_everyone_sees_as_many_programs_as_they_may_and_counts_no_others():
    make.draft(), make.program(), make.program()
    assert access.visible_to(make.user()).count() == 2
    assert access.visible_to(make.user(Function.LEGAL)).count() == Program.objects.count() == 3
