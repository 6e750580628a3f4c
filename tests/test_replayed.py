"""A program that repeats a start has what one has that the domain let start."""

import json
import re

import pytest

from accounts.functions import Function
from audit import trail, verification
from audit.models import Due, Entry, OutboxEvent
from programs.models import Attestation, Program
from tests import make

pytestmark = pytest.mark.django_db

VERSIONS = Program.history.model
EVERY = (Program, VERSIONS, Attestation, Attestation.history.model, Entry, OutboxEvent, Due)
# Keys, times and what is reckoned from them, which no two programs share.
OWN = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.+]*|[0-9a-f]{32,}|\d+")


def by_the_domain():
    return make.started(make.draft(), make.user(Function.PRIVACY_OFFICER))


def written_by(begin):
    """Each row that it writes, in order, but for what is its own."""
    before = {model: set(model.objects.values_list("pk", flat=True)) for model in EVERY}
    begin()
    rows = {}
    for model in EVERY:
        new = model.objects.exclude(pk__in=before[model]).order_by("pk").values()
        rows[model.__name__] = [
            OWN.sub("#", json.dumps(row, default=str, sort_keys=True)) for row in new
        ]
    return rows | {"Due": sorted(rows["Due"])}


def who_did_what(program):
    """Who acted by the record and by the history, as the function of the person."""
    acts = Entry.objects.filter(stream=trail.stream_of(program)).order_by("pk")
    versions = VERSIONS.objects.filter(id=program.pk).order_by("pk")
    return [
        *acts.values_list("action", "actor__groups__name"),
        *versions.values_list("state", "history_user__groups__name"),
    ]


def test_it_leaves_the_rows_that_the_domain_writes():
    assert make.start
    domain = written_by(by_the_domain)
    assert written_by(make.program) == domain
    assert all(domain.values())


def test_it_names_who_did_it_in_a_record_that_holds():
    program = make.program()
    assert who_did_what(program) == who_did_what(by_the_domain())
    assert verification.verify(stream=trail.stream_of(program)).clean
    at = program.attestations.get()
    assert program.controls_end_at == at.good_until
    ends = Due.objects.get(kind="programs.look_at_controls", payload__program=program.pk)
    assert ends.due_at == at.good_until
