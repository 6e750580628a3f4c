"""The questions of a full assessment in a browser, with and without JavaScript."""

import pytest

from accounts.functions import Function
from incidents import judgement, questions, ratings
from severity import loading
from severity.questions import NAMES, UNKNOWN, Said, answers_of, scale
from tests import make
from tests.incidents.test_rulesets import in_force
from tests.severity.given import facts
from tests.web.conftest import HTMX, let_in, reader, url, words

pytestmark = pytest.mark.django_db

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}


@pytest.fixture
def incident():
    return make.undetermined()


@pytest.fixture
def runner(incident):
    return let_in(incident, "manage", Function.RESPONDER)


def answers(**changed):
    return answers_of(facts(**SEED)) | changed


def test_every_question_has_help_and_every_answer_an_example():
    for name in NAMES:
        assert str(questions.ALL[name].help)
        for value in scale(name, loading.current()):
            found = questions.ALL[name].answers[value]
            assert str(found.label), (name, value)
            assert str(found.example), (name, value)


def test_the_page_asks_all_and_says_what_unknown_counts_as(incident, runner):
    page = runner.reads(url(incident, "assess/"))
    assert "Question 16 of 16" in page
    assert "Could anybody come to harm by it" in page
    assert "Such as: Ten years of addresses and employers" in page
    assert "Until somebody knows, it counts as: Anyone at all, without signing in" in page
    html = runner.get(url(incident, "assess/")).content.decode()
    assert html.count('type="radio"') == 82


def test_what_is_unknown_is_said_in_the_words_of_its_question(incident, runner):
    page = runner.reads(url(incident, "assess/"))
    assert "Threat to life: counts as “No”" in page
    assert "Who could read it: counts as “Anyone at all, without signing in”" in page
    assert "threat_to_life" not in page


NEGLIGIBLE = 'negligible: {points: "0.25"'


def test_an_answer_that_only_older_rules_had_is_told_as_it_was_given(incident, runner):
    author = make.actor(make.user(Function.PRIVACY_OFFICER))
    second = make.actor(make.user(Function.COMMANDER))
    in_force(author, second, (NEGLIGIBLE, NEGLIGIBLE.replace("0.25", "0.2")))
    said = Said(answers(ei="0.2"))
    judgement.assess(incident, said, actor=make.actor(make.user()))
    rater = make.user(Function.RESPONDER)
    asked = ratings.ask(incident, rater=rater, brief="", actor=second)
    ratings.rate(asked, Said(answers(ei="0.5")), actor=make.actor(rater))
    in_force(author, second, version="2026.12-2")
    # Once for what would change the level, once beside what the second rater said.
    told = "How easily identified 0.2 With other sources at hand"
    assert runner.reads(url(incident)).count(told) == 2
    assert runner.get(url(incident, "assess/")).status_code == 200


def test_a_question_left_open_can_be_jumped_to(incident, runner):
    html = runner.get(url(incident, "assess/")).content.decode()
    assert 'href="#assess-ei"' in html


def test_answers_are_kept_in_force_with_the_level(incident, runner):
    answer = runner.post(url(incident, "assess/"), **answers(), act="keep")
    assert answer["Location"] == url(incident, "#severity")
    incident.refresh_from_db()
    assert (incident.sev, incident.assessment.kind) == (2, "full")
    page = runner.reads(url(incident))
    assert "Full assessment" in page
    assert "What would change this level" in page
    assert "Evidence of access Nothing, but the logs have gaps" in page
    again = runner.reads(url(incident, "assess/"))
    assert "16 of 16 answered" in again
    assert "Assessed last by" in again


def test_a_missing_answer_is_named_and_the_others_are_kept(incident, runner):
    sent = answers(people_count="70000")
    del sent["evidence"]
    answer = runner.post(url(incident, "assess/"), **sent, act="keep")
    assert answer.status_code == 422
    page = words(answer)
    assert "There is a problem" in page
    assert "Choose one; “I do not know” is an answer." in page
    html = answer.content.decode()
    assert 'href="#assess-evidence"' in html
    assert html.count("checked>") == 15
    assert 'value="70000"' in html
    incident.refresh_from_db()
    assert incident.sev is None


def test_what_contradicts_is_refused_at_its_question(incident, runner):
    sent = answers(evidence="confirmed_external")
    answer = runner.post(url(incident, "assess/"), **sent, act="keep")
    assert answer.status_code == 409
    assert "Says that outsiders saw what people inside alone could read" in words(answer)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("people_count", "-5", "A whole number from 0 to 8,500,000,000"),
        ("people_count", "99999999999", "more people do not live"),
        ("people_count", "12", "10001 to 1000000"),
        ("since", "2090-01-01T10:00", "Lies in the future"),
        ("until", "2026-01-01T10:00", "Says that collection writes into what was closed"),
        ("ei", "7", "Choose one"),
    ],
)
def test_absurd_counts_and_moments_are_refused(incident, runner, field, value, said):
    answer = runner.post(url(incident, "assess/"), **answers(**{field: value}), act="keep")
    assert answer.status_code in (409, 422)
    assert said in words(answer)


def test_without_javascript_it_is_weighed_by_a_button_and_nothing_is_kept(incident, runner):
    answer = runner.post(url(incident, "assess/"), audience="org_wide", act="weigh")
    page = words(answer)
    assert answer.status_code == 200
    assert "There is a problem" not in page
    assert "1 of 16 answered" in page
    assert "is paused already, and stays so" in page
    incident.refresh_from_db()
    assert incident.assessment.kind == "triage"


def test_the_live_result_says_level_trace_changes_and_what_follows(incident, runner):
    answer = runner.post(url(incident, "assess/weigh/"), headers=HTMX, **answers())
    page = words(answer)
    for said in (
        "SEV 2",
        "ENISA score 3.25, operational index 3.75",
        f"{incident.program.name} is paused already, and stays so.",
        "The people on call are paged at once",
        "A review with action items must end it.",
        "The authority: yes",
        "How this level came about",
        "What would change this level",
        "16 of 16 answered",
    ):
        assert said in page
    assert 'hx-swap-oob="true"' in answer.content.decode()


def test_the_live_result_says_at_once_what_cannot_be(incident, runner):
    sent = answers(near_miss="yes", evidence="confirmed_internal")
    page = words(runner.post(url(incident, "assess/weigh/"), headers=HTMX, **sent))
    assert "These answers contradict each other" in page
    assert "near_miss says that nobody could get what somebody had" in page
    absurd = runner.post(url(incident, "assess/weigh/"), headers=HTMX, people_count="-1")
    assert "The exact number, if known: A whole number from 0 to 8,500,000,000" in words(absurd)


def test_another_level_needs_a_reason_and_is_said_to_be_a_persons(incident, runner):
    sent = answers(level="1")
    answer = runner.post(url(incident, "assess/"), **sent, act="keep")
    assert (answer.status_code, "Say why the level is another" in words(answer)) == (409, True)
    live = words(runner.post(url(incident, "assess/weigh/"), headers=HTMX, **sent))
    assert "SEV 1 by you; by the rules SEV 2" in live
    runner.post(url(incident, "assess/"), **sent, reason="The press has it.", act="keep")
    incident.refresh_from_db()
    assert incident.sev == 1


def test_who_may_only_contribute_answers_and_sets_no_level(incident):
    helper = let_in(incident, "contribute")
    assert 'name="level"' not in helper.get(url(incident, "assess/")).content.decode()
    helper.post(url(incident, "assess/"), **answers(level="0", reason="So there."), act="keep")
    incident.refresh_from_db()
    assert incident.sev == 2


def test_a_milder_level_is_said_to_wait_and_the_next_reader_sees_who_proposes_it(incident, runner):
    runner.post(url(incident, "assess/"), **answers(), act="keep")
    mild = answers(evidence="none_logs_complete", confidentiality="0", ongoing="no")
    live = words(runner.post(url(incident, "assess/weigh/"), headers=HTMX, **mild))
    assert "a second person must confirm it before it counts" in live
    answer = runner.client.post(
        url(incident, "assess/"), {**mild, "act": "keep"}, headers={}, follow=True
    )
    assert "A second person must confirm the milder level" in words(answer)
    second = let_in(incident, "manage")
    assert "proposes SEV 3" in second.reads(url(incident, "assess/"))
    assert "Confirm SEV 3" in second.reads(url(incident))


def test_a_stale_form_is_refused_once_with_its_answers(incident, runner):
    before = incident.assessment_id
    runner.post(url(incident, "assess/"), **answers(), act="keep")
    stale = answers(refix="yes", after=before)
    answer = runner.post(url(incident, "assess/"), **stale, act="keep")
    assert (answer.status_code, "judged it meanwhile" in words(answer)) == (409, True)
    incident.refresh_from_db()
    assert f'name="after" value="{incident.assessment_id}"' in answer.content.decode()


def test_unknown_everywhere_can_be_sent(incident, runner):
    sent = dict.fromkeys(NAMES, UNKNOWN)
    assert runner.post(url(incident, "assess/"), **sent, act="keep").status_code == 302
    assert "stays undetermined" in runner.reads(url(incident, "assess/"))


def test_who_may_only_read_is_not_asked(incident):
    viewer = let_in(incident, "view")
    assert viewer.get(url(incident, "assess/")).status_code == 403
    assert "question by question" not in viewer.reads(url(incident))
    assert reader().get(url(incident, "assess/")).status_code == 404
