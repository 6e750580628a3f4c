"""What an incident exposed: written down, corrected, verified; what cannot be so is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry, OutboxEvent
from incidents import changes, evidence, exposures, grants, lifecycle
from incidents.exposures import Said
from incidents.models import Exposure, Status
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


@pytest.fixture
def somebody():
    return make.actor(make.user(first_name="Hal", last_name="Per"))


def add(incident, actor=make.SYSTEM, **said):
    return exposures.add(incident, Said(**({"what": "Transcripts"} | said)), actor=actor)


def correct(row, actor, reason="The logs say so.", **said):
    known = Said(what=row.what, people_known=row.people_known, since=row.since, until=row.until)
    return exposures.correct(row, replace(known, **said), reason=reason, actor=actor)


def close(row, actor):
    return exposures.verify(correct(row, actor, until=NOW), how="Opened it: refused.", actor=actor)


def kept(incident):
    upload = SimpleUploadedFile("a.log", f"{incident.ref} opened\n".encode(), "text/plain")
    return evidence.add(incident, upload, actor=make.SYSTEM)


def test_only_a_name_for_the_data_is_needed(incident):
    row = add(incident)
    assert (row.whose, row.accessed, row.people_known, row.until) == (
        "unknown",
        "unknown",
        *[None] * 2,
    )
    assert row.state == "exposure_open"


def test_a_dataset_is_a_name(incident):
    dataset = make.dataset(incident.program)
    assert str(add(incident, what="", dataset=dataset)) == dataset.name


def test_it_stands_on_the_timeline_in_the_record_and_in_the_outbox(incident, somebody):
    row = add(incident, somebody)
    assert incident.timeline.filter(kind="exposure", text="Exposure added: Transcripts.").exists()
    entry = Entry.objects.get(action="exposure.added")
    assert entry.stream == f"incident:{incident.pk}"
    event = OutboxEvent.objects.get(topic="incident.exposure_added")
    assert event.payload == {"incident": incident.pk, "exposure": row.pk}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"what": " "}, "what: choose the dataset"),
        ({"what": "x" * 301}, "what: at most 300"),
        ({"kinds": ("dreams",)}, "kinds: “dreams” is none of keystrokes"),
        ({"whose": "robots"}, "whose: “robots” is none of employees"),
        ({"people_min": -1}, "people_min: from 0 to 8500000000"),
        ({"people_max": 8_500_000_001}, "people_max: from 0 to 8500000000"),
        ({"people_min": 5, "people_known": 4}, "people_known: 4 is fewer than 5"),
        ({"people_known": 5, "people_max": 4}, "people_max: 4 is fewer than 5"),
        ({"people_min": 5, "people_max": 4}, "people_max: 4 is fewer than 5"),
        ({"since": NOW + HOUR * 9}, "since: lies in the future"),
        ({"until": NOW + HOUR * 9}, "until: lies in the future"),
        ({"since": NOW - HOUR, "until": NOW - HOUR * 2}, "until: lies before it began"),
        ({"location": "x" * 501}, "location: at most 500"),
    ],
)
def test_what_cannot_be_so_is_refused_by_the_name_of_its_field(incident, said, words):
    with pytest.raises(exposures.Refused, match=words):
        add(incident, **said)
    assert not Exposure.objects.exists()


def test_numbers_and_times_that_touch_are_taken(incident):
    row = add(
        incident, people_min=3, people_known=3, people_max=3, since=NOW - HOUR, until=NOW - HOUR
    )
    assert row.state == "exposure_closed"


def test_a_dataset_of_another_program_is_refused(incident):
    foreign = make.dataset(make.program())
    with pytest.raises(exposures.Refused, match="dataset: must be one of the incident's program"):
        add(incident, dataset=foreign)


def test_evidence_of_another_incident_is_refused_like_evidence_that_is_not_there(incident):
    foreign = kept(make.incident())
    said = []
    for pk in (foreign.pk, 999_999):
        with pytest.raises(exposures.Refused) as refusal:
            add(incident, files=(pk,))
        said.append(str(refusal.value).replace(str(pk), "N"))
    assert said == ["files: this incident keeps no evidence no. N."] * 2
    assert add(incident, files=(kept(incident).pk,)).files


def test_the_database_itself_refuses_numbers_out_of_order(incident):
    row = add(incident, people_min=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exposure.objects.filter(pk=row.pk).update(people_max=4)


def test_a_correction_needs_a_reason_and_a_change(incident, somebody):
    row = add(incident)
    with pytest.raises(exposures.Refused, match="reason: say why it is corrected"):
        correct(row, somebody, people_known=7, reason=" ")
    with pytest.raises(exposures.Refused, match="Nothing was changed"):
        correct(row, somebody)


def test_a_correction_keeps_the_old_value_with_who_and_why(incident, somebody):
    row = correct(add(incident, people_known=7), somebody, people_known=9, reason="Counted.")
    change = changes.of(incident, reader=make.user(), only=row)[0]
    assert (change.who, change.why, change.what) == ("Hal Per", "Counted.", "Exposure")
    assert [(f.name, f.before, f.after) for f in change.fields] == [
        ("People, as far as known", 7, 9)
    ]
    assert "Exposure corrected: Transcripts. Counted." in incident.timeline.values_list(
        "text", flat=True
    )


def test_an_incident_that_is_over_says_why_not(incident, somebody):
    row = add(incident)
    lifecycle.move(incident, Status.DISMISSED, reason="No data.", actor=somebody)
    words = f"{incident.ref} is dismissed; reopen it to change its exposures."
    for act in (
        lambda: add(incident),
        lambda: correct(row, somebody, people_known=1),
        lambda: exposures.verify(row, how="Looked.", actor=somebody),
    ):
        with pytest.raises(exposures.Refused, match=words):
            act()


def test_what_is_open_cannot_be_verified(incident, somebody):
    with pytest.raises(exposures.Refused, match="It is still open"):
        exposures.verify(add(incident), how="Looked.", actor=somebody)


def test_it_is_verified_once_by_a_person_who_says_how(incident, somebody):
    row = add(incident, until=NOW)
    with pytest.raises(exposures.Refused, match="how: say how it was checked"):
        exposures.verify(row, how="", actor=somebody)
    with pytest.raises(exposures.Refused, match="Only a person"):
        exposures.verify(row, how="Looked.", actor=make.SYSTEM)
    row = exposures.verify(row, how="Opened it: refused.", actor=somebody)
    assert row.state == "exposure_verified"
    with pytest.raises(exposures.Refused, match="verified already"):
        exposures.verify(row, how="Again.", actor=somebody)


@pytest.mark.parametrize("change", [{"until": NOW - HOUR}, {"until": None}, {"location": "s3://b"}])
def test_what_changes_the_end_or_the_place_must_be_verified_anew(incident, change):
    chief = make.user()
    grants.admit(incident, level="manage", person=chief, reason="Runs it.", actor=make.SYSTEM)
    row = close(add(incident), make.actor(chief))
    row = correct(row, make.actor(chief), **change)
    assert (row.verified_at, row.verified_by, row.verified_how) == (None, None, "")


def test_what_changes_anything_else_leaves_it_verified(incident, somebody):
    assert correct(close(add(incident), somebody), somebody, people_known=3).verified_at


def test_who_may_not_read_the_place_cannot_replace_it_and_keeps_it_otherwise(incident, somebody):
    row = add(incident, make.actor(make.user()), location="s3://payroll")
    with pytest.raises(exposures.Refused, match="location: withheld"):
        correct(row, somebody, location="s3://mine")
    assert correct(row, somebody, people_known=3).location == "s3://payroll"


def test_whoever_contributes_says_where_it_lies_if_nobody_has_yet(incident, somebody):
    row = correct(add(incident, make.actor(make.user())), somebody, location="s3://payroll")
    assert (row.location, row.located_by) == ("s3://payroll", somebody.user)


def test_what_was_named_once_is_not_named_anew_by_who_may_not_read_it(incident, somebody):
    row = add(incident, make.actor(make.user()), location="s3://payroll")
    row = correct(row, make.actor(row.located_by), location="")
    assert row.location == ""
    with pytest.raises(exposures.Refused, match="location: withheld"):
        correct(row, somebody, location="s3://mine")
