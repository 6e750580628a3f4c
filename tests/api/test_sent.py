"""What a body holds that an operation does not know is refused: else it is meant and not done."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from config.api import api
from incidents.models import Incident
from tests import make
from tests.api.conftest import Caller, problem
from tests.api.monitor import Monitor
from tests.api.operations import BY_ADDRESS, BY_KEY, BY_SIGNATURE, OPERATIONS, body_of
from tests.api.test_refusals import filled

pytestmark = pytest.mark.django_db

# Whose senders may say more than is read, and why.
OPEN = {
    "/cord/{key}": "a product's own alert, in words that the product chooses",
    "/services/pagerduty/{ident}": "what PagerDuty says of itself, more in each of its releases",
    "/services/slack/{ident}": "what Slack says of itself, more in each of its releases",
    "/confirmations/{token}": "a stop must not stay unproven for a word too many",
}
EVIDENCE, IMPORTS = "/incidents/{ref}/evidence", "/imports"
CHANGING = [(method, path) for method, path, _scope in OPERATIONS if method != "GET"]


@pytest.fixture
def caller():
    return Caller(make.user(*Function))


def sends(caller, method, path, body):
    """Send a body as the operation takes it: as a form with a file, or as JSON."""
    at = filled(path)
    if path in (EVIDENCE, IMPORTS):
        file = SimpleUploadedFile("log.txt", b"A line.\n", "text/plain")
        said = {"form": "csv", "source": "x"} if path == IMPORTS else {}
        form = {"file": file} | said | body
        return caller.client.post(f"/api/v1{at}", form, headers=caller.headers)
    send = caller.put if method == "PUT" else caller.post
    return send(at, body_of(at) | body)


def shape(method, path):
    """The described shape of the body of an operation; None if it takes none."""
    described = api.get_openapi_schema()
    operation = described["paths"][f"/api/v1{path}"][method.lower()]
    (content,) = operation.get("requestBody", {}).get("content", {}).values() or (None,)
    return content and resolved(content["schema"])


def resolved(part):
    name = part.get("$ref", "").rpartition("/")[2]
    return api.get_openapi_schema()["components"]["schemas"][name] if name else part


def objects(part):
    """Every shape with fields that a shape is made of, itself among them."""
    part = resolved(part)
    if "properties" in part:
        yield part
    inside = [*part.get("properties", {}).values(), part.get("items")]
    inside += [each for kind in ("anyOf", "allOf", "oneOf") for each in part.get(kind, ())]
    for each in inside:
        if each:
            yield from objects(each)


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_one_field_more_is_refused_and_named_with_those_that_there_are(caller, method, path):
    refused = problem(sends(caller, method, path, {"severty": "9"}), 422)
    known = shape(method, path)
    allowed = ", ".join(known["properties"]) if known else "no fields"
    assert (refused["field"], refused["allowed"]) == ("severty", allowed)
    assert refused["detail"].startswith("severty: there is no such field; ")


def test_no_body_is_described_as_taking_more_than_it_names():
    every = {(method, path) for method, path, _scope in OPERATIONS if method != "GET"}
    every |= {each for each in BY_KEY | BY_SIGNATURE | BY_ADDRESS if each[0] != "GET"}
    assert OPEN.keys() < {path for _method, path in every}
    taken = [(path, part) for m, path in every if (top := shape(m, path)) for part in objects(top)]
    assert len(taken) > 60
    shut = [path for path, part in taken if part.get("additionalProperties") is False]
    assert shut == [path for path, _part in taken if path not in OPEN]


@pytest.mark.parametrize(
    ("path", "body", "field", "allowed"),
    [
        (
            "/policies",
            {"steps": [{"after_minutes": 0, "targets": [{"kind": "role", "nam": "x"}]}]},
            "steps.0.targets.0.nam",
            "kind, name, person, rota, methods",
        ),
        (
            "/stamps/verify",
            {"program": "none", "stamps": [{"stamp": "x", "digest": "y"}]},
            "stamps.0.digest",
            "stamp, sha256",
        ),
        (
            "/runbooks/tapes",
            {"document": {"title": "x", "rules": {"kind": ["x"]}, "steps": []}},
            "document.rules.kind",
            "audiences, kinds, sev_at_least, programs, categories",
        ),
    ],
)
def test_a_field_deep_inside_is_named_by_its_place(caller, path, body, field, allowed):
    whole = body | {"name": "x", "levels": [1], "reason": "x"} if path == "/policies" else body
    whole = whole | {"reason": "x"} if path == "/runbooks/tapes" else whole
    refused = problem(caller.post(path, whole), 422)
    assert (refused["field"], refused["allowed"]) == (field, allowed)


@pytest.mark.parametrize("inside", ["x", 7, [], None])
def test_what_is_no_object_where_one_belongs_is_refused_by_its_place(caller, inside):
    body = {"name": "x", "levels": [1], "reason": "x", "steps": [inside]}
    assert problem(caller.post("/policies", body), 422)["field"] == "steps.0"


@pytest.mark.parametrize("wrong", ["titel", "query", "body", "form", "allowed"])
def test_a_misspelt_field_is_told_before_the_one_that_is_missing(caller, wrong):
    refused = problem(caller.post("/incidents", {wrong: "Export open"}), 422)
    assert refused["field"] == wrong
    assert refused["allowed"].startswith("title, ")


def test_nothing_is_done_of_what_is_refused(caller):
    problem(caller.post("/incidents", {"title": "Export open", "severty": 1}), 422)
    assert not Incident.objects.exists()
    caller.post("/incidents", {"title": "Export open"})
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ('""', "?"),
        (f'"{"x" * 500}"', "x" * 60),
        (r'"\u0000"', "\0"),
        (r'"\ud800"', "?"),
        ('"{allowed}"', "{allowed}"),
    ],
)
def test_an_odd_name_is_refused_like_another(caller, name, field):
    body = f'{{"title": "x", {name}: 1}}'
    assert problem(caller.post("/incidents", body), 422)["field"] == field


@pytest.mark.parametrize("body", ["nonsense", "[" * 100_000, "[1]", "null", '"x"', "a=1"])
def test_where_no_body_is_taken_none_is_passed_over(caller, body):
    refused = problem(caller.post("/incidents/INC-1/acknowledge", body), 422)
    assert (refused["field"], refused["allowed"]) == ("body", "no body")


@pytest.mark.parametrize("body", ["", "{}", " {}\n"])
def test_where_no_body_is_taken_an_empty_one_is_none(caller, body):
    problem(caller.post("/incidents/INC-1/acknowledge", body or b""), 404)


def test_a_hidden_incident_is_answered_like_one_that_is_not_there():
    hidden, stranger = make.incident(), Caller(make.user())
    for act in ("updates", "acknowledge"):
        paths = [f"/incidents/{ref}/{act}" for ref in (hidden.ref, "INC-99999")]
        answers = [stranger.post(path, {"text": "x", "severty": 1}) for path in paths]
        assert answers[0].content == answers[1].content


def test_who_has_no_token_is_told_that_first(caller):
    caller.headers = {}
    problem(caller.post("/incidents", {"severty": 1}), 401)


def test_a_monitor_says_as_much_beside_as_it_likes():
    monitor = Monitor(make.program())
    sent = monitor.send({"title": "Export open", "severity": 2, "severty": 1, "more": {"a": 1}})
    assert sent.status_code == 201, sent.content
    assert Incident.objects.count() == 1
