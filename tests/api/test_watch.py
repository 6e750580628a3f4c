"""Who reads a dataset by API: declare, send, read. And what cannot be meant."""

import json

import pytest

from accounts.models import Scope
from programs.models import WatchSource
from programs.watch import watching
from tests import make
from tests.api.conftest import Caller, problem


@pytest.fixture
def dataset(db):
    return make.dataset(make.program(), slug="lake")


@pytest.fixture
def caller(dataset):
    return Caller(dataset.program.owner, Scope.READ, Scope.ATTEST)


def path(dataset, more):
    return f"/programs/{dataset.program.slug}/datasets/{dataset.slug}/{more}"


def declared(caller, dataset, **changed):
    body = {"people": ["ana"], "reason": "Us."} | changed
    return caller.client.put(
        f"/api/v1{path(dataset, 'audience')}",
        json.dumps(body),
        content_type="application/json",
        headers=caller.headers,
    )


@pytest.fixture
def source(caller, dataset):
    declared(caller, dataset)
    terms = watching.Terms(name="Lake", kind=WatchSource.Kind.LIST)
    return watching.add(dataset, terms, actor=make.actor(dataset.program.owner))


def test_what_was_declared_is_what_is_read(caller, dataset):
    problem(caller.get(path(dataset, "audience")), 404)
    said = declared(caller, dataset, most=3).json()
    assert (said["version"], said["people"], said["most"]) == (1, ["ana"], 3)
    assert caller.get(path(dataset, "audience")).json() == said
    problem(declared(caller, dataset, most=3), 409)
    assert problem(declared(caller, dataset, reason=" "), 422)["field"] == "reason"


def test_what_is_sent_is_compared_at_once(caller, dataset, source):
    rows = [
        {"principal": "ana", "grant": "share"},
        {"principal": "all", "kind": "everyone", "grant": "x"},
    ]
    said = caller.post(path(dataset, f"sources/{source.pk}/looks"), {"readers": rows}).json()
    assert (said["readers"], said["excess"], said["clean"]) == (2, 1, False)
    assert caller.get(path(dataset, "looks")).json() == [said]
    half = {"readers": rows[:1], "complete": False}
    said = caller.post(path(dataset, f"sources/{source.pk}/looks"), half).json()
    assert (said["state"], said["clean"]) == ("partial", False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"document": "x"},
        {"readers": [], "document": "x"},
        {"readers": [{"principal": "ana"}]},
        {"readers": [{"principal": "ana", "kind": "king", "grant": "x"}]},
    ],
)
def test_what_cannot_be_meant_is_refused(caller, dataset, source, body):
    problem(caller.post(path(dataset, f"sources/{source.pk}/looks"), body), 422)


def test_only_who_runs_the_program_declares_and_sends(dataset, source):
    stranger = Caller(make.user(), Scope.READ, Scope.ATTEST)
    problem(stranger.get(path(dataset, "looks")), 403)
    problem(declared(stranger, dataset), 403)
    problem(stranger.post(path(dataset, f"sources/{source.pk}/looks"), {"readers": []}), 403)
    reads = Caller(dataset.program.owner, Scope.READ)
    problem(declared(reads, dataset), 403)
