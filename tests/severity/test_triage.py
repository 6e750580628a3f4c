"""A first level from four answers: what is unknown counts as the worst plausible."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from severity.facts import BadFact
from severity.triage import Answers, ProgramContext, triage
from severity.vocabulary import Audience, Duration, People, Seen, StillOpen
from tests.severity.given import RULES, points

SEED = ("keystrokes", "conversations", "performance_records", "transcripts")
KINDS = st.lists(st.sampled_from(sorted(RULES.triage.kinds)), max_size=4).map(tuple)
PROGRAMS = st.builds(
    ProgramContext,
    categories=KINDS,
    participants=st.none() | st.integers(0, 10**9),
    collecting=st.booleans(),
    running_for_days=st.none() | st.integers(0, 400),
)


def program(*categories, participants=70_000, collecting=True, days=20):
    return ProgramContext(categories or SEED, participants, collecting, days)


def triaged(context, audience="everyone_inside", still_open="yes", *, every=()):
    answers = Answers(audience, still_open)
    return triage(answers, context, every_program=every, rules=RULES)


def test_the_seed_case_is_sev_2():
    found = triaged(program())

    assert (found.sev, found.undetermined) == (2, False)
    assert (found.result.se, found.result.osi) == (points("3.25"), points("3.75"))
    assert found.assumed == ()


@pytest.mark.parametrize(
    ("answer", "audience", "confidentiality"),
    [
        ("few_inside", Audience.TEAM, "0.25"),
        ("everyone_inside", Audience.ORG_WIDE, "0.25"),
        ("outside", Audience.PUBLIC, "0.5"),
    ],
)
def test_an_answer_about_the_audience_is_taken_as_it_is(answer, audience, confidentiality):
    found = triaged(program(), answer)

    assert found.facts.audience is audience
    assert found.facts.cb.confidentiality == points(confidentiality)
    assert not found.undetermined


def test_an_unknown_audience_counts_as_public_and_leaves_the_level_undetermined():
    found = triaged(program(), "unknown")

    assert found.result == triaged(program(), "outside").result
    assert found.undetermined
    assert "audience unknown: counted as public" in found.assumed


@pytest.mark.parametrize(("answer", "ongoing"), [("yes", True), ("unknown", True), ("no", False)])
def test_what_may_still_be_open_counts_as_open_while_the_program_collects(answer, ongoing):
    assert triaged(program(), still_open=answer).facts.ongoing is ongoing
    assert triaged(program(collecting=False), still_open=answer).facts.ongoing is False


def test_not_knowing_whether_it_is_open_is_said_and_does_not_leave_the_level_undetermined():
    found = triaged(program(), still_open="unknown")

    assert found.assumed == ("still open unknown: counted as open, and collection goes on into it",)
    assert not found.undetermined


@pytest.mark.parametrize(
    ("participants", "people"),
    [
        (0, People.UP_TO_10),
        (10, People.UP_TO_10),
        (11, People.UP_TO_100),
        (10_000, People.UP_TO_10K),
        (10_001, People.UP_TO_1M),
        (10**8 + 1, People.MORE),
    ],
)
def test_participants_count_in_their_bracket_and_exactly(participants, people):
    found = triaged(program(participants=participants)).facts

    assert (found.people, found.people_count) == (people, participants)


def test_unknown_participants_count_as_up_to_a_million():
    found = triaged(program(participants=None))

    assert (found.facts.people, found.facts.people_count) == (People.UP_TO_1M, None)
    assert found.assumed == ("people unknown: counted as up to 1 million people",)


@pytest.mark.parametrize(
    ("days", "duration"),
    [(0, Duration.UP_TO_30_DAYS), (30, Duration.UP_TO_30_DAYS), (31, Duration.OVER_30_DAYS)],
)
def test_it_was_open_since_the_program_started_until_someone_knows_better(days, duration):
    assert triaged(program(days=days)).facts.duration is duration


def test_a_start_that_is_not_recorded_is_said():
    found = triaged(program(days=None))

    assert found.facts.duration is Duration.UP_TO_30_DAYS
    assert found.assumed == ("start of the program unknown: counted as open for up to 30 days",)


@pytest.mark.parametrize(
    ("category", "dpc"),
    [
        ("contact_details", 1),
        ("mouse_movements", 2),
        ("keystrokes", 3),
        ("conversations", 3),
        ("transcripts", 3),
        ("performance_records", 3),
        ("screenshots", 3),
        ("location", 3),
        ("credentials", 3),
        ("health", 4),
        ("payment", 4),
    ],
)
def test_each_kind_of_data_has_its_place_on_enisas_scale(category, dpc):
    assert triaged(program(category)).result.dpc == dpc
    assert triaged(program("contact_details", category)).result.dpc == dpc


def test_credentials_count_as_live_once_outside():
    inside, outside = (triaged(program("credentials"), each) for each in ("few_inside", "outside"))

    assert inside.facts.secrets
    assert outside.sev == 1
    assert inside.assumed == ("credentials: counted as live, opening other stores",)


def test_a_program_that_names_no_data_counts_as_detailed_behaviour():
    found = triaged(ProgramContext((), 70_000, collecting=True, running_for_days=20))

    assert found.result.dpc == 3
    assert found.assumed == ("kind of data unknown: counted as behavioural data, DPC 3",)


def test_a_kind_of_data_that_the_rules_do_not_know_counts_as_the_worst():
    found = triaged(program("dreams"))

    assert found.result.dpc == 4
    assert found.assumed == (
        "kind of data 'dreams' is not in the rules: counted as sensitive data, DPC 4",
    )


def test_an_unknown_program_counts_as_the_worst_of_all():
    mild = program("contact_details", participants=8, collecting=False)
    grave = program("health")

    found = triaged(None, every=[mild, grave, mild])

    assert found.result == triaged(grave).result
    assert found.undetermined
    assert found.assumed == ("program unknown: counted as the worst of all 3",)


def test_among_programs_of_one_level_the_higher_index_counts():
    smaller, larger = program(participants=9_000), program(participants=70_000)

    for every in ([smaller, larger], [larger, smaller]):
        found = triaged(None, every=every)
        assert found.sev == triaged(smaller).sev
        assert found.facts.people_count == 70_000


def test_an_unknown_program_among_none_counts_as_one_that_collects_behaviour():
    found = triaged(None, "unknown", "unknown")

    assert (found.sev, found.undetermined) == (1, True)
    assert (found.result.dpc, found.facts.people) == (3, People.UP_TO_1M)
    assert found.facts.ongoing
    assert "program unknown and none registered: counted as one that collects" in found.assumed


def test_every_other_fact_of_a_first_report_is_the_cautious_one():
    found = triaged(program()).facts

    assert (found.ei, found.evidence) == (Decimal(1), "none_logs_incomplete")
    flags = (found.refix, found.near_miss, found.unintelligible, found.threat_to_life)
    assert flags == (False, False, False, False)


@given(programs=st.lists(PROGRAMS, min_size=1, max_size=4), open_=st.sampled_from(StillOpen))
def test_not_knowing_is_never_milder_than_any_answer(programs, open_):
    unknown = triaged(None, "unknown", "unknown", every=programs)

    for each in programs:
        for seen in Seen:
            assert unknown.sev.at_least(triaged(each, seen, open_).sev)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (("everyone", "yes"), "audience is 'everyone'; allowed: few_inside, everyone_inside"),
        (("outside", "maybe"), "still_open is 'maybe'; allowed: yes, no, unknown"),
        ((None, "yes"), "audience is None"),
    ],
)
def test_an_answer_off_the_form_is_refused(answers, said):
    with pytest.raises(BadFact, match=said):
        Answers(*answers)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("participants", -1),
        ("participants", True),
        ("participants", 7.5),
        ("days", -1),
        ("days", "20"),
    ],
)
def test_a_number_of_a_program_that_cannot_be_is_refused(field, value):
    with pytest.raises(BadFact, match="allowed: a whole number from 0, or None"):
        program(**{field: value})
