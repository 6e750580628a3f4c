"""Rules and what happens beside them: retired while they ask, merged, looked back upon."""

import pytest

from accounts.functions import Function
from incidents import judgement, merging, objecting, replaying, rulemaking, weighing
from incidents.models import Audience, StillOpen
from severity import houserules
from severity.ladder import Sev
from tests import make
from tests.incidents.test_thresholds import ASKED, FIRED, document, mild, of_house, small, stopped
from tests.incidents.test_thresholds import author as author
from tests.incidents.test_thresholds import rule as rule
from tests.incidents.test_thresholds import second as second

pytestmark = pytest.mark.django_db


def test_nobody_agrees_to_what_a_rule_asks_no_more(rule, author, second):
    program = small()
    rule(levels=[4], mode="ask")
    (asked,) = of_house(mild(program))
    row = rulemaking.retire("strict", reason="It asked too often.", actor=author)
    rulemaking.publish(row, actor=second)
    with pytest.raises(objecting.Refused, match="asks for it no more"):
        objecting.allow(asked, reason="Yes.", actor=make.actor(make.user()))
    asked.refresh_from_db()
    assert asked.state == ASKED
    assert not stopped(program)


def test_what_a_rule_asks_is_not_lost_where_its_incident_is_merged(rule):
    program = small()
    rule(levels=[4], mode="ask")
    source, chief = mild(program), make.actor(make.user(Function.COMMANDER))
    with pytest.raises(merging.Refused, match=f"A rule asks whether to pause {program.name}"):
        merging.merge(source, mild(), reason="The same.", actor=chief)
    merging.merge(source, mild(program), reason="The same.", actor=chief)


@pytest.mark.parametrize("by_level", [False, True])
def test_a_peak_that_comes_with_a_merge_sets_off_its_rules_at_once(rule, by_level):
    rule({"do": "require_review"}, levels=[1], measure="peak")
    program, chief = small(), make.actor(make.user(Function.COMMANDER))
    source = make.judged(mild(program), Sev.SEV1)
    lower = make.judged(source, Sev.SEV2 if by_level else Sev.SEV5).proposals.get()
    source = judgement.confirm(lower, actor=make.actor(make.user()))
    target = mild(program)
    assert of_house(target) == []
    merging.merge(source, target, reason="The same.", actor=chief)
    target.refresh_from_db()
    assert (target.peak_sev, target.counts_as) == (1, 2 if by_level else 4)
    (fired,) = of_house(target)
    assert (fired.action, fired.state, fired.facts["peak"]) == ("require_review", FIRED, 1)


def test_a_dry_run_passes_over_what_no_rule_ever_saw():
    incident, officer = make.incident(Sev.SEV3), make.officer()
    answered = weighing.Answered(incident.program, Audience.OUTSIDE, StillOpen.YES)
    judgement.answer_again(incident, answered, actor=officer)
    incident.refresh_from_db()
    # Written in two steps: who can see it, and then the level that this leads to.
    for level, found in ((3, []), (incident.sev, [incident])):
        said = document(levels=[level], audiences=["outside"])
        rule = houserules.read("strict", "", said)
        assert [each.incident for each in replaying.replay(rule, officer.user).found] == found
