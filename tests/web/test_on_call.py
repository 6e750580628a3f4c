"""The pages of rotas: who is on call, now and in the coming days, and how that is changed."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.functions import Function
from audit import people
from notifications import oncall, policymaking
from notifications.escalation import Target
from notifications.models import Rota, RotaLayer
from notifications.rotation import Hours
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db
GAP = "Gap: nobody"


@pytest.fixture
def ann(db):
    return make.user(Function.RESPONDER, first_name="Ann", last_name="Archer")


@pytest.fixture
def ben(db):
    return make.user(Function.RESPONDER, first_name="Ben", last_name="Baker")


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()
    return " ".join(answer.content.decode().split())


def terms(*persons, **changed):
    fields = {
        "name": "First line",
        "rank": "10",
        "zone": "Europe/Berlin",
        "every": "1",
        "unit": "weeks",
        "weekday": "0",
        "starts_on": "2026-01-05",
        "handover": "09:00",
    }
    fields |= {f"person_{n}": str(person.pk) for n, person in enumerate(persons, 1)}
    return fields | changed


def test_the_page_shows_who_is_on_call_who_is_next_and_the_readers_own_shifts(ann, ben):
    rota = make.rota(ann)
    make.layer(rota, ann, ben)

    # Above it the reader's own name stands in the menu.
    page = text(Reader(ben).get("/on-call/")).partition("Now and next")[2]
    now, after, mine = (page.index(what) for what in ("Ann Archer", "Ben Baker", "My shifts"))
    assert now < after < mine
    assert (
        page.count(f'<a href="/on-call/{rota.pk}/">')
        + page.count(f'<a href="/on-call/{rota.pk}/" data-row>')
        == 8
    )
    assert "no gap" in page
    assert "None in the coming 14 days" in text(Reader(make.user(Function.LEGAL)).get("/on-call/"))
    assert '<a href="/on-call/"' in text(Reader(ann).get("/"))


def test_gaps_stand_in_the_table_in_words(ann):
    rota = make.rota(ann)
    make.layer(rota, ann)
    assert GAP not in text(Reader(ann).get(f"/on-call/{rota.pk}/"))

    people.deactivate(ann, actor=make.SYSTEM)
    reader = Reader(make.user(Function.AUDITOR))
    assert GAP in text(reader.get(f"/on-call/{rota.pk}/"))
    assert "1 gap<" in text(reader.get("/on-call/"))


def test_who_has_no_function_finds_no_such_page_and_no_link(ann):
    rota, reader = make.rota(ann), Reader(make.user(is_superuser=True))
    for path in ("/on-call/", f"/on-call/{rota.pk}/", "/on-call/99999999999999999999/"):
        assert reader.get(path).status_code == 404
    assert "/on-call/" not in text(reader.get("/"))


def test_an_operator_makes_a_rota_and_puts_people_into_it(ann, ben):
    operator = Reader(make.user(Function.OPERATOR))
    made = operator.post("/on-call/", name="Data response", about="", zone="Europe/Berlin")
    rota = Rota.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/on-call/{rota.pk}/")
    assert list(rota.owners.all()) == [operator.person]

    hours = {"weekdays": ["0", "1"], "opens": "09:00", "closes": "00:00"}
    assert operator.post(f"/on-call/{rota.pk}/", **terms(ben, ann, **hours)).status_code == 302
    layer = rota.layers.get()
    assert (layer.people, layer.unit, layer.weekday) == ([ben.pk, ann.pk], "weeks", 0)
    assert layer.hours == [{"weekdays": [0, 1], "start": "09:00", "end": "00:00"}]


def test_an_owner_ends_a_layer_once_and_is_told_so_the_second_time(ann):
    rota = make.rota(ann)
    layer = make.layer(rota, ann)
    path = f"/on-call/{rota.pk}/layers/{layer.pk}/end/"

    assert Reader(ann).post(path).status_code == 302
    assert oncall.on_call(rota.pk, RotaLayer.objects.get().until) == []
    assert "has been changed or ended" in text(Reader(ann).post(path), 422)
    elsewhere = make.layer(make.rota(), ann)
    wrong = f"/on-call/{rota.pk}/layers/{elsewhere.pk}/end/"
    assert Reader(ann).post(wrong).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"every": "9999999999999"}, "every"),
        ({"rank": "0"}, "rank"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"name": "a\0b"}, "name"),
        ({"weekday": ""}, "weekday"),
        ({"person_1": "0"}, "person_1"),
        ({"weekdays": ["1"]}, "weekdays"),
        ({"opens": "00:00"}, "weekdays"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_nothing_is_kept(ann, wrong, at):
    rota = make.rota(ann)
    answer = Reader(ann).post(f"/on-call/{rota.pk}/", **terms(ann, **wrong))
    assert f'<a href="#layer-{at}' in text(answer, 422)
    assert not rota.layers.exists()


def test_a_taken_name_and_a_taken_rank_are_refused_in_place(ann):
    rota = make.rota(ann)
    make.layer(rota, ann, hours=[Hours(frozenset({0}), time(9), time(17))])
    commander = Reader(make.user(Function.COMMANDER))
    same = commander.post("/on-call/", name=rota.name, about="", zone="UTC")
    assert "choose another name" in text(same, 422)
    again = commander.post(f"/on-call/{rota.pk}/", **terms(ann))
    assert "layer of rank 10 already" in text(again, 422)


def minutes(hours):
    return (timezone.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def shift(person, since=1, until=3, reason="Away"):
    fields = {"person": person.pk, "reason": reason}
    return fields | {"starts_at": minutes(since), "ends_at": minutes(until)}


def test_an_owner_puts_somebody_on_call_and_they_take_it_back_on_the_page(ann):
    cat = make.reachable(Function.RESPONDER, first_name="Cat", zone="UTC")
    rota = make.rota(ann)
    make.layer(rota, ann)
    path = f"/on-call/{rota.pk}/"
    assert Reader(ann).post(f"{path}overrides/", **shift(cat)).status_code == 302
    made = rota.overrides.get()

    page = text(Reader(cat).get(path))
    assert "<strong>Cat</strong> is on call instead" in page
    assert "Put somebody on call" not in page
    other = Reader(make.user(Function.LEGAL))
    withdraw = f"{path}overrides/{made.pk}/withdraw/"
    assert "withdraws it" in text(other.post(withdraw), 422)
    assert Reader(cat).post(withdraw).status_code == 302
    assert "Nothing: the layers say" in text(Reader(cat).get(path))


def test_a_refused_override_is_said_at_its_field_in_an_open_form(ann):
    rota = make.rota(ann)
    make.layer(rota, ann)
    path = f"/on-call/{rota.pk}/overrides/"
    for wrong, at in (
        (shift(make.user(Function.LEGAL)), "person"),
        (shift(ann, since=-3), "starts_at"),
        (shift(ann, until=9999), "ends_at"),
        ({"person": "x", "starts_at": "1-1-1", "ends_at": "0001-01-01T00:00"}, "person"),
    ):
        page = text(Reader(ann).post(path, **wrong), 422)
        assert f'<a href="#cover-{at}">' in page
        assert '<details class="fold" open>' in page
    assert not rota.overrides.exists()


def test_a_colleague_is_asked_to_swap_and_answers_on_the_page(ann):
    cat = make.reachable(Function.RESPONDER, first_name="Cat")
    rota = make.rota(ann)
    make.layer(rota, ann)
    path = f"/on-call/{rota.pk}/"
    assert Reader(ann).post(f"{path}swaps/", **shift(cat)).status_code == 302
    swap = rota.swaps.get()

    assert "Waits for your answer" in text(Reader(cat).get("/on-call/"))
    answer = f"{path}swaps/{swap.pk}/"
    assert Reader(cat).post(answer, do="explode").status_code == 404
    assert "hoever was asked" in text(Reader(ann).post(answer, do="accept"), 422)
    assert Reader(cat).post(answer, do="accept").status_code == 302
    assert oncall.on_call(rota.pk, swap.starts_at) == [cat]
    assert "s accepted already" in text(Reader(cat).post(answer, do="decline"), 422)
    story = Reader(cat).reads(path).partition("Lately done")[2]
    assert "Cat accepted that Cat takes a shift of Ann Archer" in story
    assert "Ann Archer asked Cat to take a shift of Ann Archer" in story
    assert "test added the layer First line" in story


def test_two_shifts_are_swapped_on_the_page_and_half_of_one_is_refused_at_its_field(ann):
    cat = make.reachable(Function.RESPONDER, first_name="Cat")
    me = make.reachable(Function.RESPONDER, first_name="Max")
    rota = make.rota(ann)
    make.layer(rota, me, cat, unit="days")
    path = f"/on-call/{rota.pk}/"
    mine, theirs = next_two(rota, me, cat)
    sent = times(theirs, "back_") | times(mine) | {"person": str(cat.pk), "reason": ""}
    half = {key: value for key, value in sent.items() if key != "back_starts_at"}
    page = text(Reader(me).post(f"{path}swaps/", **half), 422)
    assert '<a href="#swap-back_starts_at">' in page
    assert Reader(me).post(f"{path}swaps/", **sent).status_code == 302
    swap = rota.swaps.get()
    assert "In return <strong>Max</strong> takes" in text(Reader(cat).get(path))
    assert "and takes in return" in text(Reader(cat).get("/on-call/"))
    assert Reader(cat).post(f"{path}swaps/{swap.pk}/", do="accept").status_code == 302
    assert oncall.on_call(rota.pk, swap.starts_at) == [cat]
    assert oncall.on_call(rota.pk, swap.back_starts_at) == [me]
    assert "Cat accepted that Cat and Max swap shifts" in Reader(cat).reads(path)


def next_two(rota, first, second):
    """The next whole shifts of two people."""
    now = timezone.now()
    coming = oncall.between(rota.pk, now, now + timedelta(days=6))[2:]
    return [next(each for each in coming if each.who == (who.pk,)) for who in (first, second)]


def times(span, before=""):
    return {
        f"{before}{name}": f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"
        for name, at in (("starts_at", span.start), ("ends_at", span.end))
    }


def test_the_next_shift_of_the_reader_stands_in_the_form_that_asks_for_a_swap(ann, ben):
    rota = make.rota(ann)
    make.layer(rota, ann, ben)
    path = f"/on-call/{rota.pk}/"
    mine = oncall.between(rota.pk, timezone.now(), timezone.now() + timedelta(days=4))
    starts = next(each.start for each in mine[1:] if ann.pk in each.who)
    page = text(Reader(ann).get(path))
    assert "Ask somebody to take a shift" in page
    assert f'value="{timezone.localtime(starts):%Y-%m-%dT%H:%M}"' in page


def test_owners_change_a_rota_and_retire_it(ann, ben):
    rota, other = make.rota(ann), make.rota()
    path = f"/on-call/{rota.pk}/"
    said = {"name": "Nights", "about": "", "zone": "UTC", "owners": [ben.pk]}
    assert "choose another name" in text(
        Reader(ann).post(f"{path}change/", **said | {"name": other.name}), 422
    )
    assert "owners" in text(Reader(ann).post(f"{path}change/", **said | {"owners": []}), 422)
    assert Reader(ann).post(f"{path}change/", **said).status_code == 302
    assert "<h1>Nights</h1>" in text(Reader(ben).get(path))

    assert Reader(ann).post(f"{path}retire/").status_code == 403
    make.reachable(Function.OPERATOR)
    policy = make.policy(Target("rota", rota=rota.pk), Target("function", name="operator"))
    assert f"is paged by {policy.name}" in text(Reader(ben).post(f"{path}retire/"), 422)
    policymaking.retire(policy, reason="Over.", actor=make.SYSTEM)
    assert Reader(ben).post(f"{path}retire/").status_code == 302
    assert Reader(ben).get(path).status_code == 404


def test_five_rotas_cost_the_page_as_many_queries_as_one(ann, ben):
    reader = Reader(ann)

    def ask():
        with CaptureQueriesContext(connection) as asked:
            page = text(reader.get("/on-call/"))
        return page.count("data-row"), len(asked)

    costs = []
    for number in range(5):
        # Some change within 14 days, and some not at all.
        make.layer(make.rota(ann), ann, *[ben] * (number % 2), every=2)
        costs.append(ask())
    assert [rows for rows, _queries in costs] == [1, 2, 3, 4, 5]
    assert costs[0][1] == costs[4][1]


def test_a_layer_is_changed_from_what_it_is_and_keeps_the_order_of_turns(ann, ben):
    rota = make.rota(ann)
    days = Hours(frozenset({0, 2}), time(9), time(17))
    layer = make.layer(rota, ann, ben, hours=[days], every=2)
    path = f"/on-call/{rota.pk}/layers/{layer.pk}/change/"
    page = text(Reader(ann).get(path))
    for kept in ('value="First line"', 'value="09:00"', f'value="{layer.starts_on:%Y-%m-%d}"'):
        assert kept in page
    assert page.count("checked") == 2
    assert "layer-rank" in text(Reader(ann).post(path, **terms(ann, rank="0")), 422)
    assert Reader(ann).post(path, **terms(ben)).status_code == 302
    assert [each.people for each in rota.layers.filter(until=None)] == [[ben.pk]]
    assert "read the page again" in text(Reader(ann).post(path, **terms(ben)), 422)
