"""Who runs a program beside its owner: the owner decides, and who runs it judges nothing of it."""

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from accounts.functions import Function
from accounts.models import User
from audit.models import Entry
from programs import access, breadth, lifecycle, pauses, running
from programs.controlset import ControlSet
from programs.models import Program
from tests import make

pytestmark = pytest.mark.django_db
SCAN, START = (ControlSet.current().get(id_) for id_ in ("G11", "G25"))


@pytest.fixture
def program():
    return make.program()


def let(program, person, actor=None, reason="Runs the study."):
    running.add(program, person, reason=reason, actor=actor or make.actor(program.owner))


def fresh(person):
    return User.objects.get(pk=person.pk)


def test_the_owner_lets_somebody_run_it_until_no_more(program):
    person = make.user()
    for _ in range(2):
        let(program, person)
    assert running.of(program) == [person]
    assert access.may_run(fresh(person), program)
    running.end(program, person, reason="Left.", actor=make.officer())
    assert not access.may_run(fresh(person), program)
    told = Entry.objects.filter(action__startswith="program.permission_").order_by("pk")
    assert [each.action for each in told] == [running.GIVEN, running.ENDED]
    assert told[0].remark.text == "Runs the study."


def test_somebody_who_is_gone_can_be_let_out(program):
    person = make.user()
    let(program, person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    running.end(program, fresh(person), reason="Gone.", actor=make.actor(program.owner))
    assert running.of(program) == []


@pytest.mark.parametrize("who", ["commander", "who runs it", "officer who runs it", "nobody"])
def test_nobody_else_decides(program, who):
    helper, officer = make.user(), make.user(Function.PRIVACY_OFFICER)
    for person in (helper, officer):
        let(program, person)
    actor = {
        "commander": make.actor(make.user(Function.COMMANDER)),
        "who runs it": make.actor(helper),
        "officer who runs it": make.actor(officer),
        "nobody": make.SYSTEM,
    }[who]
    with pytest.raises(running.Refused, match="Only its owner and privacy officers"):
        let(program, make.user(), actor)
    with pytest.raises(running.Refused, match="Only its owner and privacy officers"):
        running.end(program, make.user(), reason="Out.", actor=actor)
    assert len(running.of(program)) == 2


def test_an_officer_whom_the_owner_let_run_it_gives_it_up_and_judges_again(program):
    officer, other = make.user(Function.PRIVACY_OFFICER), make.user()
    for person in (officer, other):
        let(program, person)
    assert not breadth.may_decide(fresh(officer), program)
    with pytest.raises(running.Refused, match="Only its owner"):
        running.end(program, other, reason="r", actor=make.actor(officer))
    with pytest.raises(running.Refused, match="reason"):
        running.end(program, officer, reason=" ", actor=make.actor(officer))
    running.end(program, officer, reason="I judge it.", actor=make.actor(officer))
    assert running.of(program) == [other]
    assert breadth.may_decide(fresh(officer), program)


def test_what_cannot_be_is_named_by_its_field(program):
    officer = make.officer()
    for person, actor, reason, words in (
        (program.owner, officer, "r", "person: .* owns the program"),
        (officer.user, officer, "r", "person: nobody lets themselves in"),
        (make.user(is_active=False), officer, "r", "person: .* is deactivated"),
        (make.user(), officer, " ", "reason: say why"),
        (make.user(), officer, "x" * 501, "reason: say why"),
    ):
        with pytest.raises(running.Refused, match=words):
            let(program, person, actor, reason)
    pauses.retire(program, reason="Done.", actor=make.SYSTEM)
    with pytest.raises(running.Refused, match="has ended"):
        let(program, make.user())
    assert running.of(program) == []


def test_so_many_run_it_and_no_more(program, monkeypatch):
    monkeypatch.setattr(running, "MOST", 2)
    for _ in range(2):
        let(program, make.user())
    with pytest.raises(running.Refused, match="at most 2 people"):
        let(program, make.user())


def test_all_who_run_it_are_found_in_one_question(program, django_assert_num_queries):
    helper, member = make.user(), make.user()
    let(program, helper)
    team = Group.objects.create(name="study team")
    assign_perm("programs.run_program", team, program)
    member.groups.add(team)
    with django_assert_num_queries(1):
        assert access.runners(program) == {program.owner_id, helper.pk, member.pk}


def test_who_runs_it_approves_waives_and_decides_nothing_of_it():
    draft = make.draft()
    officer = make.user(Function.PRIVACY_OFFICER, Function.SECURITY, Function.EXECUTIVE)
    judging = (
        lambda: access.may_approve(fresh(officer), draft),
        lambda: access.may_waive(fresh(officer), draft, SCAN),
        lambda: access.may_decide(fresh(officer), draft, START),
        lambda: breadth.may_decide(fresh(officer), draft),
    )
    assert [may() for may in judging] == [True] * 4
    let(draft, officer)
    assert [may() for may in judging] == [False] * 4
    with pytest.raises(lifecycle.Refused, match="Whoever runs a program cannot approve it"):
        lifecycle.approve(draft, actor=make.actor(fresh(officer)))
    assert Program.objects.get().state == "draft"
