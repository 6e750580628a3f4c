"""What a program's responders read without being let in: where it says so, and no worse."""

import pytest
from django.contrib.auth.models import Group

from accounts.functions import Function
from incidents import breadth, judgement, merging
from incidents.models import Incident, TimelineEntry
from incidents.weighing import Answered
from programs import breadth as of_program
from programs.breadth import Responder
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make.officer()


@pytest.fixture
def responder():
    return make.user()


@pytest.fixture
def program(officer, responder):
    """A program whose responders read its incidents."""
    made = make.program(participants=50)
    of_program.add(made, Responder(responder, None), reason="On the rota.", actor=officer)
    return of_program.choose(made, responders_read=True, reason="Small team.", actor=officer)


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


def test_responders_read_what_their_program_opens_and_nobody_else_does(program, responder):
    incident = make.incident(Sev.SEV3, program=program)
    assert not incident.restricted
    assert make.sees(responder, incident)
    assert not make.sees(make.user(), incident)
    assert not make.sees(responder, make.incident(Sev.SEV3))


def test_a_program_opens_nothing_unless_it_says_so(officer, responder):
    program = make.program(participants=50)
    of_program.add(program, Responder(responder, None), reason="On the rota.", actor=officer)
    incident = make.incident(Sev.SEV3, program=program)
    assert incident.restricted
    assert not make.sees(responder, incident)


def test_a_team_responds_as_a_whole(program, officer):
    team, member = Group.objects.create(name="Night shift"), make.user()
    member.groups.add(team)
    of_program.add(program, Responder(None, team), reason="At night.", actor=officer)
    incident = make.incident(Sev.SEV3, program=program)
    assert make.sees(member, incident)
    of_program.end(program, Responder(None, team), reason="Not any more.", actor=officer)
    assert not make.sees(member, incident)


def test_the_worst_is_read_by_need_alone_from_the_start_or_once_it_is(program, responder, officer):
    incident = make.incident(Sev.SEV3, program=program)
    make.judged(incident, Sev.SEV1)
    assert fresh(incident).restricted
    assert not make.sees(responder, incident)
    large = of_program.choose(make.program(), responders_read=True, reason="Say.", actor=officer)
    assert make.incident(Sev.SEV1, program=large).restricted
    assert not make.incident(Sev.SEV2, program=large).restricted


def test_one_that_concerns_another_program_after_all_is_restricted(program, responder, officer):
    incident = make.incident(Sev.SEV3, program=program)
    other = make.program(participants=50)
    of_program.add(other, Responder(responder, None), reason="On the rota.", actor=officer)
    again = Answered(
        program=other, dataset=None, audience=incident.audience, still_open=incident.still_open
    )
    judgement.answer_again(incident, again, actor=officer)
    assert fresh(incident).restricted
    assert not make.sees(responder, incident)


def test_who_manages_it_restricts_it_and_opens_it_again_with_a_reason(program, responder, officer):
    incident = make.incident(Sev.SEV3, program=program)
    breadth.choose(incident, restricted=True, reason="A colleague did it.", actor=officer)
    assert not make.sees(responder, incident)
    told = incident.timeline.filter(kind=TimelineEntry.Kind.ACCESS).first().text
    assert told == "Only who is let in reads this now. A colleague did it."
    breadth.choose(incident, restricted=False, reason="It was none.", actor=officer)
    assert make.sees(responder, incident)
    assert incident.history.first().history_user == officer.user


@pytest.mark.parametrize("reason", [" ", "x" * 501])
def test_it_needs_a_reason(program, officer, reason):
    incident = make.incident(Sev.SEV3, program=program)
    with pytest.raises(breadth.Refused, match="reason: say why"):
        breadth.choose(incident, restricted=True, reason=reason, actor=officer)


def test_it_is_for_who_manages_it_and_nothing_is_opened_that_must_not_be(
    program, responder, officer
):
    incident = make.incident(Sev.SEV3, program=program)
    with pytest.raises(breadth.Refused, match="Only who manages"):
        breadth.choose(incident, restricted=True, reason="No.", actor=make.actor(responder))
    for closed in (make.incident(Sev.SEV3), make.judged(incident, Sev.SEV1)):
        with pytest.raises(breadth.Refused, match="restricted: responders read it only if"):
            breadth.choose(closed, restricted=False, reason="Please.", actor=officer)
        assert fresh(closed).restricted


def test_what_was_open_is_restricted_once_the_program_says_no_in_parts(
    program, responder, officer, engine, monkeypatch
):
    monkeypatch.setattr(breadth, "PART", 2)
    for _ in range(2):
        program.refresh_from_db()
        opened = [make.incident(Sev.SEV3, program=program) for _ in range(3)]
        assert all(make.sees(responder, each) for each in opened)
        of_program.choose(program, responders_read=False, reason="Too wide.", actor=officer)
        # At once, whether or not an engine runs.
        assert not any(make.sees(responder, each) for each in opened)
        engine.work()
        assert not any(make.sees(responder, each) for each in opened)
        of_program.choose(program, responders_read=True, reason="After all.", actor=officer)
        engine.work()
        assert not any(make.sees(responder, each) for each in opened)


def test_what_takes_in_a_restricted_one_is_restricted(program, responder, officer):
    chief = make.actor(make.user(Function.COMMANDER))
    opened, hidden = (make.incident(Sev.SEV3, program=program) for _ in range(2))
    hidden = breadth.choose(hidden, restricted=True, reason="A colleague.", actor=officer)
    merging.merge(hidden, opened, reason="The same.", actor=chief)
    assert not make.sees(responder, opened)
