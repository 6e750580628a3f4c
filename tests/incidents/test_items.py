"""Action items: reminded each week, done by one, verified by another."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import grants, items, itemsaid, meanwhile
from incidents.itemsaid import Wanted
from incidents.models import ActionItem, Incident, Status
from tests import make

pytestmark = pytest.mark.django_db
State = ActionItem.State
WORD = "The scanner runs every hour now."


@pytest.fixture
def incident():
    return make.incident()


def let_in(incident, level="contribute"):
    person = make.user()
    grants.admit(incident, person=person, level=level, reason="Helps.", actor=make.SYSTEM)
    return make.actor(person)


@pytest.fixture
def owner(incident):
    return let_in(incident, "view")


def said(owner, **changed):
    due_on = timezone.now().date() + timedelta(days=20)
    usual = {"what": "Scan every hour", "kind": "detect", "owner": owner.user, "due_on": due_on}
    return itemsaid.Said(**usual | changed)


@pytest.fixture
def item(incident, owner):
    return items.add(incident, said(owner, control="G22"), actor=let_in(incident))


def test_its_owner_hears_of_it_and_then_once_a_week(item, owner, engine, mailoutbox):
    def heard():
        engine.work()
        return len([mail for mail in mailoutbox if mail.to == [owner.user.email]])

    assert heard() == 1
    engine.forward(days=6)
    assert heard() == 1
    engine.forward(days=1, minutes=1)
    assert heard() == 2
    for number in (0, 0, 1, 1):
        items.remind(item.pk, number)
    # Only the first of the number that is due tells, and plans the next.
    assert heard() == 3
    item.refresh_from_db()
    assert item.reminders == 2
    engine.forward(days=7, minutes=1)
    assert heard() == 4


def test_nobody_is_reminded_of_what_is_done_or_dropped(incident, item, owner, engine, mailoutbox):
    other = items.add(incident, said(owner, what="Another"), actor=let_in(incident))
    engine.work()
    before = len(mailoutbox)
    items.finish(item, WORD, actor=owner)
    items.drop(other, "Replaced by the first.", actor=let_in(incident, "manage"))
    engine.forward(days=30)
    assert len(mailoutbox) == before


def test_one_that_is_opened_again_is_reminded_again_once_a_week(
    incident, item, owner, engine, mailoutbox
):
    items.finish(item, WORD, actor=owner)
    items.reopen(item, "It ran for one day only.", actor=let_in(incident))
    engine.work()
    before = len(mailoutbox)
    engine.forward(days=7, minutes=1)
    assert len(mailoutbox) == before + 1


def test_it_is_verified_by_another_than_its_owner_and_who_did_it(incident, item, owner):
    manager = let_in(incident, "manage")
    items.finish(item, WORD, actor=manager)
    grants.admit(incident, person=owner.user, level="contribute", reason="More.", actor=make.SYSTEM)
    for by in (owner, manager):
        with pytest.raises(items.Refused, match="Another person verifies it"):
            items.verify(item, "I looked at the logs.", actor=by)
    verified = items.verify(item, "I looked at the logs.", actor=let_in(incident))
    assert (verified.state, verified.said) == (State.VERIFIED, "I looked at the logs.")


def test_each_act_is_for_whom_it_is_and_in_its_turn(incident, item, owner):
    reader, helper = let_in(incident, "view"), let_in(incident)
    with pytest.raises(items.Refused, match="Only who may contribute"):
        items.add(incident, said(owner), actor=reader)
    with pytest.raises(items.Refused, match="Only who may manage"):
        items.finish(item, WORD, actor=helper)
    with pytest.raises(items.Refused, match="Only who may manage"):
        items.drop(item, "Too expensive for us.", actor=helper)
    with pytest.raises(items.Refused, match="It is open"):
        items.verify(item, WORD, actor=helper)
    with pytest.raises(items.Refused, match="said: say it in 10 to 1000"):
        items.finish(item, "Done.", actor=owner)
    item.refresh_from_db()
    assert item.state == State.OPEN


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"what": " "}, "what: say what is to be done"),
        ({"kind": "blame"}, "kind: one of prevent, detect, limit, respond"),
        ({"control": "G99"}, "control: one of"),
        ({"due_on": timezone.now().date() - timedelta(days=2)}, "due_on: from today"),
        ({"due_on": timezone.now().date() + timedelta(days=900)}, "due_on: from today"),
        ({"test": "x" * 501}, "test: at most 500"),
    ],
)
def test_a_field_that_cannot_be_is_named_with_what_is_allowed(incident, owner, changed, words):
    with pytest.raises(items.Refused, match=words):
        items.add(incident, said(owner, **changed), actor=let_in(incident))


def test_it_is_given_to_who_may_see_the_incident_alone(incident, item, owner):
    stranger = make.actor(make.user())
    with pytest.raises(items.Refused, match="owner: .* may not see"):
        items.add(incident, said(stranger), actor=let_in(incident))
    with pytest.raises(items.Refused, match="owner: .* may not see"):
        items.change(item, Wanted(owner=stranger.user), actor=let_in(incident))
    changed = items.change(item, Wanted(what="Scan twice"), actor=let_in(incident))
    assert (changed.what, changed.owner) == ("Scan twice", owner.user)


def test_two_who_change_different_parts_at_once_both_do(incident, item):
    read = itemsaid.plain(itemsaid.of(item))
    one, other = (ActionItem.objects.get(pk=item.pk) for _ in range(2))
    items.change(one, Wanted(what="Scan twice"), actor=let_in(incident))
    items.change(other, Wanted(test="Plant one."), actor=let_in(incident))
    # A form sends every part, most of them as they were read.
    form = replace(Wanted(**vars(itemsaid.of(item))), control="")
    items.change(item, form, read=read, actor=let_in(incident))
    item.refresh_from_db()
    assert (item.what, item.test, item.control) == ("Scan twice", "Plant one.", "")


def test_of_two_who_change_the_same_part_the_second_is_told_of_the_first(incident, item):
    read = itemsaid.plain(itemsaid.of(item))
    items.change(item, Wanted(what="Scan twice"), actor=let_in(incident))
    with pytest.raises(meanwhile.Clash, match="what: somebody changed this .* to “Scan twice”"):
        items.change(item, Wanted(what="Scan never"), read=read, actor=let_in(incident))
    # Both of the same mind is no conflict, and no change either.
    before = item.history.count()
    items.change(item, Wanted(what="Scan twice"), read=read, actor=let_in(incident))
    item.refresh_from_db()
    assert (item.what, item.history.count()) == ("Scan twice", before)


def test_items_outlive_the_incident(incident, item, owner):
    Incident.objects.filter(pk=incident.pk).update(status=Status.CLOSED)
    assert items.finish(item, WORD, actor=owner).state == State.DONE


@pytest.mark.parametrize("status", [Status.DISMISSED, Status.MERGED])
def test_those_of_what_was_no_incident_trouble_nobody_and_can_be_dropped(
    incident, item, owner, engine, mailoutbox, status
):
    engine.work()
    before = len(mailoutbox)
    Incident.objects.filter(pk=incident.pk).update(status=status)
    engine.forward(days=15)
    assert len(mailoutbox) == before
    assert not items.of(owner.user).exists()
    item.refresh_from_db()
    with pytest.raises(items.Refused, match="its items can only be dropped"):
        items.finish(item, WORD, actor=owner)
    assert items.drop(item, WORD, actor=let_in(incident, "manage")).state == State.DROPPED


def test_the_list_holds_what_the_person_may_know_of(incident, item, owner):
    hidden = make.incident()
    other = let_in(hidden)
    items.add(hidden, said(other), actor=other)
    late = items.add(incident, said(owner, what="Late"), actor=let_in(incident))
    ActionItem.objects.filter(pk=late.pk).update(due_on=timezone.now().date() - timedelta(days=1))
    helper = let_in(incident)
    assert set(items.of(owner.user)) == {item, late}
    assert set(items.of(owner.user, mine=True)) == {item, late}
    assert not items.of(helper.user, mine=True)
    assert list(items.of(helper.user, overdue=True)) == [late]
    assert not items.of(make.user())
