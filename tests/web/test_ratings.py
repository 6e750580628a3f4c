"""Second ratings on pages: asked for, answered blind, compared after; and how far raters agree."""

import pytest

from accounts.functions import Function
from incidents import grants, judgement, ratings
from severity.questions import Said, answers_of
from tests import make
from tests.severity.given import facts
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}


def answers(**changed):
    return answers_of(facts(**SEED)) | changed


@pytest.fixture
def incident():
    found = make.undetermined(title="Transcripts for all", detail="Saw them in the search.")
    return judgement.assess(found, Said(answers()), actor=make.actor(make.user()))


@pytest.fixture
def runner(incident):
    return let_in(incident, "manage")


@pytest.fixture
def rater():
    return reader(Function.RESPONDER)


@pytest.fixture
def rating(incident, runner, rater):
    fields = {"rater": rater.person.username, "brief": "The proxy has logs."}
    assert runner.post(url(incident, "ratings/"), **fields).status_code == 302
    return incident.second_ratings.get()


def test_the_rater_reads_what_is_known_and_nothing_of_the_first_rating(incident, rating, rater):
    assert incident.codename in rater.reads("/ratings/")
    path = f"/ratings/{rating.pk}/"
    page = rater.reads(path)
    for said in ("Transcripts for all", "Saw them in the search.", "The proxy has logs."):
        assert said in page
    html = rater.get(path).content.decode()
    assert "sev--2" not in html
    assert "SEV 2" not in page
    assert "checked" not in html
    assert "3.75" not in page
    assert rater.get(url(incident)).status_code == 404


def test_both_stand_side_by_side_once_it_is_sent(incident, rating, rater, runner):
    path = f"/ratings/{rating.pk}/"
    assert rater.get(path).status_code == 200
    assert incident.looks.filter(person=rater.person, via="rating").exists()
    sent = answers(ongoing="no", evidence="none_logs_complete", confidentiality="0")
    assert rater.post(path, **sent).status_code == 302
    rating.refresh_from_db()
    assert rating.is_blind
    page = rater.reads(path)
    assert "You: SEV 3 The first: SEV 2" in page
    assert "Collection goes on Yes No" in page
    assert "came to SEV 3" in runner.reads(url(incident))


def test_answers_are_kept_when_something_is_wrong(rating, rater):
    path = f"/ratings/{rating.pk}/"
    sent = answers()
    del sent["ei"]
    answer = rater.post(path, **sent)
    assert (answer.status_code, "Choose one" in words(answer)) == (422, True)
    assert answer.content.decode().count("checked>") == 15
    answer = rater.post(path, **answers(evidence="confirmed_external"))
    assert (answer.status_code, "outsiders saw" in words(answer)) == (409, True)


def test_it_is_declined_with_a_reason(rating, rater, incident, runner):
    path = f"/ratings/{rating.pk}/decline/"
    assert rater.post(path, reason="").status_code == 422
    assert rater.post(path, reason="On leave.").status_code == 302
    assert "On leave." in runner.reads(url(incident))


def test_nobody_else_finds_it(rating, runner):
    other = reader(Function.RESPONDER)
    for person in (other, runner):
        assert person.get(f"/ratings/{rating.pk}/").status_code == 404
        assert person.post(f"/ratings/{rating.pk}/decline/", reason="x").status_code == 404
        assert person.post(f"/ratings/{rating.pk}/take/").status_code == 404


def test_a_volunteer_takes_an_open_call(incident, runner, rater):
    runner.post(url(incident, "ratings/"), rater="", brief="")
    row = incident.second_ratings.get()
    page = rater.reads("/ratings/")
    assert f"Take it : {incident.codename}" in page
    assert "Transcripts for all" not in page
    assert rater.post(f"/ratings/{row.pk}/take/")["Location"] == f"/ratings/{row.pk}/"
    assert "Transcripts for all" in rater.reads(f"/ratings/{row.pk}/")


def test_who_may_read_the_incident_is_refused_at_the_field(incident, runner):
    inside = let_in(incident, "view", Function.RESPONDER)
    answer = runner.post(url(incident, "ratings/"), rater=inside.person.username)
    assert (answer.status_code, "could know its level" in words(answer)) == (409, True)
    answer = runner.post(url(incident, "ratings/"), rater="nobody-here")
    assert (answer.status_code, "Nobody has this user name" in words(answer)) == (422, True)


def test_it_is_called_off_by_whoever_runs_the_incident(incident, rating, runner):
    path = url(incident, f"ratings/{rating.pk}/call-off/")
    for odd in ("", "a\x00b", "x" * 501):
        answer = runner.post(path, reason=odd)
        assert (answer.status_code, "say why" in words(answer)) == (409, True)
    assert runner.post(path, reason="Not needed.").status_code == 302
    viewer = let_in(incident, "view")
    assert viewer.post(path, reason="x").status_code == 403


def test_the_figures_say_when_there_are_too_few(rating, rater, runner):
    rater.post(f"/ratings/{rating.pk}/", **answers())
    page = runner.reads("/calibration/?months=3")
    assert "1 pair" in page
    assert "From fewer than 5 pairs nothing can be said" in page
    assert "too few to say" in page
    assert "0 pairs" in reader().reads("/calibration/")
    assert runner.get("/calibration/?months=99").status_code == 200


def test_the_figures_show_a_picture_and_the_same_as_a_table(runner, rater):
    for _each in range(5):
        found = make.undetermined()
        judgement.assess(found, Said(answers()), actor=make.actor(make.user()))
        grants.admit(found, person=runner.person, level="view", reason="r", actor=make.SYSTEM)
        row = ratings.ask(found, rater=rater.person, brief="", actor=make.officer())
        ratings.rate(row, Said(answers()), actor=make.actor(rater.person))
    answer = runner.get("/calibration/")
    html, page = answer.content.decode(), words(answer)
    assert "5 pairs" in page
    assert "Agree 100 %" in page
    assert html.count("agree__cell--same") == 6
    assert "Show as table" in page
    assert "5 of 5 alike" in page
