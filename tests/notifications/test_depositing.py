"""Checkpoints leave the house: mail, webhooks, and time stamps that openssl believes."""

import shutil
import subprocess
from dataclasses import replace

import pytest
from django.core import mail

from audit import checkpoints, sealing
from audit.keyring import ring
from audit.models import Checkpoint, Deposit
from notifications import depositing, outbound, stamping

pytestmark = pytest.mark.django_db

HOOK = "https://auditors.example/hooks/secret-path"
TSA = "https://stamps.example/tsr"


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.RECORD = replace(
        settings.RECORD,
        folder=tmp_path / "checkpoints",
        mail=("auditor@example.org",),
        webhooks=(HOOK,),
    )


@pytest.fixture
def posted(monkeypatch):
    """What was posted; the other side answers with the status that stands first."""
    found, status = [], [200]

    def post(url, *, body, headers):
        found.append((url, body))
        return status[0]

    monkeypatch.setattr(outbound, "post", post)
    return found, status


def places():
    return sorted(Deposit.objects.values_list("place", "where"))


def test_each_checkpoint_is_posted_and_the_first_of_a_day_is_mailed(engine, posted):
    first, second = sealing.seal(), sealing.seal()
    engine.work()
    assert posted[0] == [(HOOK, first.text), (HOOK, second.text)]
    (letter,) = mail.outbox
    assert letter.to == ["auditor@example.org"]
    line = next(line for line in letter.body.splitlines() if line.startswith("{"))
    assert checkpoints.opened(line, ring()).number == first.number
    # Where a copy lies is shown, without the secret that may be in a path.
    assert ("webhook", "auditors.example") in places()
    assert ("mail", "auditor@example.org") in places()


def test_one_that_a_person_wants_is_mailed_as_well(engine, posted):
    sealing.seal()
    sealing.seal(asked=True)
    engine.work()
    assert len(mail.outbox) == 2


def test_a_webhook_that_refuses_is_tried_again(engine, posted):
    posted[1][0] = 500
    sealing.seal()
    engine.work()
    assert ("webhook", "auditors.example") not in places()
    posted[1][0] = 204
    engine.forward(minutes=10)
    assert ("webhook", "auditors.example") in places()


# --- Time stamps


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A time-stamping authority of openssl; a function from request to reply, and its folder."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    at = tmp_path_factory.mktemp("tsa")
    (at / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_cert=cert.pem\n"
        "signer_key=key.pem\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256\n"
        "accuracy=secs:1\ness_cert_id_chain=no\n"
        "[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=Invented Stamps\n"
        "[v3]\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:TRUE\n"
    )
    (at / "serial").write_text("01")

    def openssl(*words, **more):
        return subprocess.run(
            ["openssl", *words], cwd=at, check=True, capture_output=True, **more
        ).stdout

    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem"),
        *("-out", "cert.pem", "-days", "2", "-config", "tsa.cnf"),
    )

    def reply(question):
        (at / "q.tsq").write_bytes(question)
        return openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq")

    return reply, at, openssl


class Answer:
    status_code = 200


def test_a_stamp_is_kept_and_openssl_believes_it(engine, posted, authority, settings, monkeypatch):
    reply, at, openssl = authority
    settings.RECORD = replace(settings.RECORD, stamp_url=TSA, webhooks=(), mail=())
    monkeypatch.setattr(outbound, "exchange", lambda asked, **_: (Answer(), reply(asked.body)))
    sealing.seal()
    engine.work()
    deposit = Deposit.objects.get(place="stamp")
    assert deposit.where == "stamps.example"
    (at / "answer.tsr").write_bytes(bytes(deposit.token))
    (at / "checkpoint").write_text(Checkpoint.objects.get().text)
    said = openssl(
        *("ts", "-verify", "-data", "checkpoint", "-in", "answer.tsr", "-CAfile", "cert.pem")
    )
    assert said == b"Verification: OK\n" or b"OK" in said


def test_a_stamp_of_something_else_is_none(authority):
    reply, _at, _openssl = authority
    answer = reply(stamping.question("another", nonce=7))
    with pytest.raises(stamping.NotStamped, match="of something else"):
        stamping.checked(answer, "this", nonce=7)
    with pytest.raises(stamping.NotStamped, match="of something else"):
        stamping.checked(answer, "another", nonce=8)
    assert stamping.checked(answer, "another", nonce=7) == answer


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"\x30", b"\x30\x82\x01\x00\x30", bytes.fromhex("30053003020102")]
)
def test_what_is_no_stamp_is_refused(answer):
    with pytest.raises(stamping.NotStamped):
        stamping.checked(answer, "this", nonce=7)


def test_the_settings_decide_what_is_sent(settings):
    settings.RECORD = replace(settings.RECORD, webhooks=(), mail=())
    sealing.seal()
    row = Checkpoint.objects.get()
    assert list(depositing._wishes(row, asked=True)) == []
