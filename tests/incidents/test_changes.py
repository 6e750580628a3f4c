"""The history of an incident: whole, narrowed down, and as files that do no harm."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from incidents import changes, exporting, exposures, judgement, knocks, tasking
from incidents.changes import Change, FieldChange, Wanted
from incidents.exposures import Said
from incidents.models import AccessRequest, Incident
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def chief():
    return make.user(Function.COMMANDER, first_name="Ada", last_name="Obi")


def test_whatever_has_an_incident_above_it_and_a_history_is_told_there():
    named = {
        model._meta.model_name
        for model in apps.get_app_config("incidents").get_models()
        if hasattr(model, "history")
        and any(field.related_model is Incident for field in model._meta.concrete_fields)
    }
    named.discard("incident")
    assert named <= {kind for kind, _words in changes.KINDS}
    assert len(named) > 10


def test_who_was_deactivated_since_keeps_the_name(incident, chief):
    judgement.set_level(incident, Sev.SEV1, reason="Worse.", actor=make.actor(chief))
    User.objects.filter(pk=chief.pk).update(is_active=False)
    reader = make.user(Function.PRIVACY_OFFICER)
    assert "Ada Obi" in {change.who for change in changes.of(incident, reader=reader)}


def test_who_asked_in_vain_is_told_to_those_who_decide_alone(incident, chief):
    asker = make.user(first_name="Sam", last_name="Lee")
    knocks.take_up(incident.number, reason="I must know.", actor=make.actor(asker))
    assert AccessRequest.objects.exists()
    executive = make.user(Function.EXECUTIVE)
    for reader, told in ((chief, True), (executive, False)):
        kinds = {change.kind for change in changes.of(incident, reader=reader)}
        assert ("accessrequest" in kinds) is told


def test_it_is_narrowed_to_kinds_people_and_days(incident, chief):
    tasking.add(incident, title="Ask.", actor=make.actor(chief))
    every = changes.of(incident, reader=chief)
    now = timezone.now()

    def fit(**wanted):
        return [change for change in every if Wanted(**wanted).fits(change)]

    assert {change.kind for change in fit(kinds=("task",))} == {"task"}
    assert {change.who for change in fit(who="ada")} == {"Ada Obi"}
    assert fit() == every
    assert fit(until=now) == every
    assert fit(since=now + timedelta(hours=1)) == []
    assert fit(until=now - timedelta(hours=1)) == []


def change(after, *, before=None, why=""):
    return Change(
        kind="task",
        at=timezone.now(),
        who="",
        via="page",
        why=why,
        what="Task",
        is_new=before is None,
        fields=(FieldChange("Title", before, after),),
    )


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(beginning):
    text = f"{beginning}cmd|' /C calc'!A0"
    (_head, row) = list(csv.reader(io.StringIO(exporting.as_csv([change(text, why=text)]))))
    line = dict(zip(exporting.COLUMNS, row, strict=True))
    assert line["after"].startswith("'")
    assert line["why"].startswith("'")


def test_a_file_says_who_when_what_before_and_after():
    said = change("After, “quoted”", before="Before")
    line = dict(
        zip(
            exporting.COLUMNS,
            list(csv.reader(io.StringIO(exporting.as_csv([said]))))[1],
            strict=True,
        )
    )
    assert (line["who"], line["before"], line["after"]) == ("Andon", "Before", "After, “quoted”")
    assert line["at"].endswith("+00:00")
    (told,) = json.loads(exporting.as_json([said]))
    assert told["fields"] == [{"field": "Title", "before": "Before", "after": "After, “quoted”"}]


def test_lists_times_and_words_can_be_written(incident, chief):
    now = timezone.now()
    said = Said(
        what="Texts", kinds=("keystrokes", "transcripts"), since=now, since_is_estimate=True
    )
    exposures.add(incident, said, actor=make.actor(chief))
    found = changes.of(incident, reader=chief)
    assert "Keystrokes, Transcripts" in exporting.as_csv(found)
    assert json.loads(exporting.as_json(found))
