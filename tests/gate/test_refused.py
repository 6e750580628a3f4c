"""Stamps that were refused where records come in are counted on the stop, each once."""

from datetime import datetime, timedelta

import pytest
from andon import Gate, Verifier
from andon.stamps import Claim

from programs import rfc3339
from programs.models import RefusedStamp, StopProof
from tests import make
from tests.gate.served import caller, known, until
from tests.gate.test_pause import pause
from tests.gate.test_verifier import opened, url

pytestmark = pytest.mark.process
SECOND = timedelta(seconds=1)


class Stopped:
    """A collector that has acknowledged a stop, and the key of where its records come in."""

    def __init__(self, one):
        self.one, self.slug = one, one.collector.program.slug
        self.token = opened(one)
        self.lease = one.lease()[1]
        pause(one.collector.program)
        assert one.acknowledge(self.lease, generation=2)[0] == 200
        self.stopped_at = datetime.fromisoformat(self.lease["server_time"])

    def stamp(self, after=SECOND, *, generation=1, key=None, program=None):
        at = rfc3339.write(self.stopped_at + after)
        claim = Claim(program or self.slug, self.lease["collector"], generation, at, "-")
        return claim.stamp(bytes.fromhex(key or self.lease["stamp_key"]))

    def report(self, *stamps, token=None, **other):
        body = {"program": self.slug, "stamps": list(stamps)} | other
        return self.one.post("/v1/refused", body, token=self.token if token is None else token)

    @property
    def proof(self):
        return StopProof.objects.get(collector=self.one.collector)


@pytest.fixture
def stopped(collector):
    return Stopped(collector)


def said(violations=0, late=0, ignored=0):
    counted = violations + late
    return 200, {
        "counted": counted,
        "violations": violations,
        "late": late,
        "ignored": ignored,
    }


def test_what_was_captured_after_the_acknowledged_stop_is_a_violation(stopped, gate):
    late, violating = stopped.stamp(-SECOND), stopped.stamp()

    assert stopped.report(late, violating) == said(violations=1, late=1)

    proof = stopped.proof
    assert (proof.state, proof.refused, proof.violations) == ("violation", 2, 1)
    assert proof.order.proof == "paused_unproven"
    assert stopped.report(late, violating) == said(ignored=2)
    assert gate.figure('andon_gate_refused_stamps_total{what="violations"}') >= 1


def test_what_proves_nothing_is_ignored(stopped):
    other = caller(stopped.one.gate)
    known(stopped.one.gate)
    good = stopped.stamp()
    junk = [
        None,
        7,
        {},
        "",
        "andon1",
        good + ";",
        good.replace(";1;", ";2;"),
        stopped.stamp(key=other.lease()[1]["stamp_key"]),
        stopped.stamp(program=other.collector.program.slug),
        # Signed for a generation that no stop has ended.
        stopped.stamp(generation=2),
    ]

    assert stopped.report(*junk) == said(ignored=len(junk))
    assert stopped.report() == said()
    assert not RefusedStamp.objects.filter(proof__collector=stopped.one.collector).exists()
    assert stopped.proof.state == "acknowledged"


def test_only_a_key_of_this_program_may_report(stopped):
    stamp = stopped.stamp()
    for token in (stopped.one.token, stopped.token[:-1] + "-", ""):
        assert stopped.report(stamp, token=token)[0] == 401
    assert stopped.report(stamp, program=make.program().slug)[0] == 404
    assert stopped.proof.refused == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        ({"stamps": []}, 422),
        ({"program": "p"}, 422),
        ({"program": "p", "stamps": {}}, 422),
        ({"program": "p", "stamps": ["x"] * 501}, 422),
        (b" " * (128 * 1024 + 1), 413),
    ],
)
def test_a_report_that_is_malformed_or_too_large_is_refused(stopped, body, status):
    answer = stopped.one.post("/v1/refused", body, token=stopped.token)
    assert answer[0] == status, answer
    assert answer[1]["detail"]


def test_five_hundred_stamps_come_in_one_report(stopped):
    stamps = [stopped.stamp(-n * SECOND) for n in range(500)]
    assert stopped.report(*stamps) == said(late=500)


def test_who_reports_without_end_is_slowed_down(stopped):
    assert {stopped.report()[0] for _ in range(40)} == {200, 429}


def test_the_verifier_of_the_sdk_reports_by_itself(collector):
    one, slug = collector, collector.collector.program.slug
    token = opened(one)
    with Gate(slug, url(one.gate), one.token) as gate, Verifier(slug, url(one.gate), token) as at:
        assert gate.wait(10)
        assert at.wait(10)
        stamp = gate.stamp(b"a record")
        pause(one.collector.program)
        until(lambda: at.check(stamp, b"a record").reason == "stopped")
        until(lambda: StopProof.objects.filter(collector=one.collector, refused=1).exists())
    proof = StopProof.objects.get(collector=one.collector)
    assert proof.violations == 0
