"""Take over shifts and swap them: who may, what is refused, and who is on call then."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from audit import people
from audit.models import Entry
from notifications import covers, oncall, rotas, swaps
from notifications.covers import Cover
from notifications.models import Override, Swap
from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
State = Swap.State


@pytest.fixture
def ann(db):
    return make.reachable(Function.RESPONDER, first_name="Ann")


@pytest.fixture
def ben(db):
    return make.reachable(Function.RESPONDER, first_name="Ben")


@pytest.fixture
def rota(ann):
    """Ann alone is on call."""
    rota = make.rota()
    make.layer(rota, ann)
    return rota


@pytest.fixture
def owner(rota):
    return rota.owners.get()


def soon(hours):
    return timezone.now() + hours * HOUR


def take(rota, person, by, **said):
    said = {"since": soon(1), "until": soon(3), "reason": "Away"} | said
    return covers.take(rota, Cover(person, **said), actor=make.actor(by))


def ask(rota, asked, by, **said):
    back = said.pop("back", None)
    said = {"since": soon(1), "until": soon(3), "reason": ""} | said
    return swaps.ask(rota, Cover(asked, **said), back=back, actor=make.actor(by))


def on_call(rota, *hours):
    return [oncall.on_call(rota.pk, soon(each)) for each in hours]


def test_an_override_counts_over_all_layers_from_its_start_to_its_end(rota, ann, ben, owner):
    made = take(rota, ben, owner)

    assert on_call(rota, 0, 2, 4) == [[ann], [ben], [ann]]
    assert oncall.on_call(rota.pk, made.starts_at) == [ben]
    assert oncall.on_call(rota.pk, made.ends_at) == [ann]


def test_of_two_overrides_the_later_one_counts_and_one_of_who_is_gone_does_not(rota, ann, ben):
    cat = make.reachable(Function.COMMANDER)
    take(rota, ben, cat)
    take(rota, cat, cat, until=soon(2.5))
    assert on_call(rota, 2, 2.8) == [[cat], [ben]]

    people.deactivate(cat, actor=make.SYSTEM)
    assert on_call(rota, 2) == [[ben]]


def test_one_that_is_withdrawn_while_it_goes_on_counted_until_then(rota, ann, ben, owner):
    made = take(rota, ben, owner, since=None)
    before = timezone.now()
    covers.withdraw(made, actor=make.actor(ben))

    assert oncall.on_call(rota.pk, before) == [ben]
    assert on_call(rota, 1) == [[ann]]
    with pytest.raises(rotas.Refused, match="over already"):
        covers.withdraw(made, actor=make.actor(owner))
    never = take(rota, ben, owner)
    covers.withdraw(never, actor=make.actor(owner))
    assert on_call(rota, 2) == [[ann]]


def test_hours_that_the_clocks_leave_out_or_show_twice_are_those_of_the_instants(rota, ann, ben):
    berlin = ZoneInfo("Europe/Berlin")
    since = datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=0)
    until = datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1)
    Override.objects.create(rota=rota, person=ben, starts_at=since, ends_at=until, reason="r")
    rota.layers.update(since=since - 9 * HOUR, starts_on=since.date() - 9 * timedelta(days=1))

    found = oncall.between(rota.pk, since - HOUR, until.astimezone(UTC) + HOUR)
    assert [(span.who, span.length / HOUR) for span in found] == [
        ((ann.pk,), 1),
        ((ben.pk,), 1),
        ((ann.pk,), 1),
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"since": -2 * HOUR}, "starts_at: is past"),
        ({"since": None, "until": -HOUR}, "ends_at: must be after"),
        ({"until": HOUR}, "ends_at: must be after"),
        ({"until": timedelta(days=40)}, "ends_at: at most 31 days"),
        ({"since": timedelta(days=380), "until": timedelta(days=381)}, "ends_at: within 366"),
        ({"reason": " "}, "reason: one line"),
    ],
)
def test_what_is_past_too_long_or_without_a_reason_is_refused(rota, ben, owner, wrong, said):
    now = timezone.now()
    moved = {k: now + v if isinstance(v, timedelta) else v for k, v in wrong.items()}
    with pytest.raises(rotas.Refused, match=f"^{said}"):
        take(rota, ben, owner, **moved)
    assert not Override.objects.exists()


def test_whoever_could_not_be_paged_or_is_on_call_anyway_is_refused(rota, ann, ben, owner):
    for person, said in (
        (make.user(Function.RESPONDER), "no verified contact method"),
        (make.reachable(), "has no function"),
        (ann, "on call then anyway"),
    ):
        with pytest.raises(rotas.Refused, match=f"^person: .*{said}"):
            take(rota, person, owner)
    people.deactivate(ben, actor=make.SYSTEM)
    ben.refresh_from_db()
    with pytest.raises(rotas.Refused, match="is deactivated"):
        take(rota, ben, owner)


def test_keepers_put_anybody_on_call_and_others_only_themselves_or_in_their_own_place(rota, ann):
    ben, cat = (make.reachable(Function.RESPONDER) for _ in range(2))
    with pytest.raises(rotas.Refused, match="^person: owners of the rota"):
        take(rota, ben, ben)
    make.layer(rota, ben, rank=1)
    take(rota, ben, ben, until=soon(2))
    with pytest.raises(rotas.Refused, match="^person: "):
        take(rota, cat, ann)
    take(rota, ben, ann, since=soon(5), until=soon(6))
    # She is on call for a part of it only.
    with pytest.raises(rotas.Refused, match="^person: "):
        take(rota, ben, ann, since=soon(1), until=soon(6))
    take(rota, cat, make.user(Function.COMMANDER))


def test_who_is_concerned_hears_of_an_override_once_and_the_record_has_it(rota, ann, ben, engine):
    cat = make.user(Function.COMMANDER, first_name="Cat")
    made = take(rota, ben, cat)
    engine.work()

    assert sorted(each.to[0] for each in mail.outbox) == sorted([ann.email, ben.email])
    assert "Ben is on call instead, by Cat. Reason: Away" in mail.outbox[0].body
    assert f"/on-call/{rota.pk}/" in mail.outbox[0].body
    entry = Entry.objects.filter(stream=f"rota:{rota.pk}").latest("seq")
    assert (entry.action, entry.actor) == ("rota.override_made", cat)
    covers.withdraw(made, actor=make.actor(ben))
    engine.work()
    assert [each.to[0] for each in mail.outbox[2:]] == [ann.email]


def test_what_somebody_asks_whose_name_has_two_lines_is_sent_and_adds_no_header(
    rota, ann, ben, engine
):
    User.objects.filter(pk=ann.pk).update(first_name="Ann\nBcc: all@demo.example")
    ask(rota, ben, User.objects.get(pk=ann.pk))
    engine.work()
    assert mail.outbox[0].recipients() == [ben.email]
    assert "Ann Bcc: all@demo.example" in mail.outbox[0].subject


def test_until_the_asked_person_accepts_the_asker_is_on_call(rota, ann, ben, engine):
    swap = ask(rota, ben, ann, reason="Please?")
    engine.work()
    assert (mail.outbox[0].to, on_call(rota, 2)) == ([ben.email], [[ann]])
    assert "asks you to take a shift. They say: Please?" in mail.outbox[0].body

    with pytest.raises(rotas.Refused, match="whoever was asked"):
        swaps.accept(swap, actor=make.actor(ann))
    swap = swaps.accept(swap, actor=make.actor(ben))
    assert (swap.state, on_call(rota, 0, 2, 4)) == (State.ACCEPTED, [[ann], [ben], [ann]])
    engine.work()
    assert mail.outbox[1].to == [ann.email]
    for act in (swaps.accept, swaps.decline, swaps.withdraw):
        with pytest.raises(rotas.Refused, match="is accepted already"):
            act(swap, actor=make.actor(ben))


def test_a_swap_is_declined_taken_back_or_over_when_the_shift_begins(rota, ann, ben, engine):
    declined = swaps.decline(ask(rota, ben, ann), actor=make.actor(ben))
    back = swaps.withdraw(ask(rota, ben, ann), actor=make.actor(ann))
    late = ask(rota, ben, ann)
    engine.work()
    engine.forward(hours=1)
    late.refresh_from_db()

    states = [declined.state, back.state, late.state]
    assert states == [State.DECLINED, State.WITHDRAWN, State.EXPIRED]
    assert on_call(rota, 2) == [[ann]]
    assert any("did not answer: the shift is yours" in each.body for each in mail.outbox)
    with pytest.raises(rotas.Refused, match="not answered in time already"):
        swaps.accept(late, actor=make.actor(ben))


def test_only_a_shift_of_ones_own_is_swapped_with_somebody_else_and_asked_for_once(rota, ann, ben):
    for said, arguments, changed in (
        ("starts_at: Ben is not on call", (ann, ben), {}),
        ("person: ask somebody else", (ann, ann), {}),
        ("starts_at: at least 5 minutes", (ben, ann), {"since": None}),
        ("person: .* no verified", (make.user(Function.LEGAL), ann), {}),
    ):
        with pytest.raises(rotas.Refused, match=f"^{said}"):
            ask(rota, *arguments, **changed)
    ask(rota, ben, ann)
    with pytest.raises(rotas.Refused, match="^starts_at: you have asked"):
        ask(rota, make.reachable(Function.LEGAL), ann, until=soon(2))


def test_what_was_asked_is_looked_at_again_when_it_is_accepted(rota, ann, ben, owner):
    swap = ask(rota, ben, ann)
    cat = make.reachable(Function.LEGAL)
    take(rota, cat, owner, until=soon(2))
    with pytest.raises(rotas.Refused, match="Ann is not on call for all of that time"):
        swaps.accept(swap, actor=make.actor(ben))
    assert on_call(rota, 2.5) == [[ann]]


@pytest.fixture
def turns(ann, ben):
    """Ann is on call for six hours from now on, and Ben for the six after these, in turn."""
    rota = make.rota()
    start = timezone.now() - HOUR
    make.layer(rota, ann, ben, unit="hours", every=6)
    rota.layers.update(starts_on=start.date(), handover=start.time(), since=start)
    return rota


def swap_of(turns, ben, ann, **said):
    when = {"since": soon(1), "until": soon(3)} | said
    return ask(turns, ben, ann, back=(soon(6), soon(8)), **when)


def test_two_shifts_change_hands_at_once_when_the_asked_person_accepts(turns, ann, ben, engine):
    swap = swap_of(turns, ben, ann)
    engine.work()
    assert on_call(turns, 2, 7) == [[ann], [ben]]
    assert "takes the second, yours, in return" in mail.outbox[0].body
    assert mail.outbox[0].body.count("UTC)") == 2
    swap = swaps.accept(swap, actor=make.actor(ben))
    assert on_call(turns, 0, 2, 4, 5.5, 7, 9) == [[ann], [ben], [ann], [ben], [ann], [ben]]
    assert (swap.override.person, swap.back_override.person) == (ben, ann)
    entry = Entry.objects.filter(action="rota.swap_accepted").get()
    assert "back_from" in entry.body


def test_if_one_of_the_two_cannot_be_neither_is(turns, ann, ben, monkeypatch):
    swap = swap_of(turns, ben, ann)
    lay = covers.lay

    def once(rota, person, *said, **more):
        if person == ben:
            raise rotas.Refused("rota: has 100 overrides to come.")
        return lay(rota, person, *said, **more)

    monkeypatch.setattr(covers, "lay", once)
    with pytest.raises(rotas.Refused, match="100 overrides"):
        swaps.accept(swap, actor=make.actor(ben))
    assert not Override.objects.exists()
    assert Swap.objects.get().state == State.ASKED


@pytest.mark.parametrize(
    ("back", "said"),
    [
        ((2, 4), "back_starts_at: overlaps"),
        ((-3, -2), "back_starts_at: is past"),
        ((8, 7), "back_ends_at: must be after"),
        ((3.5, 7), "back_starts_at: Ben is not on call"),
        ((0.01, 0.5), "back_starts_at: at least 5 minutes"),
    ],
)
def test_what_cannot_be_given_back_is_refused_at_its_field(turns, ann, ben, back, said):
    with pytest.raises(rotas.Refused, match=f"^{said}"):
        ask(turns, ben, ann, back=tuple(soon(each) for each in back))
    assert not Swap.objects.exists()


def test_a_swap_of_two_is_looked_at_again_when_it_is_accepted(turns, ann, ben, engine):
    swap = swap_of(turns, ben, ann)
    people.deactivate(ann, actor=make.SYSTEM)
    with pytest.raises(rotas.Refused, match="Ann is not on call"):
        swaps.accept(swap, actor=make.actor(ben))
    type(ann).objects.filter(pk=ann.pk).update(is_active=True)
    cat = make.reachable(Function.COMMANDER)
    mine = take(turns, cat, cat, since=soon(7), until=soon(7.5))
    with pytest.raises(rotas.Refused, match="^back_starts_at: Ben is not on call"):
        swaps.accept(swap, actor=make.actor(ben))
    covers.withdraw(mine, actor=make.actor(cat))
    ann.contact_methods.update(verified_at=None)
    with pytest.raises(rotas.Refused, match="Ann has no verified"):
        swaps.accept(swap, actor=make.actor(ben))
    assert Override.objects.filter(withdrawn_at=None).count() == 0


def test_a_swap_of_two_ends_unanswered_when_the_first_of_the_shifts_begins(turns, ann, ben, engine):
    late = ask(turns, ann, ben, since=soon(6), until=soon(8), back=(soon(1), soon(3)))
    engine.forward(hours=2)
    late.refresh_from_db()
    assert late.state == State.EXPIRED


@pytest.mark.parametrize("who", ["ann", "ben", "owner"])
@pytest.mark.parametrize("half", ["override", "back_override"])
def test_of_a_swap_of_two_both_go_back_whoever_withdraws_which(turns, ann, ben, engine, half, who):
    swap = swaps.accept(swap_of(turns, ben, ann), actor=make.actor(ben))
    engine.work()
    told = len(mail.outbox)
    by = {"ann": ann, "ben": ben, "owner": turns.owners.get()}[who]
    covers.withdraw(getattr(swap, half), actor=make.actor(by))
    engine.work()
    assert on_call(turns, 2, 7) == [[ann], [ben]]
    others = {ann.email, ben.email} - {by.email}
    assert {each.to[0] for each in mail.outbox[told:]} == others
    assert Entry.objects.filter(action="rota.override_withdrawn").count() == 2
    with pytest.raises(rotas.Refused, match="over already"):
        covers.withdraw(swap.back_override, actor=make.actor(ann))


def test_once_a_shift_of_a_swap_of_two_began_neither_goes_back(turns, ann, ben):
    swap = swaps.accept(swap_of(turns, ben, ann), actor=make.actor(ben))
    Override.objects.filter(pk=swap.override.pk).update(starts_at=soon(-0.1))
    for half, by in ((swap.override, ben), (swap.back_override, ann)):
        with pytest.raises(rotas.Refused, match="half of a swap, of which one shift has begun"):
            covers.withdraw(half, actor=make.actor(by))
    assert not Override.objects.exclude(withdrawn_at=None).exists()


def test_half_of_a_swap_is_nobody_elses_to_withdraw_and_the_other_of_one_withdrawn_is_left(
    turns, ann, ben
):
    swap = swaps.accept(swap_of(turns, ben, ann), actor=make.actor(ben))
    with pytest.raises(rotas.Refused, match="whoever made it"):
        covers.withdraw(swap.override, actor=make.actor(make.reachable(Function.LEGAL)))
    # As some were withdrawn alone before they went together.
    Override.objects.filter(pk=swap.override.pk).update(withdrawn_at=soon(-1))
    covers.withdraw(swap.back_override, actor=make.actor(ann))
    assert on_call(turns, 7) == [[ben]]


def test_of_two_who_make_a_rota_of_one_name_at_once_the_second_reads_why(rota, ann, monkeypatch):
    other = make.rota()
    # As for whoever looks before the first one has committed.
    monkeypatch.setattr(rotas, "_check_about", lambda *_said, **_but: None)
    with pytest.raises(rotas.Refused, match="^name: there is, or was, a rota"):
        make.rota(name=rota.name)
    with pytest.raises(rotas.Refused, match="^name: there is, or was, a rota"):
        rotas.change(other, rotas.About(rota.name, "UTC", [ann]), actor=make.SYSTEM)
