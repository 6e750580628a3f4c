"""However the API says no, it says it in the same form."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import strangers
from accounts.models import ApiToken, Scope, User
from accounts.throttle import Throttle
from audit import credentials
from config.api import api
from incidents import grants
from incidents.models import Incident
from tests import make
from tests.api.conftest import Caller, problem, token
from tests.api.operations import BY_ADDRESS, BY_KEY, BY_SIGNATURE, OPERATIONS, PARTS, body_of

pytestmark = pytest.mark.django_db

OF_AN_INCIDENT = [(method, path) for method, path, _scope in OPERATIONS if "{ref}" in path]


def call(method, path, headers):
    if (method, path.rpartition("/")[2]) == ("POST", "evidence"):
        sent = {"file": SimpleUploadedFile("log.txt", b"A line.\n", "text/plain")}
        browser = Client(raise_request_exception=False)
        return browser.post(f"/api/v1{path}", sent, headers=headers)
    return Client(raise_request_exception=False).generic(
        method, f"/api/v1{path}", json.dumps(body_of(path)), "application/json", headers=headers
    )


def filled(path, ref="INC-1", slug="none"):
    return path.format(ref=ref, slug=slug, exposure=1, **PARTS)


def test_every_operation_stands_in_the_list_above():
    known = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method in operations
    }
    by_token = {(m, path) for m, path, _scope in OPERATIONS}
    assert known == BY_KEY | BY_SIGNATURE | BY_ADDRESS | by_token


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer nonsense",
        "Bearer andon_t_0123456789abcdef_wrong",
        "Bearer andon_c_0123456789abcdef_wrong",
        "Bearer " + "x" * 5000,
        "Bearer andon_t_\x00_x",
    ],
)
def test_without_a_good_token_nothing_is_answered(header, monkeypatch):
    # Else so many guesses would be slowed down.
    monkeypatch.setattr(strangers, "_tries", Throttle(burst=1000))
    headers = {} if header is None else {"Authorization": header}
    for method, path, _scope in OPERATIONS:
        answer = call(method, filled(path), headers)
        problem(answer, 401)
        assert answer["WWW-Authenticate"] == 'Bearer realm="andon"', path


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
def test_a_token_without_the_scope_is_refused_and_told_which(method, path, scope):
    others = [other for other in Scope if other != scope]
    headers = {"Authorization": f"Bearer {token(make.user(), *others)}"}
    assert f"'{scope.value}'" in problem(call(method, filled(path), headers), 403)["detail"]


def test_a_withdrawn_an_expired_and_an_ownerless_token_are_refused(time_machine):
    person = make.user()
    caller = Caller(person)
    assert caller.get("/programs").status_code == 200
    time_machine.move_to(timezone.now() + timedelta(days=2))
    assert "has expired" in problem(caller.get("/programs"), 401)["detail"]
    withdrawn = Caller(person)
    credentials.withdraw(ApiToken.objects.latest("pk"), actor=make.SYSTEM)
    assert "was withdrawn" in problem(withdrawn.get("/programs"), 401)["detail"]
    gone = Caller(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert "deactivated" in problem(gone.get("/programs"), 401)["detail"]


def test_a_token_that_is_unknown_is_refused_like_one_whose_secret_is_wrong():
    good = token(make.user())
    wrong = good[:-1] + ("A" if good[-1] != "A" else "B")
    unknown = good.replace(good.split("_")[2], "0" * 16)
    answers = [call("GET", "/programs", {"Authorization": f"Bearer {t}"}) for t in (wrong, unknown)]
    assert answers[0].content == answers[1].content


def test_a_session_does_not_open_the_api(client):
    client.force_login(make.user())
    assert client.get("/api/v1/programs").status_code == 401


@pytest.mark.parametrize(("method", "path"), OF_AN_INCIDENT)
def test_a_hidden_incident_is_answered_like_one_that_is_not_there(method, path):
    hidden = make.incident()
    caller = Caller(make.user())
    answers = [
        call(method, filled(path, ref=ref), caller.headers) for ref in (hidden.ref, "INC-99999")
    ]
    assert answers[0].content == answers[1].content
    assert dict(answers[0].headers) == dict(answers[1].headers)
    problem(answers[0], 404)


@pytest.mark.parametrize(
    "ref", ["0", "-1", "INC-", "INC-0", "INC-INC-1", "INC-1x", "٣", "1" * 30, "INC-1%00", "1e3"]
)
def test_what_names_no_incident_is_answered_like_one_that_is_not_there(ref):
    make.incident()
    caller = Caller(make.user())
    answer = caller.get(f"/incidents/{ref}")
    assert answer.content == caller.get("/incidents/INC-99999").content
    problem(answer, 404)


# Open to some who read it too: so it is the role, or the file, that is said to be missing.
NOT_BY_LEVEL = {
    "/incidents/{ref}/access/leave",
    "/incidents/{ref}/roles/{role}/leave",
    "/incidents/{ref}/evidence/{evidence}/hold",
    "/incidents/{ref}/steps/{step}/hooks",
    "/incidents/{ref}/items/{item}/settle",
    "/incidents/{ref}/drafts/{draft}/versions/{version}/approve",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [each for each in OF_AN_INCIDENT if each[0] == "POST" and each[1] not in NOT_BY_LEVEL],
)
def test_who_may_only_read_an_incident_changes_nothing_in_it(method, path):
    incident, person = make.incident(), make.user()
    grants.admit(incident, level="view", person=person, reason="To read.", actor=make.SYSTEM)
    caller = Caller(person)
    assert caller.get(f"/incidents/{incident.ref}").status_code == 200
    before = incident.history.count()
    body = problem(call(method, filled(path, ref=incident.ref), caller.headers), 403)
    assert "may read this incident" in body["detail"]
    assert incident.history.count() == before


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[", b"\xff\xfe", b"nonsense", b'{"title": "x"', b"[" * 100_000, b'{"a": 1e}'],
)
def test_what_is_no_json_is_said_to_be_none(body):
    answer = Caller(make.user()).post("/incidents", body)
    if body:
        assert problem(answer, 400)["detail"] == "The body is not a JSON object."
    else:
        problem(answer, 422)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7", b"true"])
def test_json_that_is_no_object_is_refused(body):
    answer = Caller(make.user()).post("/incidents", body)
    assert problem(answer, 400)["detail"] == "The body is not a JSON object."
    assert not Incident.objects.exists()


def test_a_body_of_more_than_a_megabyte_is_too_large():
    answer = Caller(make.user()).post("/incidents", b'{"title": "' + b"x" * 1_100_000 + b'"}')
    problem(answer, 413)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_that_is_not_there_is_refused_in_the_same_form(method):
    answer = call(method, "/incidents", Caller(make.user()).headers)
    problem(answer, 405)
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/incidents/1/nothing", "/incidents/"])
def test_an_address_that_is_not_there_is_refused_in_the_same_form(path):
    problem(call("GET", path, Caller(make.user()).headers), 404)
    problem(call("POST", path, {}), 404)


def test_a_failure_of_ours_says_nothing_of_what_was_sent(monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("CANARY in the message")

    monkeypatch.setattr("incidents.api.reporting.file_report", fail)
    body = problem(Caller(make.user()).post("/incidents", {"title": "CANARY in the body"}), 500)
    assert "CANARY" not in json.dumps(body)
    assert body["detail"].startswith("The fault is ours.")


def test_who_guesses_tokens_is_slowed_down_without_a_look_into_the_database(
    caller, django_assert_num_queries, monkeypatch
):
    # A try comes back each second, and on a busy machine 25 calls take longer than that.
    monkeypatch.setattr(strangers, "_tries", Throttle(per_second=0))
    assert caller.get("/programs").status_code == 200
    guess = {"Authorization": "Bearer andon_t_a_b"}
    said = [call("GET", "/programs", guess).status_code for _ in range(25)]
    assert said == [401] * 20 + [429] * 5
    with django_assert_num_queries(0):
        answer = call("GET", "/programs", guess)
    problem(answer, 429)
    assert answer["Retry-After"] == "60"
    # Neither is one that opened before, though it comes from the same address, nor who has none.
    assert caller.get("/programs").status_code == 200
    assert call("GET", "/programs", {}).status_code == 401


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs"])
def test_the_documentation_is_for_people_who_are_signed_in(client, path):
    assert client.get(path).status_code == 302
    client.force_login(make.user())
    assert client.get(path).status_code == 200
