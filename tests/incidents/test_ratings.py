"""A second rating is made without sight of the first, and decides nothing."""

import pytest

from accounts.functions import Function
from audit.models import Entry
from incidents import calibration, grants, judgement, looks, ratings
from incidents.assessing import Judged
from incidents.calibration import Period
from incidents.models import SecondRating
from severity.ladder import Sev
from severity.questions import UNKNOWN, Said, answers_of
from tests import make
from tests.incidents.test_rulesets import RISING, STRICTER, in_force
from tests.severity.given import facts

pytestmark = pytest.mark.django_db

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}
MILD = {"evidence": "none_logs_complete", "confidentiality": "0", "ongoing": "no"}


def said(**changed):
    return Said(answers_of(facts(**SEED)) | changed)


def assessed(**more):
    incident = make.undetermined(**more)
    actor = make.actor(make.user())
    return judgement.assess(incident, said(), actor=actor)


@pytest.fixture
def incident():
    return assessed()


@pytest.fixture
def rater():
    return make.user(Function.RESPONDER)


def ask(incident, rater=None, **more):
    return ratings.ask(incident, rater=rater, brief="", actor=make.officer(), **more)


def rate(row, rater, **changed):
    return ratings.rate(row, said(**changed), actor=make.actor(rater))


def test_both_are_compared_question_by_question_and_nothing_is_decided(
    incident, rater, mailoutbox, engine
):
    asked = ask(incident, rater)
    engine.work()
    row = rate(asked, rater, **MILD, refix=UNKNOWN)
    assert (row.level, row.is_blind, str(row.index)) == (3, True, "2.75")
    told = {each.question: (each.first, each.second) for each in ratings.differences(row)}
    assert told["Collection goes on"] == ("Yes", "No")
    assert told["A first fix failed"] == ("No", "I do not know")
    assert set(told) == {
        "Collection goes on",
        "A first fix failed",
        "Evidence of access",
        "Disclosure",
    }
    incident.refresh_from_db()
    assert (incident.sev, incident.proposals.count()) == (2, 0)
    acts = Entry.objects.filter(action__startswith="rating.").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == ["rating.asked", "rating.done"]
    (mail,) = [each for each in mailoutbox if rater.email in each.to]
    assert f"/ratings/{row.pk}/" in mail.body
    assert "SEV" not in mail.body


def test_what_is_compared_is_the_rules_level_and_not_what_a_person_set():
    incident = make.undetermined()
    judged = Judged(Sev.SEV0, "The press has it.")
    judgement.assess(incident, said(), judged=judged, actor=make.actor(make.user()))
    assert ratings.by_rules(ask(incident)) is Sev.SEV2


def test_two_who_answer_alike_agree_though_the_rules_changed_between_them(incident, rater):
    row = ask(incident, rater)
    author, second = (make.user(each) for each in (Function.PRIVACY_OFFICER, Function.COMMANDER))
    in_force(make.actor(author), make.actor(second), STRICTER, *RISING)
    row = rate(row, rater)
    assert (incident.sev, row.level, row.rules_version) == (2, 0, "2026.12-1")
    assert ratings.by_rules(row) is Sev.SEV0
    assert "Second rating: SEV 0; the first: SEV 0." in incident.timeline.latest("pk").text


def test_it_needs_a_full_assessment_to_compare_with():
    with pytest.raises(ratings.Refused, match="Assess it in full first"):
        ask(make.undetermined())


def test_it_is_asked_for_once(incident, rater):
    row = ask(incident, rater)
    with pytest.raises(ratings.Refused, match="already"):
        ask(incident)
    ratings.decline(row, reason="On leave.", actor=make.actor(rater))
    again = ask(incident)
    ratings.call_off(again, reason="No need.", actor=make.officer())
    assert [each.state for each in ratings.of(incident)] == ["called_off", "declined"]


def test_who_could_know_the_level_is_not_asked(incident):
    by_function = make.user(Function.PRIVACY_OFFICER)
    grants.admit(incident, person=by_function, level="view", reason="r", actor=make.SYSTEM)
    looked = make.user(Function.SECURITY)
    looks.note(incident, looked, via="page")
    for person, why in (
        (by_function, "may read the incident"),
        (looked, "has read it"),
        (incident.reporter, "choose"),
        (incident.assessment.assessor, "choose"),
        (make.user(), "choose a responder"),
        (make.user(Function.RESPONDER, is_active=False), "choose a responder"),
    ):
        with pytest.raises(ratings.Refused, match=why):
            ask(incident, person)


def test_who_was_let_in_meanwhile_is_not_blind_any_more(incident, rater):
    row = ask(incident, rater)
    grants.admit(incident, person=rater, level="view", reason="Helps.", actor=make.SYSTEM)
    assert rate(row, rater).is_blind is False


def test_who_was_let_in_for_a_while_is_not_blind_either(incident, rater):
    row = ask(incident, rater)
    made = grants.admit(incident, person=rater, level="view", reason="r", actor=make.SYSTEM)
    grants.end(made, actor=make.SYSTEM)
    assert rate(row, rater).is_blind is False


def test_nobody_else_can_answer_and_nobody_twice(incident, rater):
    row = ask(incident, rater)
    with pytest.raises(ratings.Refused, match="Only who was asked"):
        rate(row, make.user(Function.RESPONDER))
    rate(row, rater)
    with pytest.raises(ratings.Refused, match="rated already"):
        rate(row, rater)


def test_a_volunteer_takes_it_once_knowing_nothing_but_the_codename(incident, rater):
    row = ask(incident)
    assert ratings.offered(rater) == [row]
    assert ratings.offered(make.user()) == []
    assert ratings.offered(incident.assessment.assessor) == []
    ratings.take(row, actor=make.actor(rater))
    assert list(ratings.mine(rater)) == [row]
    other = make.user(Function.SECURITY)
    assert ratings.offered(other) == []
    with pytest.raises(ratings.Refused, match="Somebody else"):
        ratings.take(row, actor=make.actor(other))


def test_a_reason_is_needed_to_say_no(incident, rater):
    row = ask(incident, rater)
    with pytest.raises(ratings.Refused, match="reason: say why"):
        ratings.decline(row, reason=" ", actor=make.actor(rater))
    with pytest.raises(ratings.Refused, match="reason: say why"):
        ratings.call_off(row, reason="x" * 501, actor=make.officer())


@pytest.fixture
def reader():
    return make.user()


def pairs(reader, count, rater, **changed):
    for _each in range(count):
        incident = assessed()
        rate(ask(incident, rater), rater, **changed)
        grants.admit(incident, person=reader, level="view", reason="r", actor=make.SYSTEM)


def test_few_pairs_are_counted_and_say_nothing(reader, rater):
    pairs(reader, 4, rater)
    found = calibration.of(reader, Period())
    assert (found.pairs, found.is_few, found.found, found.on_questions) == (4, True, None, ())
    assert found.grid[2][2].count == 4


def test_agreement_is_reckoned_over_what_the_reader_may_see(reader, rater):
    pairs(reader, 3, rater)
    pairs(reader, 2, rater, **MILD)
    hidden = make.user()
    pairs(hidden, 1, rater)
    found = calibration.of(reader, Period())
    assert (found.pairs, found.agreed) == (5, "60 %")
    # The first always said SEV 2: what agrees is what chance would give.
    assert (found.by_chance, found.kappa) == ("60 %", "0.00")
    assert (found.grid[2][2].count, found.grid[2][3].count) == (3, 2)
    assert [each.same for each in found.on_questions][:3] == [3, 3, 3]
    (quarter,) = calibration.by_quarter(reader, Period())
    assert quarter.pairs == 5
    assert calibration.of(make.user(), Period()).pairs == 0


def test_who_was_not_blind_is_left_out_and_counted(reader, rater):
    incident = assessed()
    row = ask(incident, rater)
    for person in (rater, reader):
        grants.admit(incident, person=person, level="view", reason="r", actor=make.SYSTEM)
    rate(row, rater)
    found = calibration.of(reader, Period())
    assert (found.pairs, found.left_out) == (0, 1)


def test_a_period_bounds_what_counts(reader, rater):
    pairs(reader, 1, rater)
    at = SecondRating.objects.get().settled_at
    assert calibration.of(reader, Period(since=at)).pairs == 1
    assert calibration.of(reader, Period(until=at)).pairs == 0


def test_all_alike_leaves_nothing_beyond_chance(reader, rater):
    pairs(reader, 5, rater)
    assert calibration.of(reader, Period()).kappa == "–"
