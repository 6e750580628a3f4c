"""What an operation does not know is refused: a misspelt filter would find everything."""

from urllib.parse import urlencode

import pytest
from django.test import RequestFactory

from accounts.functions import Function
from accounts.problems import Problem
from config.api import api
from incidents.models import Incident, Refusal
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem
from tests.api.monitor import Monitor
from tests.api.operations import OPERATIONS
from tests.api.test_refusals import call, filled

pytestmark = pytest.mark.django_db


def operations():
    """Every operation as it is bound to its address, with the parameters that are described."""
    described = api.get_openapi_schema()["paths"].values()
    by_id = {each["operationId"]: each for path in described for each in path.values()}
    for router in api._get_bound_routers():
        for path in router.path_operations.values():
            for operation in path.operations:
                known = by_id[api.get_openapi_operation_id(operation)].get("parameters", [])
                names = sorted(each["name"] for each in known if each["in"] == "query")
                yield operation.view_func, names


def test_every_operation_refuses_what_it_does_not_know_and_says_what_it_does():
    every = [*operations()]
    assert len(every) > 150
    for view, known in every:
        asked = urlencode(dict.fromkeys(known, "1") | {"sev": "9"})
        with pytest.raises(Problem) as refused:
            view(RequestFactory().get(f"/?{asked}"))
        assert (refused.value.status, refused.value.field) == (422, "sev"), view
        assert refused.value.allowed == (", ".join(known) or "no parameters")
        assert all(name in refused.value.detail for name in ["sev", *known])


def test_who_asks_with_a_misspelt_filter_gets_no_list_of_everything():
    caller = Caller(make.user(*Function))
    for path in (path for method, path, _scope in OPERATIONS if method == "GET"):
        needed = "level=1&" if path == "/policies/dry-run" else ""
        answer = call("GET", f"{filled(path)}?{needed}sev=9", caller.headers)
        assert problem(answer, 422)["field"] == "sev", path


def test_nothing_is_done_of_what_is_refused():
    caller = Caller(make.user())
    refused = problem(caller.post("/incidents?drill=true", {"title": "Export open"}), 422)
    assert (refused["field"], refused["allowed"]) == ("drill", "no parameters")
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("asked", "field"),
    [("severity=9", "severity.0"), ("=1", "?"), ("severity[]=1", "severity[]"), ("Q=x", "Q")],
)
def test_what_is_wrong_is_named_as_it_was_sent(asked, field):
    assert problem(Caller(make.user()).get(f"/incidents?{asked}"), 422)["field"] == field


def test_who_has_no_token_is_told_that_first():
    problem(call("GET", "/incidents?sev=9", {}), 401)


def test_a_hidden_incident_is_asked_for_in_vain_like_one_that_is_not_there():
    hidden, caller = make.incident(), Caller(make.user())
    answers = [caller.get(f"/incidents/{ref}?sev=9") for ref in (hidden.ref, "INC-99999")]
    assert answers[0].content == answers[1].content


def test_what_a_monitor_asks_beside_is_refused_and_kept_among_the_refusals():
    monitor = Monitor(make.program())
    sent = monitor.send(path=f"{monitor.key.key_id}?severity=high")
    assert problem(sent, 422)["allowed"] == "no parameters"
    assert "severity: there is no such parameter" in Refusal.objects.get().why
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/register?program=%00", "program"),
        ("/register?told=%00", "told"),
        ("/incidents/{ref}/access/why?person=%00", "person"),
        ("/policies/dry-run?level=2&program=%00", "program"),
    ],
)
def test_what_no_database_keeps_is_refused_where_it_is_asked_for(path, field):
    incident = make.incident(Sev.SEV3)
    person = make.user(Function.PRIVACY_OFFICER)
    answer = Caller(person).get(path.format(ref=incident.ref))
    assert problem(answer, 422)["field"] == field


def test_half_a_letter_is_refused_where_it_is_said():
    said = {"title": "Export open", "program": "\ud800"}
    refused = problem(Caller(make.user()).post("/incidents", said), 422)
    assert refused["field"] == "program"
