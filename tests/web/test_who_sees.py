"""Hidden is missing: byte for byte the same answer, whatever the address and whoever asks."""

import pytest
from django.urls import get_resolver

from accounts.functions import Function
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db

GET = [
    "",
    "deliveries/",
    "live/head/",
    "live/story/",
    "live/collection/",
    "exposures/",
    "timeline/",
    "assess/",
    "clocks/",
    "history/",
    "history/csv/",
    "history/json/",
    "rules/",
    "veris/",
    "drafts/",
    "bundles/",
    "review/",
    "escalation/",
    "merge/",
    "broadcasts/",
    "brief/",
    "brief/compare/",
]
POST = [
    "update/",
    "hand-over/",
    "snooze/",
    "escalate/",
    "page-person/",
    "status/",
    "pause/",
    "aware/",
    "severity/",
    "answers/",
    "assess/",
    "assess/weigh/",
    "ratings/",
    "roles/",
    "access/",
    "access/breadth/",
    "access/leave/",
    "acknowledge/",
    "evidence/",
    "runbooks/",
    "review/write/",
    "items/",
    "exposures/",
    "merge/",
    "related/",
    "tasks/",
    "broadcasts/",
    "clocks/facts/",
    "clocks/events/",
    "bundles/new/",
]
NESTED_GET = [
    "exposures/{}/access/",
    "clocks/{}/",
    "evidence/{}/",
    "evidence/{}/file/",
    "bundles/{}/file/",
    "exposures/{}/",
    "tasks/{}/",
    "review/{}/",
    "items/{}/",
    "broadcasts/{}/",
    "drafts/{}/",
    "drafts/{}/versions/1/",
    "drafts/{}/versions/1/markdown/",
]
NESTED = [
    "drafts/{}/write/",
    "drafts/{}/versions/1/approve/",
    "exposures/{}/access/",
    "clocks/{}/decide/",
    "ratings/{}/call-off/",
    "review/{}/publish/",
    "items/{}/",
    "items/{}/done/",
    "items/{}/verify/",
    "items/{}/reopen/",
    "items/{}/drop/",
    "timeline/{}/correct/",
    "timeline/{}/pin/",
    "timeline/{}/unpin/",
    "steps/{}/",
    "steps/{}/assign/",
    "steps/{}/gate/",
    "steps/{}/note/",
    "steps/{}/run/",
    "proposals/{}/confirm/",
    "proposals/{}/withdraw/",
    "rules/{}/veto/",
    "rules/{}/allow/",
    "roles/{}/leave/",
    "access/{}/end/",
    "access/requests/{}/",
    "evidence/{}/check/",
    "evidence/{}/hold/",
    "evidence/{}/release/",
    "exposures/{}/",
    "exposures/{}/verify/",
    "related/{}/end/",
    "tasks/{}/",
    "tasks/{}/settle/",
    "deliveries/{}/resend/",
    "broadcasts/{}/",
    "broadcasts/{}/decide/",
    "broadcasts/{}/withdraw/",
]


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


def outsiders():
    """Everybody who is not let in by rule at SEV 2."""
    functions = [(), (Function.RESPONDER,), (Function.PROGRAM_OWNER,), (Function.AUDITOR,)]
    return [reader(*names) for names in [*functions, (Function.OPERATOR,)]]


@pytest.mark.parametrize("path", [*GET, *(path.format(1) for path in NESTED_GET)])
def test_a_hidden_page_answers_like_a_missing_one(incident, path):
    for person in outsiders():
        hidden = person.get(f"/incidents/{incident.ref}/{path}")
        missing = person.get(f"/incidents/INC-4242/{path}")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.content == missing.content


@pytest.mark.parametrize("path", [*POST, *(path.format(1) for path in NESTED)])
def test_a_hidden_act_answers_like_a_missing_one(incident, path):
    person = reader()
    hidden = person.post(f"/incidents/{incident.ref}/{path}")
    missing = person.post(f"/incidents/INC-4242/{path}")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content


def test_every_page_of_an_incident_is_asked_for_here():
    paths = {
        str(pattern.pattern)
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [resolver])
    }
    under = {
        path.removeprefix("incidents/<ref:number>/") for path in paths if "<ref:number>" in path
    }
    under = {path.replace("<int:pk>", "{}").replace("<clock_act:how>", "decide") for path in under}
    under = {path.replace("<int:version>", "1") for path in under}
    asked = {*GET, *NESTED_GET, *POST, *NESTED} - {"live/head/", "live/story/", "live/collection/"}
    assert under == asked | {"live/<live_part:part>/"}


@pytest.mark.parametrize("path", ["/", "/incidents/", "/incidents/?q=Transcripts", "/programs/"])
def test_no_list_names_a_hidden_incident(incident, path):
    for person in outsiders():
        page = person.reads(path)
        assert incident.ref not in page
        assert incident.title not in page


def test_the_program_shows_the_codename_alone(incident):
    page = reader().reads(f"/programs/{incident.program.slug}/")
    assert incident.codename in page
    assert incident.ref not in page
    assert incident.title not in page


def test_the_program_leads_whoever_may_know_to_the_incident(incident):
    insider = reader(Function.COMMANDER)
    page = insider.get(f"/programs/{incident.program.slug}/").content.decode()
    assert f"/incidents/{incident.ref}/" in page


def test_whoever_may_only_read_is_told_so(incident):
    executive = reader(Function.EXECUTIVE)
    answer = executive.post(f"/incidents/{incident.ref}/update/", text="Hello")
    assert answer.status_code == 403
    assert "You may read this incident but not do this to it." in answer.content.decode()


@pytest.mark.parametrize("ref", ["INC-0", "INC-01", "INC-9999999999", "inc-1", "1", "INC-x"])
def test_a_number_that_cannot_be_is_missing_too(ref):
    assert reader().get(f"/incidents/{ref}/").status_code == 404


def test_a_signed_out_reader_is_led_to_sign_in_whether_or_not_there_is_one(incident, client):
    hidden = client.get(f"/incidents/{incident.ref}/")
    missing = client.get("/incidents/INC-4242/")
    assert hidden.status_code == missing.status_code == 302
    assert hidden["Location"].startswith("/accounts/login/")
