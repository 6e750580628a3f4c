"""Many pages due at once go together: each as if it were alone, at less cost."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.functions import Function
from audit import bundles, clockwork, travelling
from audit.models import Due
from notifications import channels, crowding, paging, policies, queueing, sending, vault
from notifications.models import ContactMethod, Method, Page, PageAttempt
from notifications.runs import STEP
from severity.ladder import Sev
from tests import make
from tests.together import before_it_commits

pytestmark = pytest.mark.django_db
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def commander(db):
    policies.ensure_general_policies(actor=make.SYSTEM)
    return make.reachable(Function.COMMANDER, first_name="Ada", last_name="Obi")


def pages(count, level=Sev.SEV2):
    """Pages that are due, each of an incident of its own, and nothing else."""
    made = [make.incident(level, program=None) for _ in range(count)]
    for incident in made:
        paging.open_for(incident.pk)
    Due.objects.waiting().exclude(kind=STEP).delete()
    bundles.run(STEP, [(claim.pk, claim.token) for claim in clockwork.claim()])
    Due.objects.waiting().exclude(kind=sending.SEND).delete()
    return list(Page.objects.order_by("pk"))


def together():
    bundles.run(sending.SEND, [(claim.pk, claim.token) for claim in clockwork.claim()])


def hook(commander, address):
    made = ContactMethod(person=commander, method=Method.WEBHOOK, verified_at=timezone.now())
    made.address, made.secret = address, SECRET
    commander.contact_methods.update(active=False)
    made.save()
    return made


def states():
    return list(Page.objects.order_by("pk").values_list("state", flat=True))


SENT, PENDING, SENDING = Page.State.SENT, Page.State.PENDING, Page.State.SENDING


def test_each_page_is_sent_once_and_keeps_its_attempt(commander, internal, receiver):
    place = hook(commander, internal)
    pages(3)
    together()
    assert {headers["webhook-id"] for _path, headers, _body in receiver.got} == set(
        Page.objects.values_list("key", flat=True)
    )
    for page in Page.objects.all():
        attempt = page.tries.get()
        assert (page.state, page.attempts, page.answer) == (SENT, 1, "answered 204")
        assert (attempt.number, attempt.answer) == (1, "answered 204")
        assert attempt.started_at <= attempt.ended_at == page.sent_at
    place.refresh_from_db()
    assert place.last_success_at
    assert not Due.objects.waiting().exists()


def test_one_that_is_not_taken_is_tried_again(commander, monkeypatch):
    first, bad, last = pages(3)
    send = channels.send

    def refuse(method, message):
        if message.key == bad.key:
            raise channels.NotSent("answered 500")
        return send(method, message)

    monkeypatch.setattr(channels, "send", refuse)
    together()
    assert states() == [SENT, SENDING, SENT]
    assert bad.tries.get().answer == "answered 500"
    assert Due.objects.waiting().get().state == Due.State.SCHEDULED
    commander.contact_methods.get().refresh_from_db()
    assert PageAttempt.objects.filter(ended_at=None).count() == 0


@pytest.fixture
def alone(monkeypatch):
    """Pages that were sent by themselves, while whoever sent them waited."""
    sent, send = [], sending.send_page

    def noting(page_pk):
        sent.append(page_pk)
        return send(page_pk)

    monkeypatch.setattr(sending, "send_page", noting)
    return sent


def test_one_that_is_tried_again_is_waited_for_no_more_than_the_first_time(
    commander, monkeypatch, alone
):
    def refuse(*_):
        raise channels.NotSent("answered 500")

    pages(1)
    with monkeypatch.context() as refused:
        refused.setattr(channels, "send", refuse)
        together()
    Due.objects.waiting().update(due_at=timezone.now())
    together()
    assert (states(), alone) == ([SENT], [])
    assert Page.objects.get().tries.count() == 2


def test_what_is_due_says_what_carries_it_outside(commander):
    page = pages(1)[0]
    assert Due.objects.waiting().get(kind=sending.SEND).payload["way"] == page.method


def test_a_word_about_a_page_is_waited_for_no_more_than_the_page(commander, alone):
    first = pages(1)[0]
    together()
    ways = {"method": first.method, "contact": first.contact, "person": first.person}
    told = Page(escalation=first.escalation, key="told", purpose=Page.Purpose.ACK, step=0, **ways)
    told.about = first
    with transaction.atomic():
        queueing.put(told)
    together()
    assert (states(), alone) == ([SENT, SENT], [])


def test_two_words_about_one_page_do_not_go_at_once(commander):
    first = pages(1)[0]
    together()
    ways = {"method": first.method, "contact": first.contact, "person": first.person}
    told = [
        Page(escalation=first.escalation, key=purpose, purpose=purpose, step=0, about=first, **ways)
        for purpose in (Page.Purpose.ACK, Page.Purpose.OVER)
    ]
    with transaction.atomic():
        for word in told:
            queueing.put(word)
    payloads = [queueing.named(page) for page in Page.objects.filter(about=first).order_by("pk")]
    begun = sending.CONVOY.begin(payloads)
    assert [each is not None for each in begun] == [True, False]


def test_a_page_to_nobody_fails_at_once_and_the_others_go(commander, monkeypatch):
    first, gone = pages(2)
    send = channels.send

    def bounce(method, message):
        if message.key == gone.key:
            raise channels.Bounced("mail server: 550, not taken")
        return send(method, message)

    monkeypatch.setattr(channels, "send", bounce)
    together()
    assert states() == [SENT, Page.State.FAILED]
    assert Due.objects.waiting().get().kind == sending.ELSEWHERE


def test_an_address_that_cannot_be_opened_costs_the_others_nothing(commander, monkeypatch):
    unreadable, _other = pages(2)
    message = sending.wording.message

    def word(page):
        if page.pk == unreadable.pk:
            raise vault.Unreadable("sealed with a key that is missing")
        return message(page)

    monkeypatch.setattr(sending.wording, "message", word)
    together()
    assert states() == [SENDING, SENT]
    assert unreadable.tries.get().answer == "sealed with a key that is missing"


def test_more_than_a_person_may_get_in_a_minute_wait(commander, monkeypatch):
    monkeypatch.setattr(crowding, "most_a_minute", lambda: 2)
    pages(3)
    together()
    assert states() == [SENT, SENT, PENDING]
    waits = Page.objects.get(state=PENDING)
    assert (waits.attempts, waits.tries.count()) == (0, 0)
    assert waits.held_until > timezone.now()
    assert Due.objects.waiting().get().due_at == waits.held_until


def test_those_of_the_minute_before_count_too(commander, monkeypatch):
    monkeypatch.setattr(crowding, "most_a_minute", lambda: 2)
    pages(1)
    together()
    pages(2)
    together()
    assert states() == [SENT, SENT, PENDING]


@pytest.mark.parametrize("level", [Sev.SEV1, Sev.SEV2])
def test_an_attempt_keeps_whom_it_counts_for_where_that_has_a_bound(commander, monkeypatch, level):
    def refuse(*_):
        raise channels.NotSent("answered 500")

    monkeypatch.setattr(channels, "send", refuse)
    pages(1, level)
    together()
    Due.objects.waiting().update(due_at=timezone.now())
    together()
    kept = PageAttempt.objects.order_by("number").values_list("counts_for", flat=True)
    # What is tried again is no further page.
    assert list(kept) == [commander.pk if level > Sev.SEV1 else None, None]


def test_grave_pages_of_this_minute_leave_the_milder_ones_their_room(commander, monkeypatch):
    monkeypatch.setattr(crowding, "most_a_minute", lambda: 1)
    pages(3, Sev.SEV1)
    together()
    pages(1)
    together()
    assert states() == [SENT] * 4


def test_grave_pages_wait_for_no_minute(commander, monkeypatch):
    monkeypatch.setattr(crowding, "most_a_minute", lambda: 1)
    pages(3, Sev.SEV1)
    together()
    assert states() == [SENT] * 3


def test_what_is_not_needed_any_more_is_not_sent(commander, mailoutbox):
    dropped, _other = pages(2)
    Page.objects.filter(pk=dropped.pk).update(state=Page.State.DROPPED)
    together()
    assert states() == [Page.State.DROPPED, SENT]
    assert len(mailoutbox) == 1
    assert not Due.objects.waiting().exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_page_that_somebody_holds(commander):
    held, free = pages(2)

    def hold():
        Page.objects.select_for_update().get(pk=held.pk)

    def begin():
        begun = sending.CONVOY.begin([{"page": held.pk}, {"page": free.pk}])
        return [each is not None for each in begun]

    assert before_it_commits(hold, begin)[1] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_to_write_what_became_of_a_page_that_somebody_holds(commander):
    held, free = pages(2)
    begun = sending.CONVOY.begin([{"page": held.pk}, {"page": free.pk}])
    came = [(each, "taken") for each in begun]

    def hold():
        Page.objects.select_for_update().get(pk=held.pk)

    write = transaction.atomic(lambda: sending.CONVOY.write(came))
    assert before_it_commits(hold, write)[1] == [False, True]
    assert states() == [SENDING, SENT]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_to_note_that_a_way_works_while_somebody_holds_it(commander):
    pages(1)
    way = commander.contact_methods.get()
    [begun] = sending.CONVOY.begin([{"page": Page.objects.get().pk}])

    def hold():
        ContactMethod.objects.select_for_update().get(pk=way.pk)

    write = transaction.atomic(lambda: sending.CONVOY.write([(begun, "taken")]))
    assert before_it_commits(hold, write)[1] == [True]
    way.refresh_from_db()
    assert (states(), way.last_success_at) == ([SENT], None)


@pytest.mark.parametrize("level", [Sev.SEV1, Sev.SEV2])
def test_ten_pages_ask_no_more_than_this(commander, internal, monkeypatch, level):
    # All in one statement, however long the machine takes for the calls.
    monkeypatch.setattr(travelling, "BESIDE", 10.0)
    hook(commander, internal)
    pages(10, level)
    claimed = [(claim.pk, claim.token) for claim in clockwork.claim()]
    with CaptureQueriesContext(connection) as queries:
        bundles.run(sending.SEND, claimed)
    asked = [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]
    assert set(states()) == {SENT}
    assert len(asked) <= TEN_PAGES + (2 if level > Sev.SEV1 else 0)


# Exact: whoever adds a question to what thousands ask in one minute sees it here.
TEN_PAGES = 7
