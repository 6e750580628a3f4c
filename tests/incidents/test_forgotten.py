"""What goes on from part to part goes on though a part is given up, or its process was killed."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from audit import clockwork, reconciling, reviving
from audit.models import Due, Finding
from incidents import forgotten, importing, reclocking, rethinking, rulebook
from incidents.models import Import, Incident
from severity.ladder import Sev
from tests import make
from tests.incidents.test_importing import row, table, take
from tests.incidents.test_reclocking import NEW, aware
from tests.incidents.test_reclocking import incident as incident
from tests.incidents.test_reclocking import new_rules as new_rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make.officer()


def die(kind):
    """Give up the one row of a kind that waits."""
    row = Due.objects.waiting().get(kind=kind)
    row.state, row.finished_at, row.token, row.lease_until = Due.State.DEAD, Now(), None, None
    row.save()
    clockwork._tell_of_death(row)
    return row


def waiting(kind):
    return Due.objects.waiting().filter(kind=kind)


def begun(officer, monkeypatch):
    """An import of two parts, one filed, whose command was killed then."""
    monkeypatch.setattr(importing, "AT_ONCE", 1)
    run = take(table(row(1), row(2)), officer)
    importing.confirm(run, actor=officer, by_engine=False)
    assert importing.work(run.pk, 1, by_engine=False)
    return run


def test_an_import_whose_command_was_killed_is_gone_on_with(officer, monkeypatch, engine):
    run = begun(officer, monkeypatch)
    monkeypatch.setattr(forgotten, "SILENT", timedelta(0))
    reconciling.look()
    assert Finding.objects.get(check_name="import forgotten").mended
    engine.work()
    run.refresh_from_db()
    assert (run.state, Incident.objects.count()) == (Import.State.DONE, 2)


def test_an_import_that_a_command_files_right_now_is_left_to_it(officer, monkeypatch):
    begun(officer, monkeypatch)
    reconciling.look()
    assert not waiting(importing.WORK).exists()


def test_an_import_of_which_a_part_is_given_up_ends_and_can_be_done_again(officer, engine):
    run = importing.confirm(take(table(row(1)), officer), actor=officer)
    dead = die(importing.WORK)
    run.refresh_from_db()
    assert run.state == Import.State.DROPPED
    with pytest.raises(reviving.Refused, match="Import the file again"):
        reviving.try_again(dead.pk, actor=make.SYSTEM)
    importing.confirm(take(table(row(1)), officer), actor=officer)
    engine.work()
    assert Incident.objects.count() == 1


def test_clocks_behind_a_batch_that_is_given_up_are_reckoned(incident, new_rules, monkeypatch):
    monkeypatch.setattr(reclocking, "BATCH", 1)
    aware(other := make.incident(Sev.SEV2))
    other.obligations.update(rules_version="2026.11-1")
    reclocking.begin()
    die(reclocking.RECKON)
    assert waiting(reclocking.RECKON).get().payload["after"] == incident.pk


def test_a_later_migrate_tries_what_was_given_up_once_more(incident, new_rules, engine):
    reclocking.begin()
    die(reclocking.RECKON)
    assert not waiting(reclocking.RECKON).exists()
    reclocking.begin()
    engine.work()
    assert incident.obligations.get().rules_version == NEW


def test_clocks_that_nobody_planned_to_reckon_anew_are_found(incident, new_rules):
    reconciling.look()
    assert waiting(reclocking.RECKON).exists()
    assert Finding.objects.get(check_name="clocks forgotten").mended


def test_a_pass_of_the_rules_that_is_given_up_is_followed_by_the_next():
    clockwork.schedule_all([rethinking.next_pass("", clockwork.now())])
    dead = die(rethinking.ROUND)
    assert waiting(rethinking.ROUND).get().due_at > dead.due_at


def test_rules_in_force_that_no_pass_asks_are_found(monkeypatch):
    monkeypatch.setattr(rulebook, "in_force", lambda *_: ["a rule"])
    far = {
        "due_at": clockwork.now() + timedelta(days=30),
        "payload": {"name": "version-1", "after": 0},
    }
    clockwork.schedule(rethinking.ROUND, key="rules-pass:version-1:0", **far)
    assert list(forgotten.rules())
    assert waiting(rethinking.ROUND).count() == 2
    assert not list(forgotten.rules())
