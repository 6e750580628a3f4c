"""The log of deliveries: each attempt with its answer, nothing left out, and one more on demand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from incidents.models import Incident
from notifications import anew, channels, deliveries, paging, summoning, working
from notifications.deliveries import Wanted
from notifications.models import Page, PageAttempt
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller
from tests.web.conftest import Reader, let_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(commander, engine):
    made = make.incident(Sev.SEV2)
    engine.work()
    return made


def log(incident):
    return f"/incidents/{incident.ref}/deliveries/"


def lost(page):
    """An attempt whose process was killed in the middle."""
    began = timezone.now() - timedelta(minutes=1)
    return PageAttempt.objects.create(page=page, number=9, started_at=began)


def test_the_incident_shows_each_attempt_with_its_answer_and_a_hint_of_where(incident, commander):
    read = Reader(commander).reads(log(incident))
    assert "p…@demo.example" in read
    assert "attempt 1" in read
    assert "taken by the mail server" in read
    assert commander.email not in read
    assert "attempt 1" in Reader(commander).reads(f"/incidents/{incident.ref}/")


def test_an_attempt_without_an_end_is_sent_maybe_twice_and_never_nothing(incident, commander):
    lost(Page.objects.get(person=commander))
    for path in (log(incident), f"/incidents/{incident.ref}/", f"{log(incident)}?state=maybe"):
        read = Reader(commander).reads(path)
        assert "Sent, maybe twice" in read
        assert "begun, no end noted" in read


def test_the_log_is_filtered_by_person_method_state_and_day_and_paged_by_key(
    incident, commander, monkeypatch
):
    other = make.user(*commander.functions, first_name="Bo", last_name="Lim")
    page = Page.objects.get(person=commander)
    Page.objects.create(
        escalation=page.escalation, person=other, step=1, method="webhook", key="b", hint="h"
    )

    def people(**wanted):
        found = deliveries.of_incident(incident, Wanted(**wanted))
        return [line.page.person for line in found.lines]

    assert people() == [other, commander]
    assert people(person="lim BO") == [other]
    assert people(method="email") == [commander]
    assert people(state="sent") == [commander]
    assert people(state="delayed") == []
    assert people(state="unsent") == [other]
    assert people(day=timezone.now().date() - timedelta(days=2)) == []
    monkeypatch.setattr(deliveries, "PER_PAGE", 1)
    first = deliveries.of_incident(incident, Wanted())
    assert people(before=first.before) == [commander]
    assert deliveries.of_incident(incident, Wanted(before=first.before)).before is None


@pytest.mark.parametrize("query", ["?before=-1", "?day=x", "?state=x&person=%00", "?before=9e99"])
def test_an_odd_filter_is_no_defect(incident, commander, query):
    assert Reader(commander).get(log(incident) + query).status_code == 200


def test_a_page_is_sent_again_under_a_key_of_its_own_and_recorded(
    incident, commander, engine, mailoutbox
):
    page = Page.objects.get(person=commander)
    reader = Reader(commander)
    reader.post(f"{log(incident)}{page.pk}/resend/")
    engine.work()
    again = Page.objects.exclude(pk=page.pk).get(person=commander, purpose="by_hand")
    assert again.state == Page.State.SENT
    assert again.key != page.key
    assert [mail.to for mail in mailoutbox].count([commander.email]) == 2
    assert Entry.objects.filter(action="page.resent", stream=f"incident:{incident.pk}").exists()
    assert incident.timeline.filter(text__contains="again, as Ada Obi asked").exists()


def test_what_is_over_is_sent_to_nobody_again(incident, commander):
    Incident.objects.filter(pk=incident.pk).update(status="dismissed")
    with pytest.raises(anew.Refused, match="nothing to answer"):
        anew.resend(Page.objects.first(), actor=make.actor(commander))


def test_who_may_only_contribute_sends_nothing_again(incident):
    reader = let_in(incident, "contribute")
    page = Page.objects.first()
    assert reader.post(f"{log(incident)}{page.pk}/resend/").status_code == 403
    other = make.incident(Sev.SEV3)
    assert reader.post(f"{log(other)}{page.pk}/resend/").status_code == 404


def test_operators_read_all_deliveries_by_codename_and_nothing_else_of_the_incident(
    incident, commander
):
    operator = Reader(make.user(Function.OPERATOR))
    answer = operator.get("/deliveries/")
    assert incident.codename in answer.content.decode()
    assert incident.title not in answer.content.decode()
    assert f"/incidents/{incident.ref}/" not in answer.content.decode()
    assert "Ada Obi" in operator.reads("/deliveries/")
    assert Reader(commander).get("/deliveries/").status_code == 403


def test_a_person_whose_row_is_broken_does_not_keep_others_from_being_paged(
    commander, engine, monkeypatch
):
    other = make.user(*commander.functions)
    commander.zone = "Nowhere/At_all"
    commander.save()
    send = channels.send
    monkeypatch.setattr(channels, "send", lambda m, message: send(m, message))
    paging.open_for(make.incident(Sev.SEV2).pk)
    engine.work()
    assert set(Page.objects.values_list("person", flat=True)) >= {commander.pk, other.pk}


def test_the_log_costs_as_much_for_many_as_for_one(
    incident, commander, django_assert_max_num_queries
):
    page = Page.objects.get(person=commander)
    for number in range(10):
        made = Page.objects.create(
            escalation=page.escalation, person=make.user(), step=1, method="email", key=f"k{number}"
        )
        lost(made)
    with django_assert_max_num_queries(3):
        assert len(deliveries.of_incident(incident, Wanted()).lines) == 11


def test_whoever_may_answer_a_stop_may_have_a_page_of_it_sent_again(policy, engine):
    program = make.program()
    make.lease(make.collector(program))
    order = pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner)).order
    engine.work()
    engine.forward(seconds=14)
    page = Page.objects.get(person=program.owner)
    path = f"/programs/{program.slug}/stops/{order.generation}/deliveries/"
    again = f"{path}{page.pk}/resend/"
    assert again in Reader(program.owner).get(path).content.decode()
    Reader(program.owner).post(again)
    engine.work()
    assert list(page.escalation.pages.values_list("state", flat=True)) == [Page.State.SENT] * 2
    assert Reader(make.user()).post(again).status_code in (403, 404)
    other = Page.objects.get(pk=page.pk)
    assert Reader(program.owner).post(f"{path}{other.pk + 99}/resend/").status_code == 404


def again(incident, person):
    page = Page.objects.filter(escalation__incident=incident, person=person).order_by("pk").first()
    anew.resend(page, actor=make.SYSTEM)
    return Page.objects.filter(person=person).latest("pk")


def test_what_takes_no_answer_any_more_is_not_sent_again(incident, commander, engine):
    paging.acknowledge(incident, actor=make.actor(commander))
    with pytest.raises(anew.Refused, match="answered already by Ada Obi"):
        again(incident, commander)
    make.judged(incident, Sev.SEV1)
    engine.work()
    with pytest.raises(anew.Refused, match="answered already"):
        again(incident, commander)


def test_a_page_of_a_run_that_another_took_the_place_of_is_not_sent_again(
    incident, commander, engine
):
    make.judged(incident, Sev.SEV1)
    engine.work()
    with pytest.raises(anew.Refused, match="newer pages say so"):
        again(incident, commander)


def test_who_answered_before_all_were_paged_anew_can_be_sent_a_page_again(
    incident, commander, engine
):
    by = make.actor(commander)
    paging.acknowledge(incident, actor=by)
    summoning.escalate(incident, reason="I cannot.", actor=by)
    engine.work()
    assert again(incident, commander).purpose == Page.Purpose.BY_HAND


def test_a_page_that_is_sent_again_goes_where_its_person_is_now_and_says_so(incident, commander):
    commander.email = "new@other.example"
    commander.save()
    assert again(incident, commander).hint == "n…@other.example"
    working.bounced(commander, None)
    with pytest.raises(anew.Refused, match="is not reached there any more"):
        again(incident, commander)


def test_operators_read_all_by_api_and_of_what_is_hidden_the_codename_alone(incident, commander):
    caller = Caller(make.user(Function.OPERATOR))
    said = caller.get("/deliveries?state=sent").json()
    (line,) = said["deliveries"]
    assert (line["about"], line["incident"]) == (incident.codename, None)
    assert line["page"]["person"] == commander.name
    assert line["page"]["tries"][0]["answer"] == "taken by the mail server"
    assert said["before"] is None
    assert commander.email not in str(said)
    assert caller.get("/deliveries?method=teams").json()["deliveries"] == []
    days = ("day=x", "day=9999-12-31", "day=0001-01-01")
    for query in ("method=x", "state=x", *days, "before=0", "person=%00"):
        assert caller.get(f"/deliveries?{query}").status_code == 422, query
    assert Caller(commander).get("/deliveries").status_code == 403
