"""Stamps by API: judged by what the database says now, and counted where they are of the past."""

import json
from datetime import timedelta

import pytest
from andon.stamps import Claim
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import strangers
from accounts.functions import Function
from accounts.models import Scope
from audit.models import Entry
from programs import collectors, keys, pauses, rfc3339, signing, stops
from programs.models import ProgramKey, StopProof
from tests import make
from tests.api.conftest import problem, token

pytestmark = pytest.mark.django_db
DIGEST = "ab" * 32


class Ingest:
    """Where the records of a program come in, with a collector that stamps them."""

    def __init__(self):
        self.program = make.program()
        self.collector = make.collector(self.program)
        make.lease(self.collector)
        actor = make.actor(self.program.owner)
        self.key, self.text = keys.issue_for_ingest(self.program, label="upload", actor=actor)

    def stamp(self, generation=1, *, at=None, digest=DIGEST, collector=None):
        master = signing.master_from(settings.SECRET_KEY)
        root = signing.stamp_root(master, program_id=self.program.pk)
        name = (collector or self.collector).name
        key = signing.stamp_key(root, collector=name, generation=generation)
        at = rfc3339.write(at or timezone.now())
        return Claim(self.program.slug, name, generation, at, digest).stamp(key)

    def ask(self, *stamps, bearer=None, **other):
        told = [each if isinstance(each, dict) else {"stamp": each} for each in stamps]
        body = {"program": self.program.slug, "stamps": told} | other
        return Client(raise_request_exception=False).post(
            "/api/v1/stamps/verify",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {bearer or self.text}"},
        )

    def reasons(self, *stamps):
        return [each.get("reason") for each in self.ask(*stamps).json()["results"]]

    def pause(self, **how):
        how = {"holder": "INC-1", "label": "Otter", "reason": "r"} | how
        pauses.pause(self.program, actor=make.SYSTEM, **how)


@pytest.fixture
def ingest():
    return Ingest()


def test_what_was_captured_in_the_present_generation_is_accepted(ingest):
    stamp = ingest.stamp()
    answer = ingest.ask(stamp, {"stamp": stamp, "sha256": DIGEST.upper()})
    assert answer.status_code == 200
    assert answer.json() == {
        "program": ingest.program.slug,
        "accepted": 2,
        "refused": 0,
        "results": [{"accepted": True}, {"accepted": True}],
    }


def test_each_refusal_has_its_reason_in_its_place(ingest):
    other = make.collector(ingest.program)
    gone = make.collector(ingest.program)
    collectors.retire(gone, actor=make.SYSTEM)
    good = ingest.stamp()
    asked = {
        "no stamp": "malformed",
        "x" * 5000: "malformed",
        good.replace(ingest.program.slug, "other"): "program",
        ingest.stamp(collector=gone): "unknown_collector",
        good.replace(ingest.collector.name, other.name): "signature",
        ingest.stamp(generation=9): "generation",
        ingest.stamp(at=timezone.now() + timedelta(minutes=1)): "future",
        good: None,
    }
    assert ingest.reasons(*asked) == list(asked.values())
    answer = ingest.ask({"stamp": good, "sha256": "00" * 32}).json()
    assert answer["results"][0]["reason"] == "digest"
    assert answer["results"][0]["detail"].endswith(".")
    assert (answer["accepted"], answer["refused"]) == (0, 1)


def test_after_a_pause_it_is_refused_at_once_and_counted(ingest):
    before, after = ingest.stamp(), ingest.stamp(at=timezone.now() + timedelta(seconds=29))
    ingest.pause()
    order = ingest.program.stop_orders.get()
    word = stops.Acknowledgement(
        ingest.collector.pk, ingest.program.pk, 2, order.ordered_at, "empty", 1
    )
    stops.acknowledge([word])

    assert ingest.reasons(before, after, before) == ["stopped"] * 3

    proof = StopProof.objects.get()
    assert (proof.refused, proof.violations, proof.state) == (2, 1, "violation")
    act = Entry.objects.get(action="program.stop_violated")
    assert '"actor_name":"verifier upload"' in act.body


def test_when_the_program_goes_on_the_generation_before_stays_refused(ingest):
    old = ingest.stamp()
    ingest.pause()
    stops.close(ingest.program.stop_orders.get().pk)
    make.resumed(ingest.program)
    ingest.collector.refresh_from_db()
    ingest.program.refresh_from_db()
    now = stops.generation_of(ingest.collector)
    assert ingest.reasons(old)[0] in ("generation", "stopped")
    assert now > 1


def test_a_pause_of_a_part_leaves_the_stamps_of_the_others_good(ingest):
    here, there = make.dataset(ingest.program), make.dataset(ingest.program)
    stays = make.collector(ingest.program, dataset=here)
    stops_there = make.collector(ingest.program, dataset=there)
    for each in (stays, stops_there):
        make.lease(each)
    good, bad = ingest.stamp(collector=stays), ingest.stamp(collector=stops_there)
    ingest.pause(dataset=there)
    assert ingest.reasons(good, bad) == [None, "stopped"]


def test_only_this_programs_key_opens(ingest):
    other = Ingest()
    problem(ingest.ask(program=other.program.slug), 404)
    problem(ingest.ask(bearer=ingest.text[:-1] + "-"), 401)
    problem(ingest.ask(bearer=ingest.text.replace("andon_i_", "andon_w_")), 401)
    keys.withdraw(ProgramKey.objects.get(pk=ingest.key.pk), actor=make.SYSTEM)
    assert "was withdrawn" in problem(ingest.ask(), 401)["detail"]


def test_a_person_who_sees_the_collectors_may_ask_with_a_token(ingest):
    stamp = ingest.stamp()
    responder = token(make.user(Function.RESPONDER), Scope.READ)
    assert ingest.ask(stamp, bearer=responder).json()["accepted"] == 1
    problem(ingest.ask(stamp, bearer=token(make.user(), Scope.READ)), 403)
    problem(ingest.ask(stamp, bearer=responder, program="none"), 404)


def test_too_many_at_once_and_odd_members_are_refused(ingest):
    assert problem(ingest.ask(*["x"] * 501), 422)["field"] == "stamps"
    problem(ingest.ask({"stamp": "x", "sha256": "zz"}), 422)
    problem(ingest.ask({"stamp": 7}), 422)
    assert ingest.ask(*["x"] * 500).json()["refused"] == 500


def test_who_guesses_keys_is_slowed_down(ingest):
    said = [ingest.ask(bearer="andon_i_a_b").status_code for _ in range(25)]
    assert said == [401] * 20 + [429] * 5
    assert ingest.ask().status_code == 429
    strangers.trust(ingest.key.key_id)
    assert ingest.ask().status_code == 200
