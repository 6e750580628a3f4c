"""Incidents of the past come in closed, once each, and set nothing off."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.functions import Function
from audit.models import Due, Entry, OutboxEvent
from audit.verification import verify
from incidents import historic, importing, measuring, redacted
from incidents.importing import File
from incidents.models import (
    Import,
    Imported,
    ImportFault,
    ImportPart,
    Incident,
    Obligation,
    RuleFiring,
    RunbookRun,
)
from programs.models import Pause
from severity.models import Assessment
from tests import make
from tests.severity.test_veris import FULL

pytestmark = pytest.mark.django_db

NO_DAY = "'2025-11-31' is no day of the calendar; such as 2026-06-18T08:30:00Z."
HEAD = "source_id,title,reported_at,severity,what,whose,people_known,occurred_from,contained_at\n"
ROW = "T-{n},Folder open to all,2025-03-0{d},{sev},Transcripts,employees,70,2025-03-01,2025-03-09\n"


@pytest.fixture
def officer():
    return make.officer()


def table(*rows, head=HEAD):
    return head + "".join(rows)


def row(n, *, sev="SEV 1", d=2):
    return ROW.format(n=n, sev=sev, d=d)


def take(text, officer, form="csv", source="Old tracker"):
    content = text if isinstance(text, bytes) else text.encode()
    return importing.take_in(File(io.BytesIO(content), f"old.{form}", form, source), actor=officer)


def filed(text, officer, **named):
    run = importing.confirm(take(text, officer, **named), actor=officer, by_engine=False)
    part = 1
    while importing.work(run.pk, part, by_engine=False):
        part += 1
    run.refresh_from_db()
    return run


def counts(run):
    return run.made, run.repeated, run.refused


def faults(run):
    return [(each.row, each.field, each.reason) for each in run.faults.all()]


def test_a_row_becomes_a_closed_incident_with_all_that_it_says(officer):
    run = filed(table(row(1)), officer)
    assert (run.state, counts(run)) == (Import.State.DONE, (1, 0, 0))
    made = Incident.objects.get()
    assert (made.title, made.status, made.sev, made.peak_sev) == (
        "Folder open to all",
        "closed",
        1,
        1,
    )
    assert made.reported_at == datetime(2025, 3, 2, tzinfo=UTC)
    assert made.closed_at == made.contained_at == datetime(2025, 3, 9, tzinfo=UTC)
    assert made.restricted
    exposed = made.exposures.get()
    assert (exposed.what, exposed.whose, exposed.people_known) == ("Transcripts", "employees", 70)
    assert (made.imported.source, made.imported.source_id) == ("Old tracker", "T-1")
    assert made.history.get().history_user == officer.user
    assert make.sees(officer.user, made)
    assert not make.sees(make.user(Function.COMMANDER), made)


def test_nothing_fires_nobody_is_paged_and_no_clock_starts(officer):
    program = make.program()
    events, due = OutboxEvent.objects.count(), Due.objects.count()
    head = HEAD.replace("\n", ",program,aware_at\n")
    text = table(row(1, sev="0").replace("\n", f",{program.slug},2025-03-03\n"), head=head)
    run = filed(text, officer)
    assert counts(run) == (1, 0, 0)
    assert Incident.objects.get().program == program
    for model in (RuleFiring, Obligation, RunbookRun, Pause):
        assert not model.objects.exists()
    assert (OutboxEvent.objects.count(), Due.objects.count()) == (events, due)
    program.refresh_from_db()
    assert program.runs


def test_the_record_holds_each_incident_and_stands(officer):
    filed(table(row(1), row(2)), officer)
    for made in Incident.objects.all():
        actions = Entry.objects.filter(stream=f"incident:{made.pk}").values_list(
            "action", flat=True
        )
        assert sorted(actions) == ["access.granted", "incident.imported", "timeline.written"]
    acts = Entry.objects.filter(stream=f"import:{Import.objects.get().pk}")
    assert list(acts.order_by("seq").values_list("action", flat=True)) == [
        "import.taken_in",
        "import.confirmed",
        "import.done",
    ]
    assert verify().clean


def test_the_same_file_again_makes_nothing_new_and_other_words_are_refused(officer):
    filed(table(row(1), row(2)), officer)
    again = filed(table(row(1), row(2, sev="SEV 4"), row(3), row(3)), officer)
    assert counts(again) == (1, 2, 1)
    ref = Imported.objects.get(source_id="T-2").incident.ref
    said = f"came before with other words, as {ref}; that stays as it is."
    assert faults(again) == [(3, "source_id", said)]
    assert Incident.objects.get(imported__source_id="T-2").sev == 1
    assert counts(filed(table(row(1)), officer, source="Another")) == (1, 0, 0)


def test_three_broken_rows_of_many_are_named_and_the_rest_is_kept(officer):
    good = [row(n) for n in range(1, 700)]
    good[99] = row(100, sev="SEV 9")
    good[299] = ROW.format(n=300, sev=1, d=2).replace("2025-03-09", "2025-11-31")
    good[499] = ROW.format(n=500, sev=1, d=2).replace("2025-03-09", "2024-03-09")
    run = filed(table(*good), officer)
    assert counts(run) == (696, 0, 3)
    assert faults(run) == [
        (101, "severity", "'SEV 9' is no level; from SEV 0, the worst, to SEV 5."),
        (
            301,
            "contained_at",
            "'2025-11-31' is no day of the calendar; such as 2026-06-18T08:30:00Z.",
        ),
        (501, "contained_at", "lies before occurred_from; give a time from then on."),
    ]
    assert not any(part.rows for part in run.parts.all())


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("title", "", "is needed."),
        ("title", "x" * 201, "201 characters; at most 200 are allowed."),
        ("reported_at", "2999-01-01", "lies in the future; give a time until now."),
        ("reported_at", "1999-01-01", "lies before 2000; give a time from then until now."),
        ("people_known", "-4", "'-4' is no whole number from 0."),
        ("people_known", "9999999999", "9999999999 is not from 0 to 8500000000; more"),
        ("whose", "martians", "'martians' is none of: employees"),
        ("program", "none-such", "there is no program 'none-such' that you may know of."),
        ("authority_told", "perhaps", "'perhaps' is neither yes nor no."),
        ("kinds", "keystrokes;dreams", "'dreams' is none of: keystrokes"),
    ],
)
def test_what_cannot_be_names_the_row_the_field_and_the_reason(column, cell, reason, officer):
    cells = {"source_id": "1", "title": "t", "reported_at": "2025-01-01"} | {column: cell}
    text = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    run = filed(text, officer)
    ((number, field, said),) = faults(run)
    assert (number, field) == (2, column)
    assert said.startswith(reason)
    assert not Incident.objects.exists()


def test_a_level_that_no_file_states_is_undetermined_and_counts_as_the_worst_plausible(officer):
    filed("source_id,title,reported_at\n1,Something,2025-01-01\n", officer)
    made = Incident.objects.get()
    assert made.sev is None
    assert made.assessment.kind == Assessment.Kind.IMPORTED
    assert made.assessment.undetermined
    assert made.counts_as == made.assessment.level


def test_a_file_without_a_needed_column_waits_for_it(officer):
    run = take("nr,what happened,when\n1,Open folder,2025-01-01\n", officer)
    with pytest.raises(importing.Refused, match="source_id: no column tells it"):
        importing.confirm(run, actor=officer)
    mapping = {"source_id": 0, "title": 1, "reported_at": 2}
    with pytest.raises(importing.Refused, match="column 7 is none"):
        importing.choose(run, mapping | {"detail": 7}, actor=officer)
    with pytest.raises(importing.Refused, match="One column tells one thing"):
        importing.choose(run, mapping | {"detail": 2}, actor=officer)
    importing.choose(run, mapping, actor=officer)
    assert importing.confirm(run, actor=officer).state == Import.State.RUNNING
    with pytest.raises(importing.Refused, match="This import is running"):
        importing.choose(run, mapping, actor=officer)


def test_a_part_that_is_worked_off_twice_is_filed_once(officer):
    run = importing.confirm(take(table(row(1)), officer), actor=officer)
    assert Due.objects.get(kind=importing.WORK).priority == 9
    importing.work(run.pk, 1)
    importing.work(run.pk, 1)
    assert Incident.objects.count() == 1


def test_whoever_is_no_privacy_officer_any_more_files_nothing_further(officer):
    run = importing.confirm(take(table(row(1)), officer), actor=officer)
    officer.user.groups.clear()
    importing.work(run.pk, 1)
    run.refresh_from_db()
    assert run.state == Import.State.DROPPED
    assert not Incident.objects.exists()


def test_a_file_that_is_dropped_is_forgotten(officer):
    run = take(table(row(1)), officer)
    importing.drop(run, actor=officer)
    assert not ImportPart.objects.exists()
    with pytest.raises(importing.Refused, match="dropped"):
        importing.confirm(run, actor=officer)


def test_only_privacy_officers_import(officer):
    with pytest.raises(importing.Refused, match="Only privacy officers"):
        take(table(row(1)), make.actor(make.user(Function.COMMANDER)))


def test_what_a_formula_hid_behind_is_taken_off_again(officer):
    filed("source_id,title,reported_at\n1,'=2+2,2025-01-01\n", officer)
    assert Incident.objects.get().title == "=2+2"


# --- VERIS


def veris(*given):
    return json.dumps(given).encode()


def test_a_veris_record_comes_in_provisional_with_what_was_assumed(officer):
    run = filed(veris(FULL), officer, form="veris")
    assert counts(run) == (1, 0, 0)
    made = Incident.objects.get()
    assert (made.imported.source, made.imported.source_id) == ("invented", "a-0001")
    assert made.sev is None
    assert made.assessment.facts["assumed"]
    assert made.assessment.trace
    assert made.occurred_from == datetime(2026, 4, 30, tzinfo=UTC)
    assert made.reported_at == datetime(2026, 6, 18, tzinfo=UTC)
    assert made.exposures.get().whose == "employees"
    # A count of records is no count of people.
    assert made.exposures.get().people_known is None


def test_an_impossible_day_and_a_removed_word_are_named_and_the_record_kept(officer):
    timeline = {"incident": {"year": 2025, "month": 11, "day": 31}}
    action = {"error": {"variety": "Omission", "vector": "Carelessness"}}
    given = FULL | {"timeline": timeline, "action": action}
    run = filed(veris(given), officer, form="veris")
    assert counts(run) == (1, 0, 0)
    assert [(f.row, f.field, f.refused) for f in run.faults.all()] == [
        (1, "timeline.incident", False),
        (1, "action.error.variety", False),
    ]
    assert "2025-11-31 is no day" in run.faults.first().reason
    assert Incident.objects.get().occurred_from == datetime(2025, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"security_incident": "Perhaps"}, "security_incident"),
        ({"timeline": {"incident": {"month": 4}}}, "timeline.incident.year"),
        ({"timeline": {"incident": {"year": 1999}}}, "timeline.incident.year"),
        ({"discovery_method": 7}, "discovery_method"),
        ({"actor": "external"}, "actor"),
    ],
)
def test_a_record_that_is_wrong_names_its_field_and_the_others_are_kept(changed, field, officer):
    run = filed(veris(FULL | changed, FULL), officer, form="veris")
    assert counts(run) == (1, 0, 1)
    ((number, where, reason),) = faults(run)
    assert (number, where) == (1, field)
    assert reason


def test_a_false_positive_is_dismissed_and_a_near_miss_is_one(officer):
    false = FULL | {"security_incident": "False positive", "incident_id": "a-2"}
    near = FULL | {"security_incident": "Near miss", "incident_id": "a-3"}
    filed(veris(false, near), officer, form="veris")
    kinds = Incident.objects.order_by("number").values_list("status", "kind")
    assert list(kinds) == [("dismissed", "exposure"), ("closed", "near_miss")]


# --- The command


def run_command(path, officer, *options, form="csv"):
    out, err = io.StringIO(), io.StringIO()
    code = 0
    who = ("--as", officer.user.username, "--format", form)
    try:
        call_command("import_incidents", str(path), *who, *options, stdout=out, stderr=err)
    except CommandError as error:
        code = error.returncode
    return code, json.loads(out.getvalue() or "{}"), err.getvalue()


def test_the_command_says_what_came_of_it_and_writes_the_rejects(officer, tmp_path):
    path, rejects = tmp_path / "old.csv", tmp_path / "rejects.csv"
    path.write_text(table(row(1), row(2, sev="9"), row(3)), encoding="utf-8")
    code, said, _err = run_command(path, officer, "--rejects", str(rejects))
    assert (code, said) == (2, {"rows": 3, "made": 2, "repeated": 0, "refused": 1})
    (wrong,) = csv.DictReader(io.StringIO(rejects.read_text(encoding="utf-8")))
    assert (wrong["row"], wrong["source_id"], wrong["field"]) == ("3", "T-2", "severity")
    assert "T-2" in wrong["text"]
    assert not Due.objects.filter(kind=importing.WORK).exists()


def test_a_dry_run_says_the_same_and_writes_nothing(officer, tmp_path):
    path = tmp_path / "old.csv"
    path.write_text(table(row(1), row(2, sev="9"), row(3)), encoding="utf-8")
    before = Entry.objects.count()
    code, said, err = run_command(path, officer, "--dry-run")
    assert (code, said) == (2, {"rows": 3, "made": 2, "repeated": 0, "refused": 1})
    assert "severity" in err
    assert not Import.objects.exists()
    assert Entry.objects.count() == before
    _code, said, _err = run_command(path, officer)
    assert said["made"] == 2
    _code, said, _err = run_command(path, officer, "--dry-run")
    assert (said["made"], said["repeated"]) == (0, 2)


def test_the_command_takes_columns_by_other_names(officer, tmp_path):
    path = tmp_path / "old.csv"
    path.write_text("nr,was,wann\n1,Open,2025-01-01\n", encoding="utf-8")
    code, _said, _err = run_command(path, officer)
    assert code == 2
    assert not ImportPart.objects.exists()
    maps = [f"--map={each}" for each in ("source_id=nr", "title=was", "reported_at=wann")]
    code, said, _err = run_command(path, officer, *maps)
    assert (code, said["made"]) == (0, 1)


def test_a_file_that_is_not_there_is_named(officer, tmp_path):
    path = tmp_path / "none.csv"
    with pytest.raises(CommandError, match="none.csv: No such file"):
        call_command("import_incidents", str(path), "--as", officer.user.username, format="csv")


def test_codenames_of_the_past_are_long_ones_that_nobody_else_has(officer):
    filed(table(*(row(n) for n in range(1, 30))), officer)
    names = list(Incident.objects.values_list("codename", flat=True))
    assert len(set(names)) == 29
    assert all(name.split()[-1].isdigit() for name in names)


def test_an_imported_incident_can_be_read_of_as_any_other(officer):
    program = make.program()
    head = HEAD.replace("\n", ",program\n")
    filed(table(row(1).replace("\n", f",{program.slug}\n"), head=head), officer)
    filed(veris(FULL), officer, form="veris")
    assert redacted.of(program)
    assert historic.known([]) == {}
    assert not ImportFault.objects.exists()


def test_what_is_imported_counts_in_the_figures_at_once_and_a_recount_finds_the_same(officer):
    filed(table(row(1), row(2, d=3)), officer)
    figures, spreads = measuring.sums()
    assert {(str(each[1]), each[4]) for each in figures if each[0] == "day"} == {
        ("2025-03-02", 1),
        ("2025-03-03", 1),
    }
    measuring.recount()
    assert measuring.sums() == (figures, spreads)
