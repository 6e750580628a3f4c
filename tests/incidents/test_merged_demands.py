"""What was demanded of an incident is demanded of the one that it was merged into."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import (
    firing,
    judgement,
    lifecycle,
    merging,
    reviewfacts,
    reviewform,
    reviews,
    weighing,
)
from incidents.models import Audience, Incident, Review, Status, StillOpen
from severity.ladder import Sev
from tests import make
from tests.incidents.test_reviews import WORDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    """Runs every incident, as commanders do by rule."""
    return make.actor(make.user(Function.COMMANDER))


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def open_question(program):
    """Counts as SEV 1, and nobody determined that: one person alone may call it milder."""
    return make.undetermined(program=program)


def merge(source, target, by):
    return merging.merge(fresh(source), fresh(target), reason="The same folder.", actor=by)


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


def test_what_took_two_to_lower_takes_two_where_it_was_merged_into(open_question, program, chief):
    source = make.incident(Sev.SEV2, program=program)
    target = merge(source, open_question, chief)
    target = make.judged(target, Sev.SEV5)
    assert (target.counts_as, target.proposals.get().level) == (1, 5)
    with pytest.raises(lifecycle.Refused, match="a second person confirms that"):
        lifecycle.move(target, Status.DISMISSED, reason="No.", actor=chief)
    judgement.confirm(target.proposals.get(), actor=make.actor(make.user()))
    assert fresh(target).sev == 5


def test_better_answers_do_not_get_round_it(open_question, program, chief):
    target = merge(make.incident(Sev.SEV2, program=program), open_question, chief)
    few = weighing.Answered(make.program(participants=50), Audience.FEW, StillOpen.NO)
    judgement.answer_again(target, few, actor=chief)
    assert fresh(target).counts_as == 1
    assert target.proposals.exists()


def test_nor_does_merging_once_more(open_question, program, chief):
    middle = make.undetermined(program=program)
    merge(make.incident(Sev.SEV2, program=program), middle, chief)
    target = merge(middle, open_question, chief)
    assert make.judged(target, Sev.SEV4).counts_as == 1


def test_what_nobody_determined_binds_nobody_after_it_was_merged(program, open_question, chief):
    target = merge(make.undetermined(program=program), open_question, chief)
    assert make.judged(target, Sev.SEV4).counts_as == 4


def test_what_nobody_determined_stays_so_where_it_raises_the_level(open_question, program, chief):
    for waiting in open_question.firings.filter(state="waiting"):
        firing.fire_due(waiting.pk)
    target = merge(open_question, make.incident(Sev.SEV2, program=program), chief)
    assert (target.counts_as, target.sev) == (1, None)
    # Of the other one it was determined before, and that binds as ever.
    assert make.judged(target, Sev.SEV4).counts_as == 1


def mild():
    """Of nobody's program: no pause waits, and no review is demanded."""
    return make.judged(make.incident(Sev.SEV2, program=None), Sev.SEV4)


def severe():
    return make.judged(make.incident(Sev.SEV3, program=make.program(participants=50)), Sev.SEV2)


def recovered(incident, **since):
    # Behind the guards, which are looked at elsewhere: the proof, the roles, the awareness.
    at = timezone.now() - timedelta(**since)
    Incident.objects.filter(pk=incident.pk).update(status=Status.RECOVERED, recovered_at=at)
    reviews.begin(incident.pk)
    return fresh(incident)


def published(incident, by):
    number = getattr(incident.review.versions.first(), "number", 0) if is_begun(incident) else 0
    words = WORDS | {"learned": f"For the {number + 1}. time."}
    author = make.user(Function.COMMANDER)
    version = reviews.write(
        incident, words, causes=["process"], based_on=number, actor=make.actor(author)
    )
    return reviews.publish(version, actor=by)


def is_begun(incident):
    return Review.objects.filter(incident=incident).exists()


@pytest.fixture
def lowered(chief):
    """SEV 2 that two people called SEV 4: it must be reviewed all the same."""
    made = make.judged(severe(), Sev.SEV4)
    judgement.confirm(made.proposals.get(), actor=chief)
    return fresh(made)


def test_a_review_that_was_demanded_is_demanded_of_the_other(lowered, chief):
    target = mild()
    assert not reviews.is_demanded(target)
    merge(lowered, target, chief)
    assert "The review is not published yet" in reviews.why_not_closed(fresh(target))


def test_it_is_due_at_once_where_the_other_is_recovered(lowered, chief):
    target = recovered(mild())
    assert not Review.objects.filter(incident=target).exclude(due_at=None).exists()
    merge(lowered, target, chief)
    assert Review.objects.get(incident=target).due_at == reviewform.due(target.recovered_at, 2)
    assert target.timeline.filter(text__startswith="The review is due").count() == 1


def test_what_was_written_before_does_not_count(lowered, chief, engine):
    target = recovered(severe())
    published(target, chief)
    assert reviews.why_not_closed(target) == ""
    merge(lowered, target, chief)
    assert "took in another one" in reviews.why_not_closed(target)
    review = Review.objects.get(incident=target)
    assert review.due_at == reviewform.due(target.recovered_at, 2)
    published(target, chief)
    assert reviews.why_not_closed(target) == ""


def test_what_demands_no_review_leaves_the_one_that_was_written(chief):
    target = recovered(severe())
    published(target, chief)
    merge(mild(), target, chief)
    assert reviews.why_not_closed(target) == ""


def test_the_facts_count_the_stops_of_both_and_name_no_draft_of_another(chief):
    draft = make.draft()
    hidden = make.incident(Sev.SEV2, program=draft, reporter=draft.owner)
    source, target = make.incident(Sev.SEV2), make.incident(Sev.SEV2)
    for each in (hidden, source):
        merge(each, target, chief)
    proof = " ".join(reviewfacts.of(fresh(target))["proof"])
    for what in (target.program, source.program, "A program that is still a draft"):
        assert f"{what}: held from" in proof
    assert draft.name not in proof
    assert f"{draft.name}: held from" in " ".join(reviewfacts.of(fresh(hidden))["proof"])


def test_the_outlook_says_what_will_bind(lowered, open_question, program, chief):
    said = merging.outlook(make.incident(Sev.SEV2, program=program), open_question)
    assert (said.takes_two, said.undetermined, said.needs_review) == (True, True, True)
    said = merging.outlook(make.undetermined(program=program), open_question)
    assert (said.takes_two, said.undetermined, said.needs_review) == (False, True, False)
    target = recovered(severe())
    published(target, chief)
    said = merging.outlook(lowered, target)
    assert (said.needs_review, said.needs_new_review) == (False, True)
