"""Related incidents: read from both sides, by whoever may know of both, and by nobody else."""

import pytest
from django.db import IntegrityError, transaction

from accounts.functions import Function
from incidents import changes, grants, lifecycle, relations
from incidents.models import Incident, Relation, Status
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
Kind = Relation.Kind


@pytest.fixture
def chief():
    return make.user(Function.COMMANDER)


@pytest.fixture
def pair():
    return make.incident(Sev.SEV3), make.incident(Sev.SEV3)


def relate(one, other, by, kind=Kind.RELATED):
    return relations.relate(one, other, kind, actor=make.actor(by))


def seen(person, incident):
    return [(each.incident, each.words) for each in relations.of(person, incident)]


@pytest.mark.parametrize(
    ("kind", "from_one", "from_other"),
    [
        (Kind.SAME_CAUSE, "Same cause", "Same cause"),
        (Kind.FOLLOW_UP, "Follow-up of", "Followed by"),
        (Kind.RELATED, "Related", "Related"),
    ],
)
def test_it_is_read_from_both_sides(pair, chief, kind, from_one, from_other):
    one, other = pair
    relate(one, other, chief, kind)
    assert seen(chief, one) == [(other, from_one)]
    assert seen(chief, other) == [(one, from_other)]


def test_who_may_not_know_of_the_other_learns_of_no_relation(pair, chief):
    one, other = pair
    person = make.user()
    grants.admit(one, level="contribute", person=person, reason="Helps.", actor=make.SYSTEM)
    relate(one, other, chief)
    assert seen(person, one) == []
    told = [change.what for change in changes.of(one, reader=person)]
    assert "Related incident" not in told
    assert "Related incident" in [change.what for change in changes.of(one, reader=chief)]
    assert not one.timeline.filter(text__contains=other.ref).exists()


def test_it_lets_nobody_in(pair, chief):
    one, other = pair
    person = make.user()
    grants.admit(one, level="contribute", person=person, reason="Helps.", actor=make.SYSTEM)
    relate(one, other, chief)
    assert not make.sees(person, other)


@pytest.mark.parametrize("which", [0, 1])
def test_it_needs_somebody_who_takes_part_in_both(pair, which):
    person = make.user()
    for level, incident in (("contribute", pair[which]), ("view", pair[1 - which])):
        grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    with pytest.raises(relations.Refused, match="Only a person who takes part in both"):
        relate(*pair, person)


def test_a_hidden_incident_is_refused_like_one_that_is_not_there(pair):
    said = set()
    for number in (pair[0].number, 999_999):
        with pytest.raises(relations.Refused) as refusal:
            relations.find(make.user(), number)
        said.add(str(refusal.value))
    assert said == {"number: you take part in no incident with this number."}


def test_neither_with_itself_nor_twice_nor_practice_with_what_is_real(pair, chief):
    one, other = pair
    drill = make.incident(Sev.SEV3, program=make.program(is_drill=True), is_drill=True)
    relate(one, other, chief)
    for first, second, words in (
        (one, one, "not related to itself"),
        (other, one, "related already"),
        (one, drill, "one is a drill"),
    ):
        with pytest.raises(relations.Refused, match=f"number: .*{words}"):
            relate(first, second, chief)
    with pytest.raises(relations.Refused, match="kind: must be one of same_cause"):
        relate(one, other, chief, "cousin")


def test_the_database_itself_refuses_a_second_one(pair, chief):
    one, other = pair
    relate(one, other, chief)
    with pytest.raises(IntegrityError), transaction.atomic():
        Relation.objects.create(one=other, other=one, kind=Kind.RELATED, made_by="x")


def test_it_is_ended_and_stays_in_the_history(pair, chief):
    one, other = pair
    row = relate(one, other, chief)
    for _again in range(2):
        relations.unrelate(row, actor=make.actor(chief))
    assert seen(chief, one) == seen(chief, other) == []
    assert relate(other, one, chief).pk != row.pk


def test_what_is_closed_can_be_followed_up(pair, chief):
    one, other = pair
    lifecycle.move(other, Status.DISMISSED, reason="No.", actor=make.actor(chief))
    relate(one, Incident.objects.get(pk=other.pk), chief, Kind.FOLLOW_UP)
    assert seen(chief, one)
