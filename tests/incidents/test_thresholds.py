"""Threshold rules that people wrote: two put one in force, and it acts, waits or asks, once."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due, Entry
from incidents import (
    judgement,
    ledger,
    library,
    lifecycle,
    objecting,
    rethinking,
    reviews,
    rulebook,
    rulemaking,
)
from incidents.models import Incident, RuleFiring, Status, TimelineEntry
from programs.models import State
from severity.houserules import BadRule
from severity.ladder import Sev
from severity.models import ThresholdVersion
from severity.vocabulary import Action
from tests import make

pytestmark = pytest.mark.django_db
FIRED, WAITING = RuleFiring.State.FIRED, RuleFiring.State.WAITING
ASKED, VOID = RuleFiring.State.ASKED, RuleFiring.State.VOID


def pause(scope="program"):
    return {"do": "pause", "scope": scope}


def document(*actions, mode="automatic", minutes=None, **when):
    said = {"name": "Strict", "why": "we learned it", "when": when, "mode": mode}
    timed = {"minutes": minutes} if minutes else {}
    return said | {"actions": list(actions or [pause()])} | timed


@pytest.fixture
def author():
    return make.actor(make.user(Function.COMMANDER))


@pytest.fixture
def second():
    return make.actor(make.user(Function.SECURITY))


@pytest.fixture
def rule(author, second):
    """Put a rule in force."""

    def put(*actions, id_="strict", based_on="", effective_from=None, **more):
        row = rulemaking.propose(
            id_,
            document(*actions, **more),
            reason="We learned.",
            based_on=based_on,
            actor=author,
            effective_from=effective_from,
        )
        return rulemaking.publish(row, actor=second)

    return put


def of_house(incident):
    return list(incident.firings.filter(of_house=True).order_by("pk"))


def small():
    """A program of few people and dull data, so that a report of it can be mild."""
    return make.program(participants=10, categories=["mouse_movements"])


def mild(program=None):
    """An incident that counts as SEV 4."""
    incident = make.incident(Sev.SEV3, program=program or small())
    assert incident.counts_as == 4
    return incident


def stopped(program):
    program.refresh_from_db()
    return program.state == State.PAUSED


def test_a_rule_counts_once_a_second_person_has_published_it(author, second):
    row = rulemaking.propose(
        "strict", document(levels=[4]), reason="We learned.", based_on="", actor=author
    )
    assert rulebook.in_force() == []
    with pytest.raises(rulemaking.Refused, match="a second person must publish it"):
        rulemaking.publish(row, actor=author)
    rulemaking.publish(row, actor=second)
    (rule,) = rulebook.in_force()
    assert (rule.id, rule.version) == ("strict", "v1")
    assert Entry.objects.filter(action="threshold.published", actor=second.user).count() == 1


def test_a_rule_counts_from_its_moment_on(rule):
    moment = timezone.now() + timedelta(hours=2)
    rule(levels=[4], effective_from=moment)
    assert rulebook.in_force() == []
    assert [each.id for each in rulebook.in_force(moment)] == ["strict"]


def test_the_version_before_counts_until_then(rule):
    rule(levels=[4])
    rule(levels=[5], based_on="v1", effective_from=timezone.now() + timedelta(hours=2))
    assert [each.version for each in rulebook.in_force()] == ["v1"]


def test_what_would_loosen_the_floor_is_refused_at_save_with_the_reason(author):
    with pytest.raises(BadRule, match="SEV 2 stops that at once by pause-sev2"):
        rulemaking.propose(
            "loose",
            document(levels=[2], mode="ask"),
            reason="Less noise.",
            based_on="",
            actor=author,
        )
    assert not ThresholdVersion.objects.exists()


def test_what_loosens_what_came_into_force_meanwhile_is_not_published(author, second, rule):
    program = small()
    theirs = document(levels=[4], mode="ask", programs=[program.slug])
    readers = [make.actor(make.user(Function.COMMANDER, Function.AUDITOR)), second]
    row = rulemaking.propose("theirs", theirs, reason="Ask us.", based_on="", actor=readers[0])
    rule(levels=[4])
    with pytest.raises(BadRule, match="by strict"):
        rulemaking.publish(row, actor=second)


@pytest.mark.parametrize("function", [None, Function.RESPONDER, Function.AUDITOR])
def test_others_write_no_rules(function):
    actor = make.actor(make.user(*filter(None, [function])))
    with pytest.raises(rulemaking.Refused, match="write threshold rules"):
        rulemaking.propose("strict", document(), reason="No.", based_on="", actor=actor)


def test_a_rule_pauses_in_the_transaction_that_sets_the_level_and_shows_why(rule):
    program = small()
    rule(levels=[4], categories=["mouse_movements"])
    incident = mild(program)
    assert stopped(program)
    (fired,) = of_house(incident)
    assert (fired.rule, fired.rules_version, fired.state) == ("strict", "v1", FIRED)
    assert fired.facts["level"] == 4
    assert fired.facts["categories"] == sorted(program.categories)
    assert fired.outcome == f"{program.name} paused."
    hold = program.pauses.get()
    assert hold.rule == "strict v1"
    assert incident.title not in hold.reason


def test_a_rule_that_does_not_fit_does_nothing(rule):
    program = small()
    rule(levels=[4], categories=["health"])
    incident = mild(program)
    assert of_house(incident) == []
    assert not stopped(program)


def test_what_learns_from_a_program_stops_without_it(rule):
    program, learner = small(), make.program()
    learner.derived_from.add(program)
    rule(pause("derived_programs"), levels=[4])
    mild(program)
    assert [stopped(program), stopped(learner)] == [False, True]


def test_every_action_is_a_row_with_its_outcome(rule, engine, mailoutbox):
    officer, counsel = make.user(Function.PRIVACY_OFFICER), make.user(Function.LEGAL)
    policy = make.policy(levels=(5,))
    rule(
        {"do": "escalate", "name": str(policy.pk)},
        {"do": "attach_runbook", "name": library.in_force()[-1].id},
        {"do": "open_obligations"},
        {"do": "require_review"},
        {"do": "notify", "name": "privacy_officer"},
        {"do": "notify", "name": "legal"},
        levels=[4],
    )
    incident = mild()
    engine.work()
    outcomes = {each.action: each.outcome for each in of_house(incident)}
    assert outcomes["escalate"] == "Handed over to be paged for."
    assert outcomes["attach_runbook"] == f"Attached: {library.in_force()[-1].title}."
    assert outcomes["open_obligations"].startswith("Legal clocks reckoned")
    assert outcomes["notify"] == "Handed over to be told: Legal counsel."
    # Counsel may not see it, and so hears nothing.
    assert incident.escalations.get().policy == policy
    told = [mail for mail in mailoutbox if "a rule tells you" in mail.subject]
    assert [officer.email] in [mail.to for mail in told]
    assert incident.title not in told[0].body
    assert counsel.email not in {mail.to[0] for mail in mailoutbox}


def test_a_review_that_a_rule_demands_is_owed_once_the_level_is_determined(rule):
    rule({"do": "require_review"}, levels=[5])
    incident = mild()
    assert not reviews.is_demanded(incident)
    assert reviews.is_demanded(make.judged(incident, Sev.SEV5))


def test_a_window_gives_people_time_to_veto(rule, engine):
    program = small()
    rule(levels=[4], mode="automatic_after", minutes=20)
    incident = mild(program)
    (waiting,) = of_house(incident)
    assert waiting.state == WAITING
    assert not stopped(program)
    engine.forward(minutes=21)
    assert stopped(program)


def test_what_was_vetoed_stays_so_when_all_is_asked_anew(rule, engine):
    program = small()
    row = rule(levels=[4], mode="automatic_after", minutes=20)
    incident = mild(program)
    by = make.actor(make.user())
    objecting.veto(of_house(incident)[0], reason="A copy for tests.", actor=by)
    rethinking.begin(row)
    engine.forward(minutes=60)
    assert [each.state for each in of_house(incident)] == [RuleFiring.State.VETOED]
    assert not stopped(program)


def test_a_rule_that_asks_does_nothing_before_a_person_agrees(rule, engine, mailoutbox):
    program = small()
    rule(levels=[4], mode="ask")
    incident = mild(program)
    engine.forward(days=1)
    (asked,) = of_house(incident)
    assert (asked.state, asked.due_at) == (ASKED, None)
    assert not stopped(program)
    person = make.actor(make.user())
    with pytest.raises(objecting.Refused, match="reason: say why"):
        objecting.allow(asked, reason=" ", actor=person)
    with pytest.raises(objecting.Refused, match="Only a person"):
        objecting.allow(asked, reason="Yes.", actor=make.SYSTEM)
    objecting.allow(asked, reason="It is worse than it looks.", actor=person)
    asked.refresh_from_db()
    assert (asked.state, asked.allowed_by) == (FIRED, person.user)
    assert stopped(program)
    with pytest.raises(objecting.Refused, match="fired already"):
        objecting.allow(asked, reason="Again.", actor=person)
    said = incident.timeline.filter(kind=TimelineEntry.Kind.RULE).values_list("text", flat=True)
    assert any("agreed to the pause" in text for text in said)


def test_a_rule_published_later_is_asked_of_what_is_open_and_acts_once(rule, engine):
    program = small()
    incident = mild(program)
    over = mild()
    lifecycle.move(over, Status.DISMISSED, reason="Nothing.", actor=make.SYSTEM)
    rule(levels=[4])
    engine.work()
    assert stopped(program)
    assert of_house(over) == []
    engine.forward(minutes=30)
    assert len(of_house(incident)) == 1


def test_another_version_of_a_rule_is_no_occasion_to_act_again(rule, engine):
    program = small()
    incident = mild(program)
    rule(levels=[4])
    engine.work()
    rule(levels=[4, 5], based_on="v1")
    engine.forward(minutes=30)
    assert [each.rules_version for each in of_house(incident)] == ["v1"]


def test_a_new_assessment_stops_anew_and_tells_nobody_twice(rule, engine):
    rule(pause(), {"do": "notify", "name": "legal"}, levels=[4])
    incident = mild()
    judgement.reopened(incident, reason="The fix did not hold.", actor=make.SYSTEM)
    made = [each.action for each in of_house(incident)]
    assert sorted(made) == [Action.NOTIFY, Action.PAUSE, Action.PAUSE]


def long_there(incident, **amount):
    Incident.objects.filter(pk=incident.pk).update(
        status_since=F("status_since") - timedelta(**amount)
    )


@pytest.fixture
def slow(author, second):
    """A rule for what stands where it was reported for three quarters of an hour."""
    slowly = document({"do": "require_review"}, statuses=["reported"])
    slowly["when"]["minutes"] = 45
    row = rulemaking.propose("slow", slowly, reason="We learned.", based_on="", actor=author)
    return rulemaking.publish(row, actor=second)


def test_a_rule_waits_until_it_has_been_so_long_in_its_status(slow, engine):
    incident = mild()
    due = Due.objects.get(key__startswith=f"rules:{incident.pk}:slow")
    assert due.due_at == incident.status_since + timedelta(minutes=45)
    engine.forward(minutes=44)
    assert of_house(incident) == []
    long_there(incident, minutes=45)
    engine.forward(minutes=2)
    assert [each.state for each in of_house(incident)] == [FIRED]


def test_what_went_on_before_its_time_is_left_alone(slow, engine):
    incident = mild()
    lifecycle.move(incident, Status.TRIAGING, actor=make.SYSTEM)
    long_there(incident, hours=2)
    engine.forward(hours=2)
    assert of_house(incident) == []


def test_a_status_that_a_rule_asks_for_makes_it_act(rule, engine):
    rule({"do": "require_review"}, statuses=["triaging"])
    incident = mild()
    assert of_house(incident) == []
    lifecycle.move(incident, Status.TRIAGING, actor=make.SYSTEM)
    engine.work()
    assert [each.facts["status"] for each in of_house(incident)] == ["triaging"]


def test_a_retired_rule_acts_no_more_and_what_waits_by_it_is_void(rule, author, second, engine):
    program = small()
    rule(levels=[4], mode="automatic_after", minutes=20)
    incident = mild(program)
    rulemaking.publish(
        rulemaking.retire("strict", reason="It was wrong.", actor=author), actor=second
    )
    engine.forward(minutes=21)
    assert [each.state for each in of_house(incident)] == [VOID]
    assert not stopped(program)


def test_a_rule_that_was_retired_and_published_again_acts_on_what_is_open(
    rule, author, second, engine
):
    program = small()
    incident = mild(program)
    rule(levels=[4], mode="automatic_after", minutes=20)
    engine.work()
    rulemaking.publish(
        rulemaking.retire("strict", reason="It was wrong.", actor=author), actor=second
    )
    engine.forward(minutes=21)
    rule(levels=[4], mode="automatic_after", minutes=20, based_on="v2")
    engine.work()
    assert [(each.rules_version, each.state) for each in of_house(incident)] == [
        ("v1", VOID),
        ("v3", WAITING),
    ]
    engine.forward(minutes=21)
    assert stopped(program)


def test_the_ledger_says_that_the_overdue_rule_applies_while_no_program_is_known():
    incident = make.incident(Sev.SEV2, program=None)
    chief = make.actor(make.user(Function.COMMANDER))
    incident = judgement.set_level(incident, Sev.SEV1, reason="It is telling.", actor=chief)
    told = {each.id: each for each in ledger.explain(incident, make.user())}
    overdue = told["pause-undetermined"]
    assert [each.state for each in overdue.firings] == [VOID, WAITING]
    assert overdue.applies
    assert overdue.checks[0].found == "SEV 1, determined, of no known program"
    assert not told["pause-sev3"].applies


def test_a_row_that_cannot_be_read_keeps_nobody_from_reporting(rule):
    row = rule(levels=[4])
    ThresholdVersion.objects.filter(pk=row.pk).update(document={"name": "odd"})
    assert rulebook.in_force() == []
    assert make.incident(Sev.SEV2).firings.filter(action="pause").exists()
