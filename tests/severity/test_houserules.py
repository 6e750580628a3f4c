"""Rules of the house: what one is, when it applies and why, and that none loosens the floor."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from severity import houserules, matching, tightening
from severity.houserules import Act, BadRule, Known, Rule, When
from severity.ladder import Sev
from severity.matching import Situation
from severity.thresholds import due
from severity.vocabulary import Action, Mode, Scope, Seen, StillOpen
from tests.severity.given import RULES

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PROGRAMS, CATEGORIES = ("typing", "speech"), ("keystrokes", "health")
KINDS, STATUSES = ("exposure", "loss"), ("reported", "active", "contained")


def some(words):
    return st.lists(st.sampled_from(words), unique=True, max_size=2).map(tuple)


WHENS = st.builds(
    When,
    programs=some(PROGRAMS),
    categories=some(CATEGORIES),
    levels=some(list(Sev)).map(lambda found: tuple(sorted(found, key=int))),
    by_peak=st.booleans(),
    kinds=some(KINDS),
    audiences=some([seen.value for seen in Seen]),
    still_open=some([still.value for still in StillOpen]),
    undetermined=st.none() | st.booleans(),
    people_over=st.none() | st.integers(0, 10_000),
    statuses=st.lists(st.sampled_from(STATUSES), unique=True, min_size=1).map(tuple),
    minutes=st.integers(0, 600),
)
PAUSES = st.builds(Act, st.just(Action.PAUSE), st.sampled_from(houserules.SCOPES))
OTHERS = st.sampled_from(
    [Act(Action.REQUIRE_REVIEW), Act(Action.NOTIFY, name="legal"), Act(Action.ESCALATE)]
)


@st.composite
def rules(draw):
    mode = draw(st.sampled_from(houserules.MODES))
    acts = draw(st.lists(PAUSES | OTHERS, min_size=1, max_size=3, unique=True))
    return Rule(
        id=draw(st.from_regex(r"[a-z]{3,8}", fullmatch=True)),
        version="v1",
        name="A rule",
        why="as we learned",
        acts=tuple(acts),
        mode=mode,
        minutes=draw(st.integers(1, 90)) if mode is Mode.AUTOMATIC_AFTER else 0,
        when=draw(WHENS),
    )


SITUATIONS = st.builds(
    Situation,
    level=st.sampled_from(Sev),
    peak=st.sampled_from(Sev),
    undetermined=st.booleans(),
    program=st.sampled_from(("", *PROGRAMS)),
    categories=st.frozensets(st.sampled_from(CATEGORIES)),
    kind=st.sampled_from(KINDS),
    audience=st.sampled_from([seen.value for seen in Seen]),
    still_open=st.sampled_from([still.value for still in StillOpen]),
    status=st.sampled_from(STATUSES),
    status_since=st.integers(0, 900).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    people=st.none() | st.integers(0, 20_000),
)


def floor(at):
    return due(at.level, undetermined=at.undetermined, program_pause_at=None, rules=RULES)


@given(rules())
def test_a_rule_reads_back_as_it_was_written(rule):
    assert houserules.read(rule.id, "v1", houserules.plain(rule)) == rule


@given(rules(), SITUATIONS)
def test_what_is_explained_is_what_decides(rule, at):
    checks = matching.explain(rule.when, at, now=NOW)
    assert matching.applies(rule.when, at, now=NOW) == all(check.holds for check in checks)


@given(rules(), SITUATIONS)
def test_the_moment_foretold_is_the_moment_at_which_it_applies(rule, at):
    moment = matching.will_apply_at(rule.when, at)
    if moment is None:
        assert not matching.applies(rule.when, at, now=NOW + timedelta(days=400))
    else:
        just_before = moment - timedelta(seconds=1)
        assert matching.applies(rule.when, at, now=moment)
        assert not rule.when.minutes or not matching.applies(rule.when, at, now=just_before)


@given(st.lists(rules(), max_size=4), SITUATIONS)
def test_the_house_takes_nothing_from_the_floor_that_acts_at_once_or_is_overdue(house, at):
    every = matching.together(floor(at), matching.demands(house, at, now=NOW))
    kept = {Mode.AUTOMATIC, Mode.OVERDUE}
    assert set(every) >= {demand for demand in floor(at) if demand.mode in kept}


@given(st.lists(rules(), max_size=4), SITUATIONS)
def test_nothing_stops_later_than_by_the_floor_alone(house, at):
    def soonest(demands):
        stops = [each for each in demands if each.action is Action.PAUSE]
        found = {}
        for each in stops:
            wait = float("inf") if each.mode is Mode.ASK else each.after_seconds
            for part in tightening.parts(each.scope):
                found[part] = min(wait, found.get(part, wait))
        return found

    before = soonest(floor(at))
    after = soonest(matching.together(floor(at), matching.demands(house, at, now=NOW)))
    assert all(after[part] <= wait for part, wait in before.items())


@given(st.permutations(range(3)), st.lists(rules(), min_size=3, max_size=3), SITUATIONS)
def test_the_order_of_the_rules_does_not_matter(order, house, at):
    shuffled = [house[place] for place in order]
    one, other = (matching.demands(each, at, now=NOW) for each in (house, shuffled))
    assert sorted(map(repr, matching.together(floor(at), one))) == sorted(
        map(repr, matching.together(floor(at), other))
    )


@given(rules(), SITUATIONS)
def test_what_is_unknown_meets_whatever_is_asked_of_it(rule, at):
    unknown = Situation(
        **{
            **at.__dict__,
            "audience": Seen.UNKNOWN,
            "still_open": StillOpen.UNKNOWN,
            "people": None,
        }
    )
    if matching.applies(rule.when, at, now=NOW):
        assert matching.applies(rule.when, unknown, now=NOW)


@given(rules())
def test_a_rule_that_passes_stops_no_part_later_than_the_floor_where_it_applies(rule):
    if rule.when.by_peak or tightening.loosening(rule, RULES.thresholds, ()):
        return
    for level in rule.when.levels or tuple(Sev):
        for each in RULES.thresholds:
            if each.action is not Action.PAUSE or level not in each.levels:
                continue
            for act in rule.acts:
                if tightening.parts(act.scope) & tightening.parts(each.scope):
                    assert rule.mode is not Mode.ASK
                    assert rule.minutes * 60 <= each.seconds


def rule(scope=Scope.PROGRAM, mode=Mode.AUTOMATIC, minutes=0, levels=(), programs=(), id_="mine"):
    when = When(levels=tuple(map(Sev, levels)), programs=programs)
    return Rule(id_, "v1", "n", "w", (Act(Action.PAUSE, scope),), mode, minutes, when)


@pytest.mark.parametrize(
    ("loose", "by"),
    [
        (rule(mode=Mode.ASK, levels=[2]), "SEV 2 stops that at once by pause-sev2"),
        (rule(mode=Mode.AUTOMATIC_AFTER, minutes=1, levels=[0]), "at once by pause-sev0"),
        (rule(Scope.DERIVED, mode=Mode.ASK, levels=[1]), "at once by pause-sev1"),
        (
            rule(mode=Mode.AUTOMATIC_AFTER, minutes=31, levels=[3]),
            "SEV 3 stops that after 30 minutes by pause-sev3, and this rule after 31 minutes",
        ),
    ],
)
def test_a_rule_that_stops_later_than_the_floor_is_refused_with_the_rule_it_loosens(loose, by):
    (fault, *_) = tightening.loosening(loose, RULES.thresholds, ())
    assert by in fault.sentence
    assert "may only tighten" in fault.sentence


@pytest.mark.parametrize(
    "tight",
    [
        rule(levels=[3, 4, 5]),
        rule(mode=Mode.AUTOMATIC_AFTER, minutes=30, levels=[3]),
        rule(mode=Mode.ASK, levels=[4]),
        rule(Scope.DERIVED, mode=Mode.ASK, levels=[2]),
        rule(Scope.ALL_PROGRAMS_ON_THE_STORE),
    ],
)
def test_a_rule_that_adds_passes(tight):
    assert tightening.loosening(tight, RULES.thresholds, ()) == []


def test_a_program_cannot_stop_later_than_the_organisation_says():
    house = [rule(levels=[4], id_="all-programs")]
    asks = rule(mode=Mode.ASK, levels=[4], programs=("typing",))
    (fault,) = tightening.loosening(asks, RULES.thresholds, house)
    assert "by all-programs" in fault.sentence
    # The organisation itself may have two minds: its stricter rule acts first.
    assert tightening.loosening(rule(mode=Mode.ASK, levels=[4]), RULES.thresholds, house) == []


KNOWN = Known(programs=frozenset(PROGRAMS), runbooks=frozenset({"leak"}))


@pytest.mark.parametrize(
    ("changed", "field", "allowed"),
    [
        ({"name": ""}, "name", "one line"),
        ({"name": "a\nb"}, "name", "one line"),
        ({"why": 3}, "why", "one line"),
        ({"when": []}, "when", "mapping"),
        ({"when": {"levels": [6]}}, "levels", "0, 1, 2, 3, 4, 5"),
        ({"when": {"levels": ["2"]}}, "levels", "0, 1, 2"),
        ({"when": {"levels": [True]}}, "levels", "0, 1, 2"),
        ({"when": {"programs": ["nobodys"]}}, "programs", "speech, typing"),
        ({"when": {"audiences": [{}]}}, "audiences", "everyone_inside"),
        ({"when": {"minutes": 5}}, "statuses", "in which status"),
        ({"when": {"minutes": -1, "statuses": ["active"]}}, "minutes_in_status", "0 to"),
        ({"when": {"undetermined": 1}}, "undetermined", "true, false"),
        ({"when": {"people_over": "many"}}, "people_over", "0 to"),
        ({"when": {"weather": "bad"}}, "weather", "allowed here"),
        ({"actions": []}, "actions", "require_review"),
        ({"actions": [{"do": "sing"}]}, "actions", "require_review"),
        ({"actions": [{"do": "pause"}]}, "scope", "program_and_derived"),
        ({"actions": [{"do": "pause", "scope": "programs_concerned"}]}, "scope", "program"),
        ({"actions": [{"do": "attach_runbook", "name": "x"}]}, "attach_runbook", "leak"),
        ({"actions": [{"do": "notify"}]}, "notify", "which function"),
        ({"actions": [{"do": "require_review"}] * 2}, "actions", "only once"),
        ({"mode": "maybe"}, "mode", "automatic_after"),
        ({"mode": "automatic_after"}, "minutes", "1 to"),
        ({"minutes": 4}, "minutes", "automatic_after alone"),
        ({"colour": "red"}, "colour", "allowed here"),
    ],
)
def test_what_is_wrong_is_said_with_its_field_and_what_is_allowed(changed, field, allowed):
    fine = {
        "name": "A",
        "why": "b",
        "when": {},
        "actions": [{"do": "require_review"}],
        "mode": "automatic",
    }
    assert houserules.read("fine", "", fine, KNOWN)
    with pytest.raises(BadRule) as refusal:
        houserules.read("fine", "", fine | changed, KNOWN)
    assert any(each.field == field and allowed in each.sentence for each in refusal.value.faults)


@pytest.mark.parametrize("odd", ["", "ab", "Cap", "9lives", "a" * 31, "../x", "a b"])
def test_an_id_is_a_short_plain_word(odd):
    with pytest.raises(BadRule, match="id: 3 to 30"):
        houserules.read(odd, "", {})
