"""The story of an incident for those who lead: in levels of redaction, and as it stood before."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.utils import timezone

from accounts.functions import Function
from incidents import briefs, exposures, lifecycle, retelling, timeline
from incidents.briefs import Redaction
from incidents.models import Status, TimelineEntry
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url
from tests.web.numbers import unlinked

pytestmark = pytest.mark.django_db
Audience = TimelineEntry.Audience


@pytest.fixture
def incident():
    return make.active(Sev.SEV2, title="Zulu ledger of Zara Quill")


@pytest.fixture
def zara(incident):
    return let_in(incident, "contribute", username="zara.q", first_name="Zara", last_name="Quill")


def say(incident, who, text, audience=Audience.LEADERSHIP):
    return timeline.write(incident, "update", text, actor=make.actor(who.person), audience=audience)


def told(who, incident, redaction=Redaction.LEADERSHIP, at=None):
    return retelling.of(who.person, incident, redaction=redaction, at=at, now=timezone.now())


def test_leadership_reads_duties_instead_of_names(incident, zara):
    say(incident, zara, "Zara Quill closed the share.")
    say(incident, zara, "Only for us.", Audience.RESPONDERS)
    page = let_in(incident, "view").reads(url(incident, "brief/"))
    assert "[removed] closed the share." in page
    assert "Somebody" in page
    assert "Zara" not in page.partition("As of (UTC)")[2]
    assert "Only for us." not in page


def test_all_of_it_is_told_to_who_may_read_it(incident, zara):
    say(incident, zara, "Only for us.", Audience.RESPONDERS)
    path = url(incident, "brief/?redaction=whole")
    assert "Only for us." in zara.reads(path)
    assert "Only for us." not in let_in(incident, "view").reads(path)


def test_outside_nothing_names_it_and_no_day_is_told(incident, zara):
    say(incident, zara, "Keys of Zara Quill, 18 June.", Audience.TOLD)
    say(incident, zara, "For leadership.")
    found = told(zara, incident, Redaction.OUTSIDE)
    assert (found.title, found.program, found.reported) == ("An exposure of data", "", None)
    assert [line.text for line in found.told] == ["Keys of [removed], [removed]."]
    assert found.told[0].at is None
    assert all(each.path is None and each.ordered is None for each in found.stops)
    assert all(each.due is None for each in found.duties)


def test_what_stopped_is_told_with_its_proof(incident, zara):
    [stop] = told(zara, incident).stops
    assert stop.program == incident.program.name
    assert stop.ordered
    page = zara.reads(url(incident, "brief/"))
    assert "What stopped, and the proof" in page
    assert stop.proof in page


def test_what_was_exposed_is_told(incident, zara):
    said = exposures.Said(what="Keys", people_known=1200)
    exposures.add(incident, said, actor=make.actor(zara.person))
    [found] = told(zara, incident).exposed
    assert (found.people[1], found.is_open) == (1200, True)
    assert "1,200 people" in zara.reads(url(incident, "brief/"))


def test_numbers_lead_to_what_is_behind_them_and_for_people_outside_nowhere(incident, zara):
    since = timezone.now() - timedelta(hours=30)
    said = exposures.Said(what="Keys", people_min=1200, since=since)
    exposures.add(incident, said, actor=make.actor(zara.person))
    lifecycle.move(incident, Status.CONTAINED, actor=make.officer(), exception="Looked.")
    answer = zara.get(url(incident, "brief/"))
    bare = {
        "h1": "the name of the incident",
        ".sev": "its level",
        "time": "a moment",
        "p": "what somebody wrote",
        "strong": "the title of an article of law",
        f"={incident.program}": "the name of a program",
    }
    assert unlinked(answer, bare) == []
    page = answer.content.decode().partition("<main")[2]
    links = re.findall(rf'href="({url(incident)}(?:exposures|timeline)/[^"]*)"', page)
    assert len(links) >= 4
    assert {zara.get(unescape(link)).status_code for link in links} == {200}
    outside = zara.get(url(incident, "brief/?redaction=outside")).content.decode()
    told = outside.partition('class="card slide"')[2].partition("</main")[0]
    assert "at least 1,200 people" in " ".join(told.split())
    assert "<a " not in told


def test_the_story_of_a_past_moment_is_what_stood_there(incident, zara):
    began = timezone.now()
    with time_machine.travel(began + timedelta(hours=1), tick=True):
        said = exposures.Said(what="Keys")
        exposures.add(incident, said, actor=make.actor(zara.person))
    with time_machine.travel(began + timedelta(hours=2), tick=True):
        entry = say(incident, zara, "It was open.")
    with time_machine.travel(began + timedelta(hours=3), tick=True):
        timeline.correct(entry, text="It was shut.", actor=make.actor(zara.person))
        lifecycle.move(incident, Status.CONTAINED, actor=make.officer(), exception="Looked.")
    with time_machine.travel(began + timedelta(hours=4), tick=True):
        incident.refresh_from_db()
        now = told(zara, incident)
        assert now.status == "Contained"
        then = told(zara, incident, at=began + timedelta(hours=2, minutes=30))
        assert (then.status, then.lengths["contain"]) == ("Active", None)
        assert "It was open." in [line.text for line in then.told]
        assert "It was shut." in [line.text for line in now.told]
        early = told(zara, incident, at=began + timedelta(minutes=30))
        assert (len(early.exposed), len(then.exposed)) == (0, 1)
        assert "It was open." not in [line.text for line in early.told]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2001-01-01T00:00", "before nothing was known"),
        ("2999-01-01T00:00", "has not come yet"),
        ("yesterday", "at: a moment such as"),
        ("9999-12-31T23:59-23:00", "at: a moment such as"),
        ("0001-01-01T00:00%2B23:00", "at: a moment such as"),
    ],
)
def test_a_moment_that_has_no_story_is_refused_with_a_sentence(incident, zara, at, said):
    answer = zara.get(url(incident, f"brief/?at={at}"))
    assert (answer.status_code, answer.content.count(b"<h1")) == (422, 1)
    assert said in zara.reads(url(incident, f"brief/?at={at}"))


def test_an_unknown_redaction_is_refused_and_shows_no_more_than_that_for_leadership(incident, zara):
    say(incident, zara, "Only for us.", Audience.RESPONDERS)
    answer = zara.get(url(incident, "brief/?redaction=everything"))
    assert answer.status_code == 422
    assert "Only for us." not in answer.content.decode()


def test_who_may_not_see_the_incident_reads_no_story(incident):
    assert reader(Function.OPERATOR).get(url(incident, "brief/")).status_code == 404
    assert reader(Function.OPERATOR).get(url(incident, "brief/compare/")).status_code == 404


def test_two_incidents_stand_beside_each_other(incident):
    leader = reader(Function.EXECUTIVE)
    other = make.incident(Sev.SEV1, program=incident.program)
    page = leader.reads(url(incident, f"brief/compare/?other={other.ref}"))
    assert other.ref in page
    assert "SEV 1" in page
    assert "People concerned" in page


def test_hidden_and_missing_are_refused_alike_beside_another(incident, zara):
    hidden = make.incident(Sev.SEV3)
    pages = [
        zara.get(url(incident, f"brief/compare/?other={ref}"))
        for ref in (hidden.ref, "INC-999999", "nonsense")
    ]
    assert {page.status_code for page in pages} == {422}
    assert all(b"no incident of this number that you may read" in page.content for page in pages)


def test_nothing_stands_beside_itself(incident, zara):
    answer = zara.get(url(incident, f"brief/compare/?other={incident.ref}"))
    assert answer.status_code == 422
    assert b"name another incident" in answer.content


def test_a_moment_is_read_in_utc():
    assert briefs.parse("2026-06-18T14:30").isoformat() == "2026-06-18T14:30:00+00:00"
    assert briefs.parse("2026-06-18T14:30+02:00").isoformat() == "2026-06-18T12:30:00+00:00"
    assert briefs.parse("  ") is None
