"""The document of a stop: every collector, signed, and never another story later."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.seal import BadDocument, Seal, opened
from programs import confirmations, pauses, proof, stops
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def order(program):
    """Two collectors ran and one system has to confirm."""
    for name in ("laptop-1", "laptop-2"):
        make.lease(make.collector(program, name=name))
    make.hook(program, name="Feature store")
    return pause(program)


def pause(program, **fields):
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="Secret.", actor=make.SYSTEM, **fields
    ).order


def acknowledge(order, name):
    collector = order.proofs.get(collector__name=name).collector_id
    now = timezone.now()
    stops.acknowledge(
        [stops.Acknowledgement(collector, order.program_id, order.generation, now, "sealed", 7)]
    )


def confirm(order, word="frozen"):
    call = order.calls.get()
    confirmations.confirm(call, confirmations.Word(word, count=3), actor=make.SYSTEM)


def document(order):
    return proof.document(order, now=timezone.now())


def facts(order):
    return document(order)["facts"]


def collectors(said):
    return {each["name"]: each for each in said["collectors"]}


def settled(order, engine):
    """One collector acknowledges, the other runs out, the system confirms."""
    acknowledge(order, "laptop-1")
    confirm(order)
    engine.work()
    engine.forward(seconds=14)
    order.refresh_from_db()
    assert order.settled_at == order.proven_at
    return order


def test_it_names_every_collector_and_every_system(order, engine):
    settled(order, engine)
    said = facts(order)
    assert said["order"]["reason"] == "Otter"
    assert said["order"]["bound_ms"] == 13_000
    assert said["proof"]["state"] == "paused_proven"
    one, two = said["collectors"]
    assert (one["name"], one["state"], one["its_word"]["buffer"]) == (
        "laptop-1",
        "acknowledged",
        "sealed",
    )
    assert (two["state"], two["its_word"], two["learned_later"]) == ("expired", None, False)
    (system,) = said["systems"]
    assert (system["confirmed"]["state"], system["confirmed"]["count"]) == ("frozen", 3)
    figures = said["figures"]
    assert (figures["collectors"], figures["acknowledged"], figures["expired"]) == (2, 1, 1)
    after = figures["acknowledged_after_ms"]
    assert after["p50"] == after["max"] == one["known_after_ms"] >= 0


def test_it_is_signed_and_says_where_the_record_stood(order):
    text = proof.sealed(order, now=timezone.now())
    said = opened(text, proof.our_key())
    assert said["record"]["stream"] == f"program:{order.program_id}"
    assert said["facts_sha256"] == proof.digest(said["facts"])
    assert "Secret." not in text


def test_until_the_collectors_are_listed_it_says_so_and_names_none(
    program, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", 0)
    make.lease(make.collector(program))
    with django_capture_on_commit_callbacks(execute=False):
        order = pause(program)
    assert (facts(order)["order"]["listed_at"], facts(order)["collectors"]) == (None, [])
    stops.count_off(order.pk)
    assert facts(order)["order"]["listed_at"]
    assert len(facts(order)["collectors"]) == 1


def test_before_it_is_settled_nothing_is_called_late(order):
    acknowledge(order, "laptop-1")
    said = facts(order)
    assert (said["proof"]["state"], said["proof"]["settled_at"]) == ("pausing", None)
    assert said["learned_later"] == {"collectors": 0, "systems": 0}


def test_made_again_it_says_the_same_whatever_happened_to_the_program_since(order, engine):
    settled(order, engine)
    before = document(order)
    hook = order.program.hooks.get()
    make.resumed(order.program)
    hook.name = "Renamed"
    hook.save()
    pauses.pause(order.program, holder="x", label="x", reason="x", actor=make.SYSTEM)
    after = document(order)
    assert after["facts"] == before["facts"]
    assert after["facts_sha256"] == before["facts_sha256"]
    assert after["record"]["seq"] > before["record"]["seq"]


def test_what_is_learned_later_is_added_and_marked_and_nothing_else_changes(order, engine):
    settled(order, engine)
    before = facts(order)
    acknowledge(order, "laptop-2")
    after = facts(order)
    assert after["learned_later"] == {"collectors": 1, "systems": 0}
    late, was = collectors(after)["laptop-2"], collectors(before)["laptop-2"]
    assert (late["state"], late["learned_later"]) == ("acknowledged", True)
    assert late["counted_as_run_out_at"] == was["known_at"]
    assert collectors(after)["laptop-1"] == collectors(before)["laptop-1"]
    for part in ("program", "order", "proof", "systems"):
        assert after[part] == before[part]


def test_a_late_confirmation_is_marked_and_the_first_verdict_stays_dated(order, engine):
    acknowledge(order, "laptop-1")
    engine.work()
    engine.forward(seconds=14)
    first = facts(order)
    assert first["proof"]["state"] == "paused_unproven"
    confirm(order)
    later = facts(order)
    assert later["proof"]["state"] == "paused_proven"
    assert later["proof"]["settled_at"] == first["proof"]["settled_at"]
    assert later["learned_later"] == {"collectors": 0, "systems": 1}


def test_a_confirmation_by_hand_names_the_person(order):
    person = make.user(first_name="Sam", last_name="Lind")
    word = confirmations.Word("frozen", "I looked.")
    confirmations.confirm(order.calls.get(), word, actor=make.actor(person))
    (system,) = facts(order)["systems"]
    assert system["confirmed"]["by_hand_of"] == "Sam Lind"


def verify(text, tmp_path, *options):
    file = tmp_path / "proof.json"
    file.write_text(text, encoding="utf-8")
    said = StringIO()
    call_command("verify_proof", str(file), *options, stdout=said)
    return said.getvalue()


@pytest.fixture
def text(order, engine):
    return proof.sealed(settled(order, engine), now=timezone.now())


def test_the_command_says_what_a_good_document_proves(text, order, tmp_path):
    said = verify(text, tmp_path)
    assert said.startswith(f"good: {order.program.slug} generation 2 is paused_proven; 2 collect")
    assert "1 acknowledged, 1 expired" in said
    assert "The record still holds" in said


def test_the_command_takes_the_key_of_another_installation(order, tmp_path, settings):
    settings.SECRET_KEY = "that of another house"
    text, key = proof.sealed(order, now=timezone.now()), proof.our_key().pem
    settings.SECRET_KEY = "ours"
    with pytest.raises(CommandError, match="NOT GOOD: It was signed with the key"):
        verify(text, tmp_path)
    (tmp_path / "key.pem").write_text(key)
    assert verify(text, tmp_path, "--key", str(tmp_path / "key.pem")).startswith("good: ")


@pytest.mark.parametrize(
    ("said", "instead"),
    [('"state":"expired"', '"state":"acknowledged"'), ("laptop-2", "laptop-3"), ("Otter", "Owl")],
)
def test_a_document_that_was_changed_is_not_good(text, tmp_path, said, instead):
    assert said in text
    with pytest.raises(CommandError, match="NOT GOOD: The signature does not fit"):
        verify(text.replace(said, instead), tmp_path)


def test_another_document_that_we_signed_is_no_proof(tmp_path, settings):
    other = Seal.from_secret(settings.SECRET_KEY).sign({"kind": "something else"})
    with pytest.raises(CommandError, match="signed, but is no andon-stop-proof"):
        verify(other, tmp_path)


def test_facts_under_the_hash_of_others_are_not_good(text, tmp_path, settings):
    said = json.loads(text)["document"] | {"facts_sha256": "0" * 64}
    with pytest.raises(CommandError, match="not those that it names"):
        verify(Seal.from_secret(settings.SECRET_KEY).sign(said), tmp_path)


def test_a_record_that_was_rewritten_since_is_found_out(text, order):
    proof.checked(text)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE audit_entry SET hash = repeat('0', 64) WHERE stream = %s",
            [f"program:{order.program_id}"],
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(BadDocument, match="run verify_audit"):
        proof.checked(text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match="file: .* cannot be read"):
        call_command("verify_proof", str(tmp_path / "none.json"))


def test_it_costs_as_many_queries_however_many_collectors_there_are(
    order, django_assert_num_queries
):
    with django_assert_num_queries(9):
        document(order)


@pytest.mark.parametrize(("is_drill", "begins"), [(True, "A drill: "), (False, "")])
def test_a_stop_for_practice_is_called_a_drill(program, is_drill, begins):
    order = pause(program, is_drill=is_drill)
    assert facts(order)["order"]["drill"] is is_drill
    said = proof.checked(proof.sealed(order, now=timezone.now()))
    assert said.startswith(f"{begins}{program.slug} generation")


def test_a_pause_in_earnest_that_joins_a_drill_does_not_change_its_document(program):
    order = pause(program, is_drill=True)
    before = facts(order)
    pauses.pause(program, holder="INC-2", label="Teal", reason="r", actor=make.SYSTEM)
    assert facts(order) == before
