"""Make policies, change them as new versions, retire them; and what is refused at save."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.functions import Function
from audit import people, teams
from audit.models import Entry
from notifications import planning, policies, policy_forms, policymaking, rotas
from notifications.escalation import Plan, Step, Target
from notifications.hours import Hours
from notifications.models import Escalation, EscalationPolicy, Page
from notifications.policychecks import Refused
from notifications.policydraft import Draft
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
COMMANDERS = Target("function", "commander")
AT_WORK = Hours("Europe/Berlin", (0, 1), time(9), time(17))


@pytest.fixture
def ann(db):
    return make.reachable(Function.COMMANDER, first_name="Ann")


def at(person):
    return Target("person", person=person.pk)


def make_(draft, reason="Agreed.", actor=make.SYSTEM):
    return policymaking.make(draft, reason=reason, actor=actor)


def refused(draft, **fields):
    """The faults of a draft that is refused, as sentences; nothing is kept of it."""
    before = EscalationPolicy.objects.count()
    with pytest.raises(Refused) as refusal:
        make_(replace(draft, **fields))
    assert EscalationPolicy.objects.count() == before
    return str(refusal.value)


def test_what_is_made_is_read_back_as_it_was_wanted_and_stands_in_the_record(ann):
    by = make.actor(ann)
    other = make.policy(levels=())
    steps = (
        Step(0 * MINUTE, (at(ann), Target("function", "executive", methods=("email",)))),
        Step(5 * MINUTE, (Target("role", "commander"), Target("fallback"))),
    )
    draft = Draft("Night", (4, 5), steps, make.program().pk, 2, MINUTE, other.pk, AT_WORK)
    policy = make_(draft, actor=by)

    assert planning.draft(policy) == draft == Draft.from_plain(policy.versions.get().document)
    assert planning.of_draft(draft) == planning.plan(policy)
    assert (policy.version, policy.history.get().history_user) == (1, ann)
    entry = Entry.objects.get(action="policy.made", stream=f"escalationpolicy:{policy.pk}")
    assert entry.actor == ann
    assert policy.versions.get().author == ann


def test_a_change_is_the_next_version_and_the_one_before_stays_to_be_read(ann):
    policy = make.policy(COMMANDERS)
    draft = planning.draft(policy)
    wider = replace(draft, steps=(*draft.steps, Step(10 * MINUTE, (at(ann),))))
    policymaking.change(policy, wider, based_on=1, reason="Too few.", actor=make.actor(ann))

    policy.refresh_from_db()
    assert (policy.version, planning.draft(policy)) == (2, wider)
    newer, older = policy.versions.all()
    assert (newer.number, newer.reason, newer.author) == (2, "Too few.", ann)
    assert Draft.from_plain(older.document) == draft


def test_a_policy_older_than_versions_keeps_what_it_was_before_its_first_change(ann):
    plain = EscalationPolicy.objects.create(name="Old", levels=[4])
    plain.steps.create(number=0, after_seconds=0).targets.create(kind="person", person=ann)
    draft = replace(planning.draft(plain), repeats=0)
    policymaking.change(plain, draft, based_on=1, reason="Once.", actor=make.SYSTEM)
    assert [row.document["repeats"] for row in plain.versions.all()] == [0, 3]


def test_who_read_an_older_version_or_changes_nothing_is_told_so(ann):
    policy = make.policy(COMMANDERS)
    draft = planning.draft(policy)
    again = {"reason": "r", "actor": make.SYSTEM}
    policymaking.change(policy, replace(draft, repeats=1), based_on=1, **again)
    with pytest.raises(Refused, match="version 2 meanwhile"):
        policymaking.change(policy, replace(draft, repeats=2), based_on=1, **again)
    with pytest.raises(Refused, match="nothing is changed"):
        policymaking.change(policy, replace(draft, repeats=1), based_on=2, **again)


def test_a_run_keeps_the_policy_that_it_began_with_and_its_digest(ann, engine):
    policy = make.policy(at(ann))
    incident = make.incident(Sev.SEV2)
    engine.work()
    run = Escalation.objects.get(incident=incident)
    later = make.reachable()
    draft = replace(planning.draft(policy), steps=(Step(0 * MINUTE, (at(later),)),))
    policymaking.change(policy, draft, based_on=1, reason="Later.", actor=make.SYSTEM)
    engine.forward(minutes=6)

    assert {page.person for page in run.pages.all()} == {ann}
    run.refresh_from_db()
    assert run.taken == 2
    kept = Plan.from_plain(run.snapshot)
    assert (run.policy, kept.sha256()) == (policy, run.snapshot_sha256)
    assert planning.plan(policy).sha256() != run.snapshot_sha256


def test_a_retired_policy_begins_nothing_and_is_not_changed_any_more(ann):
    policy = make.policy(COMMANDERS)
    policymaking.retire(policy, reason="Gone.", actor=make.SYSTEM)
    assert policies.for_level(2, None) is None
    for act in (
        lambda: policymaking.retire(policy, reason="Gone.", actor=make.SYSTEM),
        lambda: policymaking.change(
            policy, planning.draft(policy), based_on=1, reason="r", actor=make.SYSTEM
        ),
    ):
        with pytest.raises(Refused, match="retired"):
            act()
    # Its name and its level are free again.
    assert make_(replace(planning.draft(policy)))


def test_what_others_fall_back_on_is_not_retired(ann):
    last = make.policy(COMMANDERS, levels=())
    make.policy(COMMANDERS, name="First", fallback=last.pk)
    with pytest.raises(Refused, match="First falls back on it"):
        policymaking.retire(last, reason="r", actor=make.SYSTEM)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "name: one line"),
        ({"name": "a\0b"}, "name: one line"),
        ({"levels": (2, 2)}, "levels: each a number from 0 to 5"),
        ({"levels": (10**9,)}, "levels: each a number from 0 to 5"),
        ({"repeats": -1}, "repeats: from 0 to 20"),
        ({"repeats": 99_999}, "repeats: from 0 to 20"),
        ({"repeat_after": 0 * MINUTE}, "repeat_after: whole minutes from 1 to 480"),
        ({"repeat_after": timedelta(days=400)}, "repeat_after: whole minutes from 1 to 480"),
        ({"steps": ()}, "steps: one to 20 steps"),
        ({"steps": (Step(-MINUTE, (COMMANDERS,)),)}, "step 1, wait: whole minutes from 0 to 480"),
        ({"steps": (Step(MINUTE / 2, (COMMANDERS,)),)}, "step 1, wait: whole minutes"),
        ({"steps": (Step(MINUTE, (COMMANDERS,)),) * 21}, "steps: one to 20 steps"),
        ({"steps": (Step(0 * MINUTE, (COMMANDERS,)),) * 2}, "step 2, wait: whole minutes from 1"),
        ({"steps": (Step(0 * MINUTE, ()),)}, "step 1, targets: name one to 20"),
        ({"steps": (Step(0 * MINUTE, (COMMANDERS,) * 2),)}, "step 1, targets: name each only once"),
        ({"levels": (0,), "repeat_after": 61 * MINUTE}, "whole minutes from 1 to 60"),
        ({"hours": AT_WORK}, "hours: only SEV 4 and 5"),
        ({"hours": AT_WORK, "levels": (3, 4)}, "hours: only SEV 4 and 5"),
        ({"levels": (5,), "hours": replace(AT_WORK, days=())}, "days: choose at least one"),
        ({"levels": (5,), "hours": replace(AT_WORK, zone="Berlin")}, "zone: give an IANA"),
        ({"levels": (5,), "hours": replace(AT_WORK, closes=time(9))}, "closes: later on the same"),
        ({"program": 0}, "program: there is no such program"),
        ({"fallback": 0}, "fallback: there is no such policy"),
    ],
)
def test_what_a_policy_may_not_say_is_refused_at_its_field(ann, fields, said):
    assert said in refused(make.wanted(COMMANDERS), **fields)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target("function", "boss"), "there is no function 'boss'; one of responder"),
        (Target("role", "privacy_officer"), "there is no role 'privacy_officer' in incidents"),
        (Target("person", person=0), "there is no such person"),
        (Target("rota", rota=0), "there is no such rota"),
        (Target("channel"), "'channel' is none of: function, team"),
        (Target("fallback", "legal"), "of the kind fallback names nothing else"),
        (Target("function", "legal", methods=("pigeon",)), "pigeon: each of email, webhook"),
    ],
)
def test_a_target_that_is_not_there_is_refused_at_its_step(ann, target, said):
    sentence = refused(make.wanted(COMMANDERS, target))
    assert sentence.startswith("step 1, ")
    assert said in sentence


def test_a_deactivated_person_and_a_retired_rota_are_refused_by_name(ann):
    gone, rota = make.user(first_name="Gil", last_name="Gone"), make.rota(ann, name="Old rota")
    people.deactivate(gone, actor=make.SYSTEM)
    rotas.retire(rota, actor=make.SYSTEM)
    said = refused(make.wanted(COMMANDERS, at(gone), Target("rota", rota=rota.pk)))
    assert "Gil Gone is deactivated." in said
    assert "the rota Old rota is retired." in said


def test_a_loop_of_fallbacks_is_refused_with_its_way(ann):
    last = make.policy(COMMANDERS, name="Last", levels=())
    middle = make.policy(COMMANDERS, name="Middle", levels=(), fallback=last.pk)
    draft = replace(planning.draft(last), fallback=middle.pk)
    with pytest.raises(Refused, match=r"a loop: Last → Middle → Last\."):
        policymaking.change(last, draft, based_on=1, reason="r", actor=make.SYSTEM)
    itself = replace(planning.draft(last), fallback=last.pk)
    with pytest.raises(Refused, match=r"a loop: Last → Last\."):
        policymaking.change(last, itself, based_on=1, reason="r", actor=make.SYSTEM)


def test_a_level_is_claimed_once_for_each_scope(ann):
    program = make.program()
    make.policy(COMMANDERS, name="General", levels=(2, 3))
    assert make.policy(COMMANDERS, levels=(2,), program=program.pk)
    said = refused(make.wanted(COMMANDERS), levels=(1, 2, 3))
    assert said == "levels: SEV 2 and 3 of all programs is for General already."
    assert f"SEV 2 of {program.name}" in refused(make.wanted(COMMANDERS, program=program.pk))


def test_a_policy_that_reaches_nobody_for_sure_is_refused(ann):
    make.user(Function.LEGAL)
    make.user(Function.HR, is_active=False)
    rota = make.rota(ann)
    for target in (
        Target("function", "legal"),
        Target("function", "hr"),
        Target("role", "commander"),
        Target("rota", rota=rota.pk),
        Target("fallback"),
    ):
        assert "steps: nobody would be paged for sure" in refused(make.wanted(target))
    make.layer(rota, ann)
    assert make.policy(Target("rota", rota=rota.pk))


def test_a_rota_is_paged_by_who_is_on_call_when_the_step_is_taken(ann, engine):
    first, second = make.reachable(Function.RESPONDER), make.reachable(Function.RESPONDER)
    rota = make.rota(first, name="Data response")
    layer = make.layer(rota, first)
    target, steps = Target("rota", rota=rota.pk), []
    for wait in (0, 10):
        steps.append(Step(wait * MINUTE, (target,)))
    make.policy(target, steps=tuple(steps))
    incident = make.incident(Sev.SEV2)
    engine.work()
    make.turns.change(layer, make.terms(second), actor=make.SYSTEM)
    engine.forward(minutes=11)

    assert [page.person for page in Page.objects.order_by("pk")] == [first, second]
    run = Escalation.objects.get(incident=incident)
    assert run.snapshot["steps"][0]["targets"][0]["rota"] == rota.pk


def test_a_team_is_paged_as_it_is_when_the_step_is_taken(ann, engine):
    operator = make.actor(make.user(Function.OPERATOR))
    team = teams.make("Storage on call", actor=operator)
    policy = make.policy(at(ann), Target("team", "Storage on call"), repeats=0)
    ben = make.user(Function.RESPONDER, first_name="Ben")
    teams.put_in(team, ben, actor=operator)
    make.incident(Sev.SEV2)
    engine.work()
    assert Page.objects.filter(person=ben).exists()
    assert planning.plan(policy).steps[0].targets[1].name == "Storage on call"
    assert "there is no team 'Storage'" in refused(make.wanted(at(ann), Target("team", "Storage")))
    assert "there is no team 'legal'" in refused(make.wanted(at(ann), Target("team", "legal")))
    both = Target("team", "Storage on call", person=ann.pk)
    assert "names nothing else" in refused(make.wanted(at(ann), both))
    with pytest.raises(IntegrityError, match="target_names_what"), transaction.atomic():
        policy.steps.get().targets.filter(kind="team").update(name="")


def test_the_form_offers_teams_and_gives_them_back(ann):
    teams.make("Storage: on call", actor=make.SYSTEM)
    offered = dict(dict(policy_forms.offered()[1:])["Teams"])
    assert offered == {"team:Storage: on call": "team Storage: on call"}
    step = policy_forms.StepForm(
        {"minutes": "0", "whom_1": "team:Storage: on call", "ways_1": "email"},
        places=1,
        offered=policy_forms.offered(),
    )
    assert step.is_valid(), step.errors
    target = Target("team", "Storage: on call", methods=("email",))
    assert step.step().targets == (target,)
    assert policy_forms.as_whom(target) == "team:Storage: on call"


def test_a_rota_with_nobody_on_call_is_passed_over_at_once_and_the_story_says_so(ann, engine):
    rota = make.rota(ann, name="Data response")
    steps = (Step(0 * MINUTE, (Target("rota", rota=rota.pk),)), Step(30 * MINUTE, (at(ann),)))
    make.policy(at(ann), steps=steps)
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert [page.person for page in Page.objects.all()] == [ann]
    story = incident.timeline.values_list("text", flat=True)
    assert "Step 1 reached nobody: on call in Data response." in story
