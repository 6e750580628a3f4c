"""Many rows in one statement: what `bulk_create` would have stored, in the same order."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from audit import trail
from audit.inserting import insert_all
from audit.models import Entry
from incidents.models import Exposure, Incident, RunbookRun, RunbookStep
from notifications.models import ContactMethod
from severity.models import Assessment
from tests import make

pytestmark = pytest.mark.django_db
ODD = 'a "quote", a \\back\\slash, {a,b}, NULL, \u2028, \U0001f98a\n\ttab, \x1f, "{""}", null'


def stored(model, rows):
    kept = model.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    return [
        {name: value for name, value in each.items() if name not in ("id", "subject", "uuid")}
        for each in kept.values()
    ]


def both_ways(model, **fields):
    """What each way stores of the same row."""
    one, other = model(**fields), model(**fields)
    model.objects.bulk_create([one])
    insert_all([other])
    assert not other._state.adding
    return stored(model, [one]), stored(model, [other])


def test_json_numbers_moments_and_odd_words_are_stored_alike():
    when = datetime(1, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    tree = {"a": [1, 2.5, None, True, {"b": ODD}], ODD: "", "n": 10**15, "e": {}}
    was, found = both_ways(
        Assessment,
        subject="incident:x",
        kind=Assessment.Kind.TRIAGE,
        rules_version="1",
        rules_sha256="",
        facts=tree,
        trace=[ODD, [], {"x": ODD}],
        score=Decimal("2.25"),
        index=None,
        level=3,
        undetermined=True,
        reason=ODD,
        assessed_at=when,
        assessor=make.user(),
    )
    assert was == found
    assert found[0]["facts"] == tree
    assert found[0]["assessed_at"] == when


def test_lists_and_lazy_words_are_stored_alike():
    incident = make.incident()
    run = RunbookRun.objects.filter(incident=incident).get()
    step = {"run": run, "role": "IC", "action": gettext_lazy("Add")}
    lists = {"gate_checks": ["statement"], "hooks": ["incident.open", ODD[:30]]}
    one, other = RunbookStep(**step, **lists, number=900), RunbookStep(**step, number=901)
    RunbookStep.objects.bulk_create([one])
    other.gate_checks, other.hooks = one.gate_checks, one.hooks
    insert_all([other])
    was, found = stored(RunbookStep, [one]), stored(RunbookStep, [other])
    assert was[0] | {"number": 901} == found[0]


def test_keys_are_those_of_the_rows_in_their_order():
    incident = make.incident()
    rows = [Exposure(incident=incident, what=str(n), added_by="x") for n in range(300)]
    insert_all(rows)
    assert sorted(row.pk for row in rows) == [row.pk for row in rows]
    kept = dict(Exposure.objects.values_list("pk", "what"))
    assert [kept[row.pk] for row in rows] == [str(n) for n in range(300)]
    insert_all([])


def test_entries_are_chained_in_the_order_in_which_they_were_given():
    incident = make.incident()
    stream = trail.stream_of(incident)
    before = Entry.objects.filter(stream=stream).count()
    made = [Entry(stream=stream, action="x", subject="y", body=str(n)) for n in range(50)]
    insert_all(made)
    kept = Entry.objects.filter(stream=stream).order_by("seq")[before:]
    assert [each.body for each in kept] == [str(n) for n in range(50)]
    assert kept[1].prev == kept[0].hash


def test_a_row_that_names_one_without_a_key_and_a_value_of_no_column_are_refused():
    with pytest.raises(ValueError, match="incident: save it before"):
        insert_all([Exposure(incident=Incident(), what="x", added_by="x")])
    with pytest.raises(TypeError, match="set: no column takes one"):
        insert_all([Assessment(subject=str(uuid.uuid4()), facts={"a": {1}}, level=1)])


def test_a_secret_that_was_not_sealed_is_refused():
    with pytest.raises(ValueError, match="sealed_address takes what vault.seal"):
        insert_all([ContactMethod(sealed_address="https://hooks.example/x")])
    assert not ContactMethod.objects.filter(sealed_address__contains="hooks").exists()
