"""Versions of the severity rules: written by one, put in force by another, from a moment on."""

import ast
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import assessing, foresight, grants, rulemaking, rulesets, weighing
from incidents.models import Audience, RuleFiring, SecondRating, StillOpen
from incidents.weighing import Answered
from severity import inforce
from severity.duties import LONGEST_ID, LONGEST_WHY
from severity.ladder import Sev
from severity.loading import CURRENT
from severity.models import Assessment, RuleSetVersion
from severity.reading import LARGEST, BadRuleSet
from tests import make
from tests.trees import every_node, in_apps, name

pytestmark = pytest.mark.django_db
# What lets the same facts count as SEV 0.
STRICTER = ('{sev: 0, osi_from: "6"}', '{sev: 0, osi_from: "2.5"}')
RISING = (
    ('{sev: 1, osi_from: "4.5"}', '{sev: 1, osi_from: "2"}'),
    ('{sev: 2, osi_from: "3"}', '{sev: 2, osi_from: "1.5"}'),
    ('{sev: 3, osi_from: "2"}', '{sev: 3, osi_from: "1.25"}'),
)


def text(*changes, version="2026.12-1"):
    found = inforce.text_of(CURRENT)
    for before, after in (('version: "2026.11-1"', f'version: "{version}"'), *changes):
        assert before in found
        found = found.replace(before, after)
    return found


@pytest.fixture
def author():
    return make.actor(make.user(Function.PRIVACY_OFFICER))


@pytest.fixture
def second():
    return make.actor(make.user(Function.COMMANDER))


def propose(author, *changes, version="2026.12-1", **more):
    said = {"reason": "We learned.", "based_on": rulesets.newest()} | more
    return rulesets.propose(text(*changes, version=version), actor=author, **said)


def in_force(author, second, *changes, **more):
    row = rulesets.publish(propose(author, *changes, **more), actor=second)
    # The minute in which every process hears of it is over.
    RuleSetVersion.objects.filter(pk=row.pk).update(effective_from=timezone.now())
    inforce.forget()
    return row


def test_the_shipped_rules_decide_until_others_do():
    assert inforce.rules().version == CURRENT
    assert inforce.of(CURRENT).sha256 == inforce.rules().sha256


def test_a_version_decides_once_two_people_agree_and_its_moment_has_come(author, second):
    row = propose(author, STRICTER, *RISING)
    with pytest.raises(rulesets.Refused, match="a second person"):
        rulesets.publish(row, actor=author)
    row = rulesets.publish(row, actor=second)
    inforce.forget()
    assert row.effective_from >= timezone.now() + timedelta(seconds=50)
    assert inforce.rules().version == CURRENT
    assert inforce.rules(row.effective_from).version == "2026.12-1"


def test_reports_are_weighed_by_the_version_in_force_and_old_ones_keep_theirs(author, second):
    before = make.incident(Sev.SEV2)
    in_force(author, second, STRICTER, *RISING)
    incident = make.incident(Sev.SEV2)
    assert (incident.counts_as, incident.assessment.rules_version) == (0, "2026.12-1")
    before.refresh_from_db()
    assert (before.counts_as, before.assessment.rules_version) == (2, CURRENT)
    assert set(Assessment.objects.values_list("rules_version", flat=True)) == {CURRENT, "2026.12-1"}
    answered = Answered(make.program(), Audience.EVERYONE, StillOpen.YES)
    assert foresight.foresee(answered).level is Sev.SEV0


def test_an_assessment_names_the_rules_that_weighed_it_though_others_decide_by_then(author, second):
    incident = make.incident(Sev.SEV2)
    answered = Answered(incident.program, Audience.EVERYONE, StillOpen.YES)
    weighed, worked = weighing.weigh(answered), assessing.work_out(incident, assessing.NOTHING)
    in_force(author, second, STRICTER, *RISING)
    kept = weighing.by_triage(incident.uuid, weighed, actor=author)
    shipped = (CURRENT, inforce.of(CURRENT).sha256)
    assert (kept.rules_version, kept.rules_sha256) == shipped
    assert (worked.row()["rules_version"], worked.row()["rules_sha256"]) == shipped


def test_a_rule_of_its_floor_acts_from_then_on(author, second):
    soon = ("    seconds: 1800\n", "    seconds: 60\n")
    in_force(author, second, soon)
    program = make.program(participants=50)
    dataset = make.dataset(program)
    incident = make.incident(Sev.SEV3, program=program, dataset=dataset)
    waiting = incident.firings.get(action="pause")
    assert (waiting.due_at - waiting.created_at).total_seconds() == 60
    assert waiting.rules_version == "2026.12-1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('  - {sev: 4, osi_from: "1"}\n', ""), "levels"),
        (('{sev: 1, osi_from: "4.5"}', '{sev: 1, osi_from: "soon"}'), "levels.*decimal in quotes"),
        (("    scope: program\n", "    scope: planet\n"), "allowed: .*program_and_derived"),
        (("    scope: program\n", "    scope: derived_programs\n"), "scope .*allowed: "),
        (("keep_peak_sev: true", "keep_peak_sev: maybe"), "policy.keep_peak_sev must be true or"),
        (("policy:\n", "policy: !!python/none\n"), "not plain YAML"),
        (("  - id: pause-sev2\n    levels: [2]", "  - id: pause-sev2\n    levels: [5]"), "SEV 2"),
    ],
)
def test_rules_that_must_not_decide_are_refused_with_the_key_and_what_is_allowed(
    author, change, said
):
    with pytest.raises(BadRuleSet, match=said):
        propose(author, change)
    assert not RuleSetVersion.objects.exists()


def test_the_ledger_and_assessments_have_room_for_whatever_rules_may_say():
    assert RuleFiring._meta.get_field("rule").max_length >= LONGEST_ID
    assert RuleFiring._meta.get_field("why").max_length >= LONGEST_WHY
    for model in (Assessment, SecondRating):
        for column in ("score", "index"):
            field = model._meta.get_field(column)
            assert (field.max_digits, field.decimal_places) == (4, 2)
    assert Decimal("99.99") == LARGEST


def test_a_version_is_taken_once_and_one_waits_at_a_time(author, second):
    with pytest.raises(rulesets.Refused, match=r"2026\.11-1 is taken"):
        propose(author, version="2026.11-1")
    row = propose(author)
    named = f"{author.user.name} wrote 2026.12-1 at .*waits for a second person"
    with pytest.raises(rulesets.Refused, match=named):
        propose(author, version="2026.12-2")
    rulesets.withdraw(row, actor=second)
    with pytest.raises(rulesets.Refused, match=r"2026\.12-1 is taken"):
        propose(author)
    in_force(author, second, version="2026.12-2")
    with pytest.raises(rulesets.Refused, match="meanwhile"):
        propose(author, version="2026.12-3", based_on=CURRENT)


def test_the_name_of_a_rule_that_came_into_force_meanwhile_is_taken(author, second):
    row = propose(author, ("  - id: pause-sev2\n", "  - id: strict\n"))
    document = {"name": "Strict", "why": "we learned it", "when": {"levels": [4]}}
    document |= {"actions": [{"do": "require_review"}], "mode": "automatic"}
    rule = rulemaking.propose("strict", document, reason="R", based_on="", actor=author)
    rulemaking.publish(rule, actor=second)
    with pytest.raises(rulesets.Refused, match="names strict, which is a rule in force"):
        rulesets.publish(row, actor=second)
    row.refresh_from_db()
    assert row.state == RuleSetVersion.State.WAITING


@pytest.mark.parametrize("function", [None, Function.RESPONDER, Function.OPERATOR])
def test_others_write_none(function):
    with pytest.raises(rulesets.Refused, match="write rule sets"):
        propose(make.actor(make.user(*filter(None, [function]))))


def test_what_would_move_is_told_of_what_the_reader_may_see(author):
    seen, hidden = make.incident(Sev.SEV2), make.incident(Sev.SEV2)
    person = make.user(Function.SECURITY)
    grants.admit(seen, level="view", person=person, reason="Helps.", actor=make.SYSTEM)
    after = inforce.read(text(STRICTER, *RISING))
    moved, looked_at = rulesets.moves(inforce.rules(), after, person)
    assert [(each.incident, each.before, each.after) for each in moved] == [
        (seen, Sev.SEV2, Sev.SEV0)
    ]
    assert looked_at == 1
    assert hidden not in [each.incident for each in moved]
    assert rulesets.moves(inforce.rules(), inforce.rules(), person) == ([], 1)


def test_a_version_that_cannot_be_read_leaves_the_one_before_in_force(author, second):
    row = in_force(author, second)
    RuleSetVersion.objects.filter(pk=row.pk).update(text="version: 3", sha256="x")
    inforce.forget()
    assert inforce.rules().version == CURRENT


def test_a_version_in_force_that_is_refused_is_read_once_and_its_fault_told_each_time(
    author, second, monkeypatch
):
    row = in_force(author, second)
    RuleSetVersion.objects.filter(pk=row.pk).update(text="version: 3", sha256="read once")
    row.refresh_from_db()
    times, read = [], inforce.read
    monkeypatch.setattr(inforce, "read", lambda text: times.append(text) or read(text))
    inforce.forget()
    assert [inforce.rules().version for _ in range(3)] == [CURRENT] * 3
    assert inforce.fault_of(row) == inforce.fault_of(row) == "rule set: enisa is missing"
    for _ in range(2):
        with pytest.raises(BadRuleSet, match="enisa is missing"):
            inforce.of(row.version)
    assert times == ["version: 3"]


def test_whoever_decides_asks_which_rules_are_in_force():
    shipped = "severity.loading"
    asks = {
        name(path)
        for path in in_apps()
        for node in every_node(path)
        if isinstance(node, ast.ImportFrom)
        if shipped in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
    }
    # The command that works without a database, what is shipped, and what says which decide.
    assert asks == {
        "incidents/rulesets.py",
        "severity/inforce.py",
        "severity/management/commands/assess.py",
    }
