"""Participants' choices at a real gate: told within the second, and nothing but tags."""

import http.client
import json
import threading

import pytest

from programs import participation, signing
from programs.models import ParticipantChoice
from tests import make
from tests.gate.served import HOST, place, until
from tests.gate.test_sdk import sdk

pytestmark = pytest.mark.process
SUBJECT = "maple-canary-18"


def listed(one, *, etag=""):
    """Return status, ETag and body of the list."""
    line = http.client.HTTPConnection(HOST, one.gate.port, timeout=10, source_address=place())
    try:
        headers = {"Authorization": f"Bearer {one.token}", "If-None-Match": etag}
        slug = one.collector.program.slug
        line.request("GET", f"/v1/subjects?program={slug}", headers=headers)
        answer = line.getresponse()
        body = answer.read()
        return answer.status, answer.headers["etag"], json.loads(body) if body else None
    finally:
        line.close()


def choose(one, choice, *, subject=SUBJECT, **more):
    program = one.collector.program.slug
    return one.post(
        "/v1/subjects", {"program": program, "subject": subject, "choice": choice} | more
    )


def tag_of(subject, key):
    return signing.tag_of(subject, key=bytes.fromhex(key))


def test_nobody_has_chosen_anything_at_first(collector):
    status, _, said = listed(collector)

    assert (status, said["version"], said["opted_out"], said["breaks"]) == (200, 0, [], {})
    assert collector.lease()[1]["subjects_version"] == 0


def test_a_choice_made_at_the_gate_is_stored_and_listed(collector):
    assert choose(collector, "opt_out") == (
        200,
        {"choice": "opt_out", "until": None, "version": 1},
    )
    status, said = choose(collector, "break", subject="another", seconds=1800)
    assert (status, said["choice"], said["version"]) == (200, "break", 2)

    until(lambda: listed(collector)[2]["version"] == 2)
    told = listed(collector)[2]
    key = told["subject_key"]
    assert told["opted_out"] == [tag_of(SUBJECT, key)]
    assert told["breaks"] == {tag_of("another", key): said["until"]}
    assert choose(collector, "go_on")[1] == {"choice": "go_on", "until": None, "version": 3}


def test_a_choice_is_told_to_streams_and_with_the_lease(collector):
    stream = collector.stream()
    assert stream.event()[0] == "state"

    participation.opt_out(collector.collector.program_id, SUBJECT)

    slug = collector.collector.program.slug
    assert stream.event() == ("subjects", {"program": slug, "version": 1})
    assert collector.lease()[1]["subjects_version"] == 1
    late = collector.stream()
    assert [late.event()[0], late.event()[0]] == ["state", "subjects"]


def test_a_list_that_is_known_is_not_sent_again(collector):
    participation.opt_out(collector.collector.program_id, SUBJECT)
    until(lambda: listed(collector)[2]["version"] == 1)
    _, etag, _ = listed(collector)

    assert listed(collector, etag=etag) == (304, etag, None)
    participation.go_on(collector.collector.program_id, SUBJECT)
    until(lambda: listed(collector, etag=etag)[0] == 200)


def test_the_list_of_another_program_is_not_told(gate, collector):
    other = make.program().slug
    headers = {"Authorization": f"Bearer {collector.token}"}

    assert gate.get(f"/v1/subjects?program={other}", **headers)[0] == 404
    assert gate.get("/v1/subjects", **headers)[0] == 422
    assert gate.get(f"/v1/subjects?program={other}")[0] == 401


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("seconds", {"choice": "break"}),
        ("seconds", {"choice": "break", "seconds": 59}),
        ("choice", {"choice": "forget"}),
        ("subject", {"choice": "opt_out", "subject": ""}),
        ("subject", {"choice": "opt_out", "subject": "p\n"}),
    ],
)
def test_a_choice_that_is_none_is_refused_by_its_field(collector, field, more):
    status, said = choose(collector, **more)

    assert (status, said["field"]) == (422, field)
    assert not ParticipantChoice.objects.filter(program=collector.collector.program).exists()


def test_tags_of_another_key_let_nobody_through(collector):
    program = collector.collector.program
    participation.opt_out(program.pk, SUBJECT)
    ParticipantChoice.objects.filter(program=program).update(key_print="0" * 16)
    participation.opt_out(program.pk, "another")

    until(lambda: collector.lease()[1]["subjects_version"] == 2)
    status, _, said = listed(collector)
    assert status == 503
    assert "SECRET_KEY is not the one" in said["detail"]


def test_a_running_sdk_honours_a_break_within_a_second_and_others_go_on(collector):
    with sdk(collector) as permit:
        assert permit.wait(10, subject=SUBJECT)
        assert permit.wait(10, subject="another")
        until(lambda: collector.gate.figure("andon_gate_streams") >= 1)

        participation.take_break(collector.collector.program_id, SUBJECT, seconds=3600)

        until(lambda: not permit.allowed_for(SUBJECT), seconds=1)
        until(lambda: permit.allowed_for("another"))
        assert not permit.allowed_for(SUBJECT)
        assert permit.allowed()


def test_what_a_participant_chooses_at_one_machine_holds_at_the_others(collector):
    with sdk(collector) as here, sdk(collector) as there:
        assert here.wait(10, subject=SUBJECT)
        assert there.wait(10, subject=SUBJECT)

        here.opt_out(SUBJECT)
        until(lambda: there.allowed_for("another") and not there.allowed_for(SUBJECT))
        there.go_on(SUBJECT)
        assert here.wait(10, subject=SUBJECT)


def test_no_log_of_a_gate_holds_a_pseudonym(collector):
    assert choose(collector, "opt_out")[0] == 200
    assert choose(collector, "break", seconds=1)[0] == 422
    threads = [threading.Thread(target=choose, args=(collector, "go_on")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert SUBJECT not in collector.gate.said()
