"""Make rotas, change who takes turns, and ask who is on call."""

from datetime import UTC, time, timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit import people
from audit.models import Entry
from notifications import oncall, policymaking, rotas, turns
from notifications.escalation import Target
from notifications.models import RotaLayer
from notifications.rotation import Hours
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ann(db):
    return make.user(Function.RESPONDER, first_name="Ann")


@pytest.fixture
def ben(db):
    return make.user(Function.RESPONDER, first_name="Ben")


@pytest.fixture
def rota(ann):
    return make.rota(ann)


def noon(days=0):
    return timezone.now().astimezone(UTC).replace(hour=12) + days * DAY


def test_people_are_on_call_in_turn_and_the_next_is_known(rota, ann, ben):
    make.layer(rota, ann, ben)

    assert [oncall.on_call(rota.pk, noon(day)) for day in (1, 2, 3)] == [[ben], [ann], [ben]]
    at, who = oncall.next_up(rota.pk, noon(1))
    assert (at.date(), who) == (noon(2).date(), [ann])


def test_a_higher_layer_counts_and_a_lower_one_fills_what_it_leaves(rota, ann, ben):
    make.layer(rota, ann, rank=1)
    make.layer(rota, ben, rank=2, hours=[Hours(frozenset(range(7)), time(9), time(17))])

    assert oncall.on_call(rota.pk, noon(1)) == [ben]
    assert oncall.on_call(rota.pk, noon(1).replace(hour=20)) == [ann]


def test_a_changed_layer_counts_from_now_on_and_keeps_the_past(rota, ann, ben):
    first = make.layer(rota, ann)
    before = timezone.now()
    turns.change(first, make.terms(ben), actor=make.SYSTEM)

    assert oncall.on_call(rota.pk, before) == [ann]
    assert oncall.on_call(rota.pk, noon(1)) == [ben]
    with pytest.raises(rotas.Refused, match="read the page again"):
        turns.change(first, make.terms(ann), actor=make.SYSTEM)


def test_nobody_is_on_call_in_a_retired_rota_or_in_the_place_of_a_deactivated_person(rota, ben):
    make.layer(rota, ben)
    people.deactivate(ben, actor=make.SYSTEM)
    assert oncall.on_call(rota.pk, noon(1)) == []
    assert oncall.next_up(rota.pk, noon(1)) is None

    rotas.retire(rota, actor=make.SYSTEM)
    assert oncall.between(rota.pk, noon(1), noon(2)) == []
    with pytest.raises(rotas.Refused, match="retired"):
        make.layer(rota, ben)


def test_a_rota_that_a_policy_pages_is_not_retired_before_the_policy_is_changed(rota, ann):
    make.layer(rota, make.reachable(Function.RESPONDER))
    policy = make.policy(Target("rota", rota=rota.pk), name="Grave")
    with pytest.raises(rotas.Refused, match="it is paged by Grave; change that policy first"):
        rotas.retire(rota, actor=make.SYSTEM)
    policymaking.retire(policy, reason="Over.", actor=make.SYSTEM)
    rotas.retire(rota, actor=make.SYSTEM)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"rank": 0}, "rank"),
        ({"every": 0}, "every"),
        ({"every": 10**9}, "every"),
        ({"unit": RotaLayer.Unit.WEEKS}, "weekday"),
        ({"weekday": 1}, "weekday"),
        ({"hours": [Hours(frozenset(), time(9), time(17))]}, "hours"),
    ],
)
def test_wrong_terms_are_refused_by_the_name_of_the_field(rota, ann, wrong, field):
    with pytest.raises(rotas.Refused, match=f"^{field}: "):
        make.layer(rota, ann, **wrong)
    assert not rota.layers.exists()


def test_who_has_no_function_or_is_not_there_cannot_be_on_call(rota):
    with pytest.raises(rotas.Refused, match="has no function"):
        make.layer(rota, make.user())
    with pytest.raises(rotas.Refused, match="one to 50 people"):
        make.layer(rota)


def test_a_rank_and_a_name_are_given_once(rota, ann, ben):
    make.layer(rota, ann)
    with pytest.raises(rotas.Refused, match="^rank: "):
        make.layer(rota, ben)
    with pytest.raises(rotas.Refused, match="^name: "):
        make.rota(name=rota.name)


def test_each_change_of_a_rota_is_in_the_record_and_in_its_history(rota, ann, ben):
    layer = make.layer(rota, ann)
    turns.change(layer, make.terms(ben), actor=make.actor(ben))
    said = rotas.About(rota.name, "UTC", [ben])
    rotas.change(rota, said, actor=make.actor(ben))

    acts = Entry.objects.filter(stream=f"rota:{rota.pk}").order_by("seq")
    assert [entry.action.partition(".")[2] for entry in acts] == [
        *("made", "layer_added", "layer_changed", "changed")
    ]
    assert rota.history.first().history_user == ben
    assert list(rota.owners.all()) == [ben]
