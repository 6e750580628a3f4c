"""Programs: seen by all who may pull the cord, run by their owners."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.functions import Function
from programs import attestation, pauses, presence, stops, violations
from programs.evidence import Shown
from programs.models import GateProcess, Program, State, StopProof
from programs.presence import Beat
from programs.violations import Old
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db


def path(program, ending=""):
    return f"/programs/{program.slug}/{ending}"


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def owner(program):
    return Reader(program.owner)


def test_everybody_signed_in_may_pause(program, reporter):
    answer = reporter.post(path(program, "pause/"), reason="I see names.")
    assert answer.status_code == 302
    program.refresh_from_db()
    assert program.state == State.PAUSED
    page = reporter.reads(path(program))
    assert "Held by Pulled by hand" in page
    assert "I see names." in page
    assert reporter.person.name not in page.replace("You: ", "").partition("Skip to content")[0]


def test_no_reason_is_asked_first(program, reporter):
    assert reporter.post(path(program, "pause/")).status_code == 302
    assert program.pauses.in_force().exists()


def test_a_draft_is_not_there_for_everybody(reporter):
    hidden = make.draft()
    assert reporter.get(path(hidden)).status_code == 404
    assert reporter.post(path(hidden, "pause/")).status_code == 404
    assert hidden.name not in reporter.reads("/programs/")


def test_the_bound_stands_on_the_page(program, reporter):
    page = reporter.reads(path(program))
    assert "a collector stops within 13 s of a pause" in page


def test_an_officer_approves_and_the_owner_starts(officer):
    made = make.cleared(make.draft())
    owner = Reader(made.owner)
    assert owner.post(path(made, "approve/")).status_code == 403
    officer.post(path(made, "approve/"))
    assert officer.post(path(made, "start/")).status_code == 403
    owner.post(path(made, "start/"))
    made.refresh_from_db()
    assert made.state == State.COLLECTING


def test_what_is_not_shown_keeps_it_from_starting_and_the_page_says_so(officer):
    made = make.draft()
    owner = Reader(made.owner)
    officer.post(path(made, "approve/"))
    assert "It can start once every control that blocks is valid." in owner.reads(path(made))
    answer = owner.post(path(made, "start/"))
    assert answer.status_code == 409
    assert "Controls that are not valid: T01 Tested." in words(answer)


def test_starting_twice_is_refused_with_a_sentence(program, owner):
    answer = owner.post(path(program, "start/"))
    assert answer.status_code == 409
    assert "only an approved program can start" in words(answer)


def test_its_owner_ends_it_with_a_reason(program, owner):
    assert owner.post(path(program, "retire/"), reason="").status_code == 422
    owner.post(path(program, "retire/"), reason="The study is over.")
    program.refresh_from_db()
    assert program.state == State.RETIRED
    assert "Pause now" not in owner.reads(path(program))


def test_only_insiders_and_the_owner_see_machines(program, owner, reporter):
    collector = make.collector(program)
    assert collector.name in owner.reads(path(program))
    assert collector.name in reader(Function.RESPONDER).reads(path(program))
    assert collector.name not in reporter.reads(path(program))


def test_those_who_see_machines_see_which_gates_answer(program, owner, reporter):
    for ident, streams in ((uuid4(), 1), (uuid4(), 2)):
        presence.note([Beat(ident, f"https://gate-{streams}.example", "host", streams)])
    GateProcess.objects.filter(streams=1).update(seen_at=timezone.now() - timedelta(minutes=1))

    page = words(owner.get(path(program)))

    assert "https://gate-2.example answers; 2 collectors listen" in page
    assert "https://gate-1.example silent since" in page
    assert "gate-2.example" not in reporter.reads(path(program))


def stopped(program):
    """One collector that has acknowledged a pause and one that says nothing."""
    said, silent = make.collector(program), make.collector(program)
    make.lease(said)
    make.lease(silent)
    pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner))
    order = program.stop_orders.get()
    word = stops.Acknowledgement(
        said.pk, program.pk, order.generation, order.ordered_at, "discarded", 3
    )
    stops.acknowledge([word])
    return order


def test_each_collector_is_accounted_for(program, owner):
    order = stopped(program)
    page = owner.get(path(program))
    assert "1 of 2 collectors stopped" in words(page)
    assert "Stopped, acknowledged" in words(page)
    assert "Pause sent, not confirmed" in words(page)
    assert page.content.decode().count("<use ") == 2

    stops.close(order.pk)
    assert "Paused, proven" in owner.reads(path(program))
    assert "Lease ran out" in owner.reads(path(program))


def test_a_violation_is_named(program, owner):
    order = stopped(program)
    order.proofs.filter(state=StopProof.State.UNKNOWN).update(state=StopProof.State.VIOLATION)
    assert "Violation" in owner.reads(path(program))


def test_what_was_refused_stands_beside_the_stop(program, owner):
    order = stopped(program)
    silent = order.proofs.get(state=StopProof.State.UNKNOWN)
    late, violating = order.ordered_at, order.deadline_at + timedelta(seconds=1)
    assert "stamps refused" not in owner.reads(path(program))
    for number, at in enumerate((late, late, violating)):
        old = Old(silent.collector_id, order.generation - 1, at, str(number))
        violations.count(program.pk, [old], by=make.SYSTEM)
    page = owner.reads(path(program))
    assert "3 stamps refused, 1 violation where records come in" in page
    assert "Violation 3 stamps refused" in owner.reads(path(program, f"stops/{order.generation}/"))


NEW = {
    "name": "Gaze study",
    "slug": "gaze-study",
    "purpose": "Learn where people look.",
    "categories": ["biometrics"],
    "declared_audience": "The gaze team",
    "jurisdictions": "de, fr us-ca",
    "pause_at": "3",
    "lease_seconds": "10",
}


def test_an_owner_drafts_a_program():
    person = reader(Function.PROGRAM_OWNER)
    answer = person.post("/programs/new/", **NEW, owner=person.person.pk)
    assert answer["Location"] == "/programs/gaze-study/"
    made = Program.objects.get(slug="gaze-study")
    assert (made.state, made.jurisdictions, made.pause_at) == ("draft", ["DE", "FR", "US-CA"], 3)


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("slug", "new"),
        ("pause_at", "1"),
        ("lease_seconds", "61"),
        ("jurisdictions", "Germany"),
        ("categories", "thoughts"),
        ("name", ""),
    ],
)
def test_an_odd_draft_is_refused_at_its_field(field, sent):
    person = reader(Function.PROGRAM_OWNER)
    answer = person.post("/programs/new/", **(NEW | {field: sent}), owner=person.person.pk)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Program.objects.exists()


def test_a_taken_name_is_refused(program):
    person = reader(Function.PROGRAM_OWNER)
    fields = NEW | {"slug": program.slug, "owner": person.person.pk}
    answer = person.post("/programs/new/", **fields)
    assert answer.status_code == 422
    assert "slug" in answer.context["form"].errors


def test_an_owner_gives_a_program_to_nobody_else_but_an_officer_may(officer):
    person, other = reader(Function.PROGRAM_OWNER), make.user(Function.PROGRAM_OWNER)
    refused = person.post("/programs/new/", **NEW, owner=other.pk)
    assert "owner" in refused.context["form"].errors
    officer.post("/programs/new/", **NEW, owner=other.pk)
    assert Program.objects.get().owner == other


def test_a_reporter_drafts_none(reporter):
    assert reporter.get("/programs/new/").status_code == 403
    assert reporter.post("/programs/new/", **NEW).status_code == 403


def test_the_level_that_stopped_it_is_told_to_those_alone_who_see_the_incident(
    program, reporter, officer
):
    incident = make.incident(Sev.SEV1, program=program)
    assert "SEV 1 stops" in words(officer.get(path(program)))
    told = words(reporter.get(path(program)))
    assert incident.codename in told
    assert "A rule of the organisation stopped it." in told
    assert "SEV 1 stops" not in told
    assert "pause-sev1" not in told


def test_why_a_control_holds_it_is_for_everybody(program, reporter, engine):
    control = attestation.control_of("T01")
    shown = Shown(note="x")
    attestation.attest_by_machine(program, control, shown, passed=False, actor=make.SYSTEM)
    engine.work()
    told = words(reporter.get(path(program)))
    assert "Held by Control T01" in told
    assert "Tested: what was attested ended 20" in told
    assert "Until each is valid nobody can let it go on." in told
