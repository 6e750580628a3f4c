"""An answer and a step, an answer and a page, two policies: at the same moment."""

from dataclasses import replace

import pytest

from accounts.functions import Function
from notifications import paging, planning, policies, policymaking, rotas
from notifications.escalation import Target
from notifications.models import Escalation, EscalationPolicy, Page
from severity.ladder import Sev
from tests import make
from tests.together import ROUNDS, at_once, before_it_commits, failures, in_turn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commander():
    policies.ensure_general_policies(actor=make.SYSTEM)
    return make.user(Function.COMMANDER)


def running():
    incident = make.incident(Sev.SEV2, program=None)
    paging.open_for(incident.pk)
    return incident, incident.escalations.get()


def test_an_answer_and_a_step_at_once_leave_no_page_unsettled(commander):
    for way in (1, -1):
        incident, escalation = running()
        calls = [
            lambda e=escalation: paging.take_step(e.pk, 0),
            lambda i=incident: paging.acknowledge(i, actor=make.actor(commander)),
        ]
        assert not failures(in_turn(*calls[::way], behind=escalation))
        escalation.refresh_from_db()
        assert escalation.state == Escalation.State.ACKNOWLEDGED
        assert not escalation.pages.exclude(state=Page.State.DROPPED).exists()


def test_one_step_taken_by_two_engines_pages_once(commander):
    _incident, escalation = running()
    outcomes = in_turn(*[lambda: paging.take_step(escalation.pk, 0)] * 2, behind=escalation)
    assert not failures(outcomes)
    assert escalation.pages.count() == 1


def test_an_escalation_opened_by_two_engines_is_one(commander):
    incident = make.incident(Sev.SEV2, program=None)
    outcomes = in_turn(*[lambda: paging.open_for(incident.pk)] * 2, behind=incident)
    assert not failures(outcomes)
    assert incident.escalations.count() == 1


def test_a_level_that_two_people_claim_at_once_is_given_once():
    ann = make.reachable(Function.COMMANDER)
    said = {"reason": "r", "actor": make.SYSTEM}
    for _round in range(ROUNDS):
        drafts = [make.wanted(Target("person", person=ann.pk)) for _each in range(2)]
        calls = [lambda draft=draft: policymaking.make(draft, **said) for draft in drafts]
        outcomes = at_once(*calls)
        [policy] = EscalationPolicy.objects.filter(active=True)
        assert "SEV 2 of all programs" in str(failures(outcomes)[0])
        policymaking.retire(policy, **said)


def test_a_rota_is_not_retired_while_a_policy_is_written_that_pages_it():
    ann = make.reachable(Function.COMMANDER)
    rota = make.rota(ann)
    make.layer(rota, ann)
    draft = make.wanted(Target("rota", rota=rota.pk))
    _made, retired = before_it_commits(
        lambda: policymaking.make(draft, reason="r", actor=make.SYSTEM),
        lambda: rotas.retire(rota, actor=make.actor(ann)),
    )
    assert "is paged by" in str(retired)
    rota.refresh_from_db()
    assert rota.retired_at is None


def test_two_who_change_the_same_version_make_one_new_one():
    policy = make.policy()
    said = {"based_on": 1, "reason": "r", "actor": make.SYSTEM}
    drafts = [replace(planning.draft(policy), repeats=repeats) for repeats in (5, 6)]
    calls = [lambda draft=draft: policymaking.change(policy, draft, **said) for draft in drafts]
    outcomes = in_turn(*calls, behind=policy)
    assert "version 2 meanwhile" in str(failures(outcomes)[0])
    assert policy.versions.count() == 2
