"""The acts by hand on the page of an incident: hand over, put off, escalate, page a person."""

import pytest

from accounts.functions import Function
from notifications import paging, policies
from notifications.models import Escalation, Page
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, let_in, reader, url, words

pytestmark = pytest.mark.django_db
ACTS = ("hand-over/", "snooze/", "escalate/", "page-person/")


@pytest.fixture
def chief():
    policies.ensure_general_policies(actor=make.SYSTEM)
    return reader(Function.COMMANDER, first_name="Ada", last_name="Obi")


@pytest.fixture
def incident(chief, engine):
    """A SEV 2 for which Ada Obi was paged and has answered."""
    made = make.judged(make.incident(Sev.SEV2, program=None), Sev.SEV2)
    engine.work()
    return paging.acknowledge(made, actor=make.actor(chief.person))


def run(incident):
    return incident.escalations.latest("pk")


def test_who_is_on_it_hands_over_puts_off_escalates_and_pages_a_person(incident, chief):
    lin = make.user(Function.LEGAL, first_name="Lin", last_name="Sato")
    page = chief.reads(url(incident))
    for said in ("Hand over", "Put off", "At most 120.", "Escalate now", "Page a person"):
        assert said in page
    sent = chief.post(url(incident, "hand-over/"), person=lin.username, reason="I go home.")
    assert sent["Location"] == url(incident) + "#escalation"
    assert (run(incident).acknowledged_by, run(incident).offered_to) == (chief.person, lin)
    assert Reader(lin).post(url(incident, "snooze/"), minutes=20, reason="We wait.")
    assert run(incident).snoozed_until is not None
    assert "Put off. Paging begins again:" in chief.reads(url(incident))
    chief.post(url(incident, "page-person/"), person=lin.email, reason="Counsel is needed.")
    assert Page.objects.get(purpose=Page.Purpose.BY_HAND).person == lin
    chief.post(url(incident, "escalate/"), step="2", reason="It is worse than we knew.")
    assert (run(incident).state, run(incident).taken) == (Escalation.State.ACTIVE, 1)
    told = "".join(incident.timeline.values_list("text", flat=True))
    for reason in ("I go home.", "We wait.", "Counsel is needed.", "It is worse than we knew."):
        assert reason in told
    assert 'id="hand-over-person"' not in chief.get(url(incident)).content.decode()


def test_who_answers_second_is_told_who_was_first(incident, chief):
    lin = Reader(make.user(Function.COMMANDER, first_name="Lin", last_name="Sato"))
    lin.post(url(incident, "acknowledge/"))
    page = lin.reads(url(incident))
    assert "Ada Obi is on it already." in page
    assert "You are on it." not in page
    chief.post(url(incident, "acknowledge/"))
    assert "You are on it." in chief.reads(url(incident))
    assert run(incident).acknowledged_by == chief.person


def test_a_reader_is_offered_nothing_and_can_do_nothing_and_who_sees_nothing_learns_nothing(
    incident, chief
):
    fields = {"person": chief.person.username, "minutes": 5, "reason": "r"}
    viewer, stranger = let_in(incident, "view"), reader()
    before = Escalation.objects.values().get()
    assert "Page a person" not in viewer.reads(url(incident))
    assert [viewer.post(url(incident, act), **fields).status_code for act in ACTS] == [403] * 4
    assert [stranger.post(url(incident, act), **fields).status_code for act in ACTS] == [404] * 4
    assert Escalation.objects.values().get() == before


def test_what_cannot_be_done_is_said_in_its_place_and_nothing_is_done(incident, chief):
    outsider, helper = make.user(first_name="Kim", last_name="Ode"), let_in(incident, "contribute")
    before = Escalation.objects.values().get()
    me, huge = chief.person.username, "9" * 5000
    for who, act, fields, status, said in [
        (chief, "hand-over/", {"person": me, "reason": "r"}, 409, "Ada Obi is on it already"),
        (chief, "hand-over/", {"person": "a\x00", "reason": "r"}, 422, "Null characters"),
        (helper, "page-person/", {"person": outsider.email, "reason": "r"}, 409, "Kim Ode takes"),
        (chief, "snooze/", {"minutes": huge, "reason": "r"}, 422, "Enter a whole number"),
        (chief, "snooze/", {"minutes": "9" * 30, "reason": "r"}, 409, "Put it off by 1 to 120"),
        (chief, "escalate/", {"step": "99", "reason": "r"}, 422, "99 is not one of the"),
        (chief, "escalate/", {"step": huge, "reason": " "}, 422, "This field is required"),
    ]:
        answer = who.post(url(incident, act), **fields)
        assert (answer.status_code, said in words(answer)) == (status, True), (act, fields)
    # The fold that holds the mistake stands open.
    assert '<details class="fold no-print" open>' in answer.content.decode()
    assert Escalation.objects.values().get() == before


def test_a_sev_0_cannot_be_put_off(incident, chief):
    type(incident).objects.filter(pk=incident.pk).update(counts_as=0, sev=0, peak_sev=0)
    assert "Put off" not in chief.reads(url(incident))
    answer = chief.post(url(incident, "snooze/"), minutes=5, reason="r")
    assert (answer.status_code, "A SEV 0 cannot be put off" in words(answer)) == (409, True)
    assert run(incident).snoozed_until is None
