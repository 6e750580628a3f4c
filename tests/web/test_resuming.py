"""The page on which people ask and agree that a program goes on, and its stages."""

import re

import pytest

from accounts.functions import Function
from audit.models import Entry
from incidents import roles
from incidents.models import Role
from programs import answering, pauses, resuming
from programs.models import Program, ResumeRequest, State
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def path(program, ending=""):
    return f"/programs/{program.slug}/{ending}"


def paused(**fields):
    program = make.program(**fields)
    pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner))
    program.refresh_from_db()
    return program


@pytest.fixture
def program():
    return paused()


def answers(program, **changed):
    """The fields of the form, all of them answered but for what is changed."""
    sent = {"reason": "Grants removed and checked."}
    sent["holds"] = [hold.pk for hold in program.pauses.in_force()]
    for each in answering.current():
        sent |= {f"{each.id}-state": "met", f"{each.id}-note": f"Shown for {each.id}."}
    return sent | changed


def person(*functions):
    return reader(*functions).signs_in()


def asked(program):
    """Whoever asked by the page, and the request."""
    asks = person(Function.RESPONDER)
    answer = asks.post(path(program, "resume/"), **answers(program))
    assert answer.status_code == 302
    return asks, program.resume_requests.get()


def agree(who, program, request, **fields):
    sent = {"request": request.pk, "read": resuming.digest(request)} | fields
    return who.post(path(program, "resume/approve/"), **sent)


def state(program):
    return Program.objects.get(pk=program.pk).state


def test_two_people_of_two_functions_let_it_go_on(program):
    _asks, request = asked(program)
    first = person(Function.LEGAL)
    agree(first, program, request)
    assert state(program) == State.PAUSED
    page = first.reads(path(program, "resume/"))
    assert "1 of 2 has agreed" in page
    assert "Legal counsel" in page
    assert "counts until" in page
    agree(person(Function.SECURITY), program, request)
    assert state(program) == State.COLLECTING


def test_whoever_agrees_reads_each_criterion_and_its_answer(program):
    asked(program)
    page = reader(Function.SECURITY).reads(path(program, "resume/"))
    for each in answering.current():
        assert each.question in page
        assert f"Shown for {each.id}." in page
    assert "Agree that it goes on" in page
    assert "Agree that it goes on" not in reader(Function.AUDITOR).reads(path(program, "resume/"))


def test_who_did_not_open_the_page_or_saw_another_does_not_agree(program):
    _asks, request = asked(program)
    for read in ("", "x" * 32):
        answer = agree(person(Function.LEGAL), program, request, read=read)
        assert answer.status_code == 409
        assert "read the criteria again" in words(answer)
    assert not request.approvals.exists()


def test_who_asks_and_who_owns_do_not_agree():
    owner = person(Function.PROGRAM_OWNER, Function.LEGAL)
    program = paused(owner=owner.person)
    asks, request = asked(program)
    for one in (asks, owner):
        answer = agree(one, program, request)
        assert answer.status_code == 409
        assert "cannot approve its resumption" in words(answer)
    assert "Agree that it goes on" not in asks.reads(path(program, "resume/"))


def test_the_commander_of_the_incident_does_not_agree():
    incident = make.incident(Sev.SEV2)
    program = incident.program
    commander = person(Function.COMMANDER)
    give = {"person": commander.person, "actor": make.actor(commander.person)}
    roles.give(incident, Role.COMMANDER, **give)
    _asks, request = asked(program)
    assert agree(commander, program, request).status_code == 409
    assert program.resume_requests.get().state == ResumeRequest.State.OPEN


def test_with_a_criterion_unanswered_nothing_is_sent_and_what_was_written_stays(program):
    asks = person(Function.RESPONDER)
    sent = answers(program, **{"logs-note": "", "cause-note": "Share closed at 14:10."})
    answer = asks.post(path(program, "resume/"), **sent)
    assert answer.status_code == 409
    assert "Say in the note what shows it" in words(answer)
    assert "Share closed at 14:10." in words(answer)
    del sent["models-state"]
    assert asks.post(path(program, "resume/"), **sent).status_code == 422
    unsaid = answers(program, reason="")
    assert asks.post(path(program, "resume/"), **unsaid).status_code == 422
    assert not program.resume_requests.exists()


def test_a_request_is_made_once(program):
    asks, _request = asked(program)
    answer = asks.post(path(program, "resume/"), **answers(program))
    assert answer.status_code == 409
    assert "open request" in words(answer)


def test_only_the_pauses_that_are_ticked_are_asked_for(program):
    other = pauses.pause(program, holder="INC-7", label="Heron", reason="r", actor=make.SYSTEM)
    asks = person(Function.RESPONDER)
    assert "Heron" in asks.reads(path(program, "resume/"))
    asks.post(path(program, "resume/"), **answers(program, holds=[other.pk]))
    assert program.resume_requests.get().holds.get() == other


@pytest.mark.parametrize("sent", ["", "x", "0", "99999999999999999999"])
def test_a_request_that_is_none_is_missing(program, sent):
    officer = person(Function.PRIVACY_OFFICER)
    for act in ("approve", "withdraw"):
        answer = officer.post(path(program, f"resume/{act}/"), request=sent)
        assert answer.status_code == 404


def test_a_request_of_another_program_is_missing(program):
    _asks, request = asked(paused())
    assert agree(person(Function.LEGAL), program, request).status_code == 404


def test_the_criteria_are_for_those_who_handle_what_programs_do(program):
    asked(program)
    assert reader().get(path(program, "resume/")).status_code == 403
    assert "Shown for" not in reader().reads(path(program))
    assert person().post(path(program, "resume/"), **answers(program)).status_code == 403
    assert person(Function.HR).get(path(program, "resume/")).status_code == 200


def test_whoever_may_not_ask_is_offered_no_form(program):
    page = reader(Function.HR).get(path(program, "resume/"))
    assert b"<form class" not in page.content
    assert "nothing that you could ask" in words(page)


def test_a_request_can_be_taken_back_or_sent_back(program):
    for sends_back in (False, True):
        asks = person(Function.RESPONDER)
        asks.post(path(program, "resume/"), **answers(program))
        request = program.resume_requests.get(state=ResumeRequest.State.OPEN)
        taken = {"request": request.pk}
        stranger = person(Function.AUDITOR).post(path(program, "resume/withdraw/"), **taken)
        assert stranger.status_code == 403
        who = person(Function.LEGAL) if sends_back else asks
        who.post(path(program, "resume/withdraw/"), **taken)
        request.refresh_from_db()
        assert request.state == ResumeRequest.State.WITHDRAWN


def staged():
    """A program of which one collector may go on, and who let it."""
    program = make.program()
    for _ in range(30):
        make.collector(program)
    pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner))
    _asks, request = asked(program)
    counsel, officer = person(Function.LEGAL), person(Function.SECURITY)
    agree(counsel, program, request), agree(officer, program, request)
    return program, counsel


def test_its_page_says_how_many_collect_and_leads_to_the_next_stage():
    program, counsel = staged()
    assert state(program) == State.RESUMING
    page = counsel.reads(path(program))
    assert "1 of 30 collectors may collect" in page
    assert "Go on to 3 of 30" in page
    seen = button(counsel, program)
    counsel.post(path(program, "resume/further/"), **seen)
    assert "3 of 30 collectors may collect" in counsel.reads(path(program))
    answer = counsel.post(path(program, "resume/further/"), **seen)
    assert "went further meanwhile" in words(answer)
    counsel.post(path(program, "resume/further/"), **button(counsel, program))
    assert state(program) == State.COLLECTING


def button(reader, program):
    """What the button for the next stage sends."""
    page = reader.client.get(path(program)).content.decode()
    seats = re.search(r'name="open_seats"\s+value="(\d+)"', page)
    assert seats
    return {"open_seats": seats[1]}


def test_why_it_should_go_on_is_for_who_may_judge_it(program):
    asked(program)
    assert "Grants removed and checked." in reader(Function.LEGAL).reads(path(program))
    page = reader().reads(path(program))
    assert "asks that it may go on" in page
    assert "Grants removed and checked." not in page


def test_the_next_stage_is_for_who_agreed_or_runs_it():
    program, _counsel = staged()
    for who in (person(Function.OPERATOR), person()):
        assert who.post(path(program, "resume/further/")).status_code == 403
        assert "Go on to" not in who.reads(path(program))
    assert "collectors may collect" not in reader().reads(path(program))


def test_what_is_grave_needs_a_sign_in_of_the_last_ten_minutes(program):
    _asks, request = asked(program)
    late = reader(Function.LEGAL).signs_in(minutes_ago=11)
    late.person.set_password(PASSWORD)
    late.person.save()
    late.client.force_login(late.person)
    late.signs_in(minutes_ago=11)
    answer = agree(late, program, request)
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not request.approvals.exists()
    agree(late.signs_in(minutes_ago=9), program, request)
    assert request.approvals.count() == 1


def test_what_was_sent_is_carried_out_once_it_is_known_who_sent_it(program):
    asks = reader(Function.RESPONDER)
    asks.person.set_password(PASSWORD)
    asks.person.save()
    asks.client.force_login(asks.person)
    answer = asks.post(path(program, "resume/"), **answers(program))
    assert not program.resume_requests.exists()
    confirmed = asks.client.post(answer["Location"], {"password": PASSWORD})
    assert confirmed["Location"] == path(program)
    assert program.resume_requests.get().reason == "Grants removed and checked."
    assert Entry.objects.filter(action="program.resume_requested").count() == 1


def test_who_signs_in_elsewhere_is_told_to_sign_in_anew(program):
    _asks, request = asked(program)
    elsewhere = reader(Function.LEGAL)
    answer = agree(elsewhere, program, request)
    assert answer.status_code == 403
    assert "sign out and in again" in words(answer)
