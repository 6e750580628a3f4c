"""What logs of access say of an incident as a whole, and the answer that they propose."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.functions import Function
from incidents import exposures, logsays
from incidents.exposures import said_of
from incidents.models import AccessAnalysis
from severity.vocabulary import Evidence
from tests import make
from tests.incidents import test_accesslogs
from tests.incidents.test_accesslogs import canary, line, read, whole
from tests.web.conftest import HTMX, let_in, url, words

pytestmark = pytest.mark.django_db
STATED = {"stated": "All of it."}
exposure = test_accesslogs.exposure


def complete(exposed):
    if not exposed.analyses.exists():
        canary(exposed)
    return read(exposed, whole(exposed, line(exposed, "guest", 60)), **STATED)


def says(exposed):
    return logsays.of(exposed.incident)


def test_without_a_log_nothing_is_said(exposure):
    assert says(exposure) is None


def test_complete_logs_with_a_canary_propose_that_nobody_read(exposure):
    assert complete(exposure).verdict == "none_complete"
    assert says(exposure).proposed is Evidence.NONE_LOGS_COMPLETE


@pytest.mark.parametrize("missing", ["canary", "stated"])
def test_a_log_that_lacks_something_never_proposes_it(exposure, missing):
    if missing != "canary":
        canary(exposure)
    guest = [] if missing == "canary" else [line(exposure, "guest", 60)]
    read(exposure, whole(exposure, *guest), **({} if missing == "stated" else STATED))
    found = says(exposure)
    assert found.proposed is Evidence.NONE_LOGS_INCOMPLETE
    assert found.each[0].lacks
    assert "incomplete" in found.each[0].says


def test_a_row_that_says_complete_without_a_canary_is_not_believed(exposure):
    row = complete(exposure)
    forged = {f.attname: getattr(row, f.attname) for f in row._meta.fields if f.name != "id"}
    AccessAnalysis.objects.create(**forged | {"canary": 0})
    assert says(exposure).proposed is Evidence.NONE_LOGS_INCOMPLETE


def test_one_exposure_without_a_log_is_enough_for_no_such_proposal(exposure):
    complete(exposure)
    by = make.actor(make.user())
    exposures.add(exposure.incident, exposures.Said(what="A second share"), actor=by)
    found = says(exposure)
    assert found.proposed is Evidence.NONE_LOGS_INCOMPLETE
    assert [each.says for each in found.each][1] == "no log was read"


def test_a_log_of_another_window_counts_no_more(exposure):
    complete(exposure)
    exposure.refresh_from_db()
    longer = replace(said_of(exposure), since=exposure.since - timedelta(days=2), location=None)
    exposures.correct(exposure, longer, reason="Earlier.", actor=make.actor(make.user()))
    found = says(exposure)
    assert found.proposed is Evidence.NONE_LOGS_INCOMPLETE
    assert "corrected since" in found.each[0].lacks[-1]


def test_the_newest_log_decides_unless_one_shows_a_reader(exposure):
    complete(exposure)
    read(exposure, whole(exposure, line(exposure, "guest", 60)))
    assert says(exposure).proposed is Evidence.NONE_LOGS_INCOMPLETE
    guest = line(exposure, "guest", 60)
    read(exposure, whole(exposure, guest, *(line(exposure, who, 5) for who in ("zoe", "yan"))))
    found = says(exposure)
    assert found.proposed is Evidence.CONFIRMED_INTERNAL
    assert found.each[0].says == "2 rows were read by 2 people who were not declared"
    complete(exposure)
    assert says(exposure).proposed is Evidence.CONFIRMED_INTERNAL


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (["zoe"], "1 row was read by 1 person who was not declared"),
        (["zoe", "zoe"], "2 rows were read by 1 person who was not declared"),
        (["zoe", "zoe", "yan"], "3 rows were read by 2 people who were not declared"),
    ],
)
def test_who_read_is_said_in_one_sentence(exposure, people, said):
    read(exposure, whole(exposure, *(line(exposure, who, 5) for who in people)))
    assert says(exposure).each[0].says == said


def test_however_many_exposures_it_is_asked_in_two_queries(exposure):
    complete(exposure)
    incident = exposure.incident
    for number in range(4):
        said = exposures.Said(what=f"Share {number}")
        exposures.add(incident, said, actor=make.actor(make.user()))
    with CaptureQueriesContext(connection) as asked:
        logsays.of(incident)
    assert len(asked) <= 2


def test_the_wizard_shows_it_beside_the_question_and_chooses_nothing(exposure):
    incident = exposure.incident
    runner = let_in(incident, "manage", Function.RESPONDER)
    path = url(incident, "assess/")
    assert "What logs of access show" not in runner.reads(path)
    complete(exposure)
    html = runner.get(path).content.decode()
    before, _at, after = html.partition("Proposed by the logs of access")
    assert 'value="none_logs_complete"' in before[-900:]
    assert 'value="none_logs_incomplete"' in after[:900]
    assert "checked" not in before[before.rindex('value="none_logs_complete"') :]
    page = words(runner.get(path))
    assert "nobody else read; the log is complete, and the watch's own try is in it" in page
    assert "You decide." in page


def test_weighing_alone_keeps_what_the_logs_say_in_sight(exposure):
    complete(exposure)
    runner = let_in(exposure.incident, "manage", Function.RESPONDER)
    sent = runner.post(url(exposure.incident, "assess/"), audience="org_wide", act="weigh")
    assert "What logs of access show" in words(sent)
    live = runner.post(url(exposure.incident, "assess/weigh/"), headers=HTMX, audience="org_wide")
    assert live.status_code == 200
