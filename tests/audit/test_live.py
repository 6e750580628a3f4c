"""Somebody with all rights on the database edits rows and leaves the record alone."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.functions import Function
from accounts.models import Scope
from audit import credentials, live, looking, people, recorded, verification
from audit.differences import DIFFERS, GONE, UNHEARD
from incidents import grants, roles
from incidents.models import AccessGrant, IncidentUserPermission, Role
from programs import breadth, collectors, keys, running
from programs.models import Pause, StopOrder
from severity.ladder import Sev
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(functions):
    """One that paused its program, and has a commander."""
    return make.incident(Sev.SEV1, reporter=make.user())


@pytest.fixture
def functions(monkeypatch):
    """Tests give functions without a word to the record; Andon does not."""
    known = [each for each in live._known if "functions" not in str(each.model)]
    monkeypatch.setattr(live, "_known", known)


def found(model=""):
    """Return what differs from the record: (what, key, field, live, recorded) of one model."""
    rows = live.differences([])
    return [
        (row.what, row.key, row.field, row.live, row.recorded)
        for row in rows
        if not model or row.model == model
    ]


def test_what_the_domain_did_differs_nowhere(incident, engine):
    make.lease(make.collector(incident.program))
    engine.forward(hours=2)
    person = make.user()
    grants.admit(
        incident, level="view", reason="Knows the store.", person=person, actor=make.SYSTEM
    )
    roles.give(incident, Role.SCRIBE, person=person, actor=make.SYSTEM)
    grants.end(incident.grants.get(person=person, level="view"), actor=make.SYSTEM)
    make.judged(incident, Sev.SEV0)
    assert found() == []


def test_a_level_that_was_edited_is_found(incident):
    plant.sql("UPDATE incidents_incident SET (sev, counts_as) = (4, 4)")
    assert found("incidents.Incident")[:2] == [
        (DIFFERS, f"{incident.pk}", "counts_as", "4", "1"),
        (DIFFERS, f"{incident.pk}", "sev", "4", "1"),
    ]


def test_a_level_that_was_edited_in_its_history_too_is_found_by_the_record(incident):
    plant.sql("UPDATE incidents_incident SET (sev, counts_as) = (4, 4)")
    plant.sql("UPDATE incidents_historicalincident SET (sev, counts_as) = (4, 4)")
    assert {field for _what, _key, field, _live, _said in found()} == {"counts_as", "sev"}


def test_a_status_that_was_edited_is_found(incident):
    plant.sql("UPDATE incidents_incident SET status = 'dismissed'")
    row = (DIFFERS, f"{incident.pk}", "status", "dismissed", "reported")
    assert row in found("incidents.Incident")


def test_any_other_field_is_found_by_its_history_and_its_text_is_not_told(incident):
    plant.sql("UPDATE incidents_incident SET title = 'Nothing happened', is_drill = true")
    assert found() == [
        (DIFFERS, f"{incident.pk}", "title", "(text)", "(text)"),
        (DIFFERS, f"{incident.pk}", "is_drill", "true", "false"),
    ]


def test_a_stop_order_that_was_edited_is_found(incident):
    order = StopOrder.objects.get()
    assert order.proof == "paused_proven"
    make.collector(incident.program)
    plant.sql("UPDATE programs_stoporder SET proof = 'pausing'")
    key = f"{order.program_id} {order.generation}"
    assert (DIFFERS, key, "proof", "pausing", "paused_proven") in found("programs.StopOrder")


def test_a_stop_order_that_was_removed_is_found(incident):
    order = StopOrder.objects.get()
    plant.sql("UPDATE programs_pause SET order_id = NULL")
    plant.sql("DELETE FROM programs_stoporder")
    assert (GONE, f"{order.program_id} {order.generation}", "", "", "") in found()
    assert (GONE, f"{order.pk}", "", "", "") in found()


def test_a_pause_that_was_lifted_behind_the_record_is_found(incident):
    holder = Pause.objects.get().holder
    plant.sql("UPDATE programs_pause SET lifted_at = now()")
    key = f"{incident.program_id} {holder}"
    assert (DIFFERS, key, "in_force", "0", "1") in found("programs.Pause")


def test_a_program_that_goes_on_by_an_edit_is_found(incident):
    plant.sql("UPDATE programs_program SET state = 'collecting'")
    row = (DIFFERS, f"{incident.program_id}", "state", "collecting", "paused")
    assert row in found("programs.Program")


def test_a_grant_that_was_slipped_in_is_found(incident):
    somebody = make.user()
    AccessGrant.objects.create(
        incident=incident, person=somebody, level="view", reason="-", granted_by="-"
    )
    key = f"{incident.pk} person:{somebody.pk} view"
    assert found() == [(UNHEARD, key, "", "", "")]


def test_a_permission_without_a_grant_is_found(incident):
    somebody, view = make.user(), IncidentUserPermission.objects.model.permission.field
    permission = view.related_model.objects.get(codename="close_incident")
    IncidentUserPermission.objects.create(
        content_object=incident, permission=permission, user=somebody
    )
    key = f"{incident.pk} person:{somebody.pk} close_incident"
    assert found() == [(UNHEARD, key, "", "", "")]


def test_a_function_that_nobody_gave_is_found():
    operator = make.actor(make.user(Function.OPERATOR))
    given = {"email": "rosa@demo.example", "password": "quiet-otter-lamp-41"}
    person = people.add("rosa", actor=operator, **given)
    people.give(person, [Function.AUDITOR], actor=operator)
    assert not [row for row in found() if row[1].startswith(f"{person.pk} ")]
    plant.sql("DELETE FROM accounts_user_groups WHERE user_id = %s", person.pk)
    assert (GONE, f"{person.pk} auditor", "", "", "") in found()
    # Given by tests alone, past the record.
    assert (UNHEARD, f"{operator.user.pk} operator", "", "", "") in found()


# --- What opens doors


@pytest.fixture
def rosa(functions):
    given = {"email": "rosa@demo.example", "password": "quiet-otter-lamp-41"}
    return people.add("rosa", actor=make.SYSTEM, **given)


def test_a_team_that_somebody_was_put_into_is_found(rosa):
    plant.sql("INSERT INTO auth_group (name) VALUES ('storage')")
    plant.sql(
        "INSERT INTO accounts_user_groups (user_id, group_id)"
        " SELECT %s, id FROM auth_group WHERE name = 'storage'",
        rosa.pk,
    )
    [comparison] = [each for each in recorded.COMPARISONS if each.model.endswith("functions")]
    rows = [(row.what, row.key) for row in comparison.differences([])]
    assert (UNHEARD, f"{rosa.pk} storage") in rows


def test_a_password_that_was_put_there_is_found(rosa):
    assert found("accounts.User") == []
    plant.sql("UPDATE accounts_user SET password = 'md5$salt$guessed' WHERE id = %s", rosa.pk)
    [(what, key, field, live_, said)] = found("accounts.User")
    assert (what, key, field) == (DIFFERS, f"{rosa.pk}", "password")
    assert "guessed" not in live_ + said


def test_a_password_kept_by_a_newer_hash_is_known_and_one_put_there_before_is_not(rosa, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    was = rosa.password
    assert rosa.check_password("quiet-otter-lamp-41")
    assert rosa.password != was
    assert found("accounts.User") == []
    plant.sql(
        "UPDATE accounts_user SET password = %s WHERE id = %s",
        make_password("guess-me", hasher="md5"),
        rosa.pk,
    )
    rosa.refresh_from_db()
    assert rosa.check_password("guess-me")
    assert [row[:3] for row in found("accounts.User")] == [(DIFFERS, f"{rosa.pk}", "password")]


def test_of_a_person_added_before_passwords_were_recorded_nothing_is_said(functions):
    make.user()
    looked = []
    assert not list(live.differences(looked))
    [line] = [each for each in looked if each.fields == ("password",)]
    assert (line.rows, line.unsaid) == (1, 1)


def test_a_token_with_another_secret_or_slipped_in_is_found(rosa):
    until = timezone.now() + timedelta(days=1)
    told = {"label": "scan", "scopes": [Scope.READ], "expires_at": until, "actor": make.SYSTEM}
    token, _text = credentials.issue(rosa, **told)
    assert found("accounts.ApiToken") == []
    plant.sql("UPDATE accounts_apitoken SET secret_hash = repeat('0', 64)")
    assert [row[:3] for row in found("accounts.ApiToken")] == [(DIFFERS, f"{token.pk}", "secret")]
    token.pk, token.key_id = None, "another"
    token.save(force_insert=True)
    assert (UNHEARD, f"{token.pk}", "", "", "") in found("accounts.ApiToken")


def test_a_key_of_a_collector_or_a_program_with_another_secret_is_found(functions):
    program = make.program()
    key, _text = collectors.issue_key(make.collector(program), actor=make.SYSTEM)
    other, _text = keys.issue_for_ingest(program, label="lake", actor=make.actor(program.owner))
    assert found() == []
    for table in ("programs_collectorkey", "programs_programkey"):
        plant.sql(f"UPDATE {table} SET secret_hash = repeat('0', 64)")
    assert [row[:3] for row in found()] == [
        (DIFFERS, f"{key.collector_id} {key.key_id}", "secret"),
        (DIFFERS, f"{program.pk} {other.key_id}", "secret"),
    ]


def test_a_permission_on_a_program_that_nobody_gave_is_found(functions):
    program, helper = make.program(), make.user()
    told = {"reason": "On the team.", "actor": make.actor(program.owner)}
    running.add(program, helper, **told)
    assert found() == []
    running.end(program, helper, **told)
    assert found() == []
    assign_perm("programs.respond_program", helper, program)
    key = f"{program.pk} person:{helper.pk} respond_program"
    assert found() == [(UNHEARD, key, "", "", "")]


def test_who_responds_for_a_program_is_compared(functions):
    program, helper = make.program(), make.user()
    officer, responder = make.user(Function.PRIVACY_OFFICER), breadth.Responder(helper, None)
    told = {"reason": "On the team.", "actor": make.actor(officer)}
    breadth.add(program, responder, **told)
    assert found() == []
    breadth.end(program, responder, **told)
    assert found() == []
    breadth.add(program, responder, **told)
    plant.sql("DELETE FROM programs_programuserpermission")
    assert found() == [(GONE, f"{program.pk} person:{helper.pk} respond_program", "", "", "")]


def test_a_permission_that_was_taken_without_a_word_is_found(functions):
    program, helper = make.program(), make.user()
    running.add(program, helper, reason="On the team.", actor=make.actor(program.owner))
    plant.sql("DELETE FROM programs_programuserpermission")
    assert found() == [(GONE, f"{program.pk} person:{helper.pk} run_program", "", "", "")]


def test_what_the_record_does_not_say_is_counted_and_not_called_clean(incident):
    edit = "UPDATE audit_entry SET body = replace(body, '\"level\"', '\"height\"')"
    plant.sql(f"{edit} WHERE action IN ('incident.reported', 'severity.set')")
    looked = []
    assert not list(live.differences(looked))
    (line,) = [each for each in looked if each.model == "incidents.Incident"][:1]
    assert (line.rows, line.unsaid) == (1, 2)


def test_a_body_that_cannot_be_read_ends_nothing(incident):
    plant.sql("UPDATE audit_entry SET body = '[' WHERE action = 'severity.set'")
    plant.sql("UPDATE audit_entry SET body = '{\"facts\":[]}' WHERE action = 'access.granted'")
    assert {row[0] for row in found()} == {UNHEARD}


def test_it_needs_no_more_queries_for_more_rows(incident, django_assert_max_num_queries):
    for _number in range(3):
        make.incident()
    with django_assert_max_num_queries(len(live._known)):
        assert found() == []


# --- As it is told


@pytest.fixture
def edited(incident):
    plant.sql("UPDATE incidents_incident SET (sev, counts_as) = (4, 4)")
    return incident


def test_the_command_tells_each_row_and_what_was_compared(edited, capsys):
    with pytest.raises(SystemExit):
        call_command("verify_audit")
    said = capsys.readouterr().out
    row = f"incidents.Incident {edited.pk}: live row differs: counts_as is '4', recorded '1'\n"
    assert row in said
    assert "1 live rows of incidents.Incident compared with their record: counts_as, sev" in said
    assert said.endswith("No other table was compared.\n")


def test_the_report_as_json_has_each_row(edited, capsys):
    with pytest.raises(SystemExit):
        call_command("verify_audit", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["clean"], said["flaws"]) == (False, [])
    assert said["live"][0] == {
        "what": "live row differs",
        "model": "incidents.Incident",
        "key": str(edited.pk),
        "field": "counts_as",
        "live": "4",
        "recorded": "1",
    }


@pytest.mark.parametrize("options", [["--no-live"], ["--since", "2026-01-01"]])
def test_without_a_comparison_it_says_so(edited, capsys, options):
    call_command("verify_audit", *options)
    said = capsys.readouterr().out
    assert "Note: No live row was compared with what the record says of it.\n" in said
    assert "live rows of" not in said


def test_the_daily_look_compares_and_the_page_of_the_record_tells(edited, client):
    auditor = make.user(Function.AUDITOR)
    row = looking.ask(actor=make.actor(auditor))
    looking.look(row.pk)()
    client.force_login(auditor)
    page = client.get("/record/").content.decode()
    assert "Rows were changed behind the record." in page
    assert "counts_as is 4, recorded 1" in " ".join(page.split())
    assert "Which live rows were compared" in page


def test_many_differences_are_counted_and_not_kept(edited, monkeypatch):
    monkeypatch.setattr(verification, "MOST_FLAWS", 1)
    report = verification.verify(rows=True)
    assert (len(report.live), report.clean) == (1, False)
    assert report.wrong == 1 + report.more > 2
