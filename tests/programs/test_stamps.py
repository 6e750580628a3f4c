"""What a stamp says and how it is judged: by anybody who has the sheet, and by nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from andon.stamps import Claim

from programs import signing, stamps
from programs.reach import Place
from programs.stamps import Sheet, Standing

NOW = datetime(2026, 11, 21, 3, 12, 45, tzinfo=UTC)
ROOT = signing.stamp_root(b"m" * 32, program_id=1)
DIGEST = "ab" * 32


def stamp(*, root=ROOT, made_by="", **said):
    """A stamp as the SDK makes it; `made_by` another collector's key."""
    claim = {
        "program": "study",
        "collector": "laptop-7",
        "generation": 7,
        "captured_at": "2026-11-21T03:12:45.120Z",
        "digest": DIGEST,
    } | said
    key = signing.stamp_key(
        root, collector=made_by or claim["collector"], generation=claim["generation"]
    )
    return Claim(**claim).stamp(key)


def judged(text, *, state="collecting", generation=7, sha256=None, now=NOW):
    standing = Standing(5, Place(), state, generation)
    sheet = Sheet("study", ROOT, {"laptop-7": standing}, now)
    return stamps.judge(sheet, stamps.read(text), sha256=sha256)


def test_a_stamp_of_the_sdk_is_accepted():
    assert judged(stamp()) == (True, "", "")
    assert judged(stamp(), sha256=DIGEST.upper()).accepted
    assert judged(stamp(digest="-")).accepted


def test_a_stamp_key_signs_no_acknowledgement():
    key = signing.stamp_key(ROOT, collector="laptop-7", generation=7)
    assert key != signing.key_for(b"m" * 32, collector_id=5, generation=7)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (stamp(program="other"), "program"),
        (stamp(collector="laptop-8"), "unknown_collector"),
        (stamp(made_by="laptop-8"), "signature"),
        (stamp(root=signing.stamp_root(b"m" * 32, program_id=2)), "signature"),
        (stamp().replace(";7;", ";6;"), "signature"),
        (stamp().replace("45.120Z", "45.121Z"), "signature"),
        (stamp().replace(DIGEST, "-"), "signature"),
        (stamp(generation=6), "generation"),
        (stamp(generation=8), "generation"),
        (stamp(captured_at="2026-11-21T03:13:15.001Z"), "future"),
    ],
)
def test_what_is_not_true_is_refused_with_its_reason(text, reason):
    judgement = judged(text)
    assert (judgement.accepted, judgement.reason) == (False, reason)
    assert judgement.detail.endswith(".")


def test_a_clock_that_is_thirty_seconds_ahead_is_taken():
    assert judged(stamp(captured_at="2026-11-21T03:13:15.000Z")).accepted


@pytest.mark.parametrize("state", ["paused", "approved", "draft", "retired"])
def test_a_collector_that_does_not_collect_has_no_good_stamp(state):
    assert judged(stamp(), state=state).reason == "stopped"


def test_a_forged_stamp_is_never_one_of_the_past():
    assert not judged(stamp(generation=6, made_by="x")).is_of_the_past
    assert judged(stamp(generation=6)).is_of_the_past
    assert judged(stamp(generation=6), state="paused").is_of_the_past


def test_the_record_is_compared_when_it_is_known():
    assert judged(stamp(), sha256="00" * 32).reason == "digest"
    assert judged(stamp(digest="-"), sha256=DIGEST).reason == "digest"


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "andon1",
        stamp() + ";",
        stamp() + "\n",
        stamp().replace("andon1", "andon2"),
        stamp().replace("andon1", "none"),
        stamp(program=""),
        stamp(collector=""),
        stamp(generation="07"),
        stamp(generation=-1),
        stamp(generation="٧"),
        stamp(generation=2**63),
        stamp(captured_at="yesterday"),
        stamp(captured_at="2026-02-30T00:00:00Z"),
        stamp(digest=DIGEST.upper()),
        stamp()[:-1],
        stamp()[:-64],
        stamp()[:-64] + "-",
        stamp(program="x" * 2000),
    ],
)
def test_what_is_no_stamp_is_malformed(text):
    with pytest.raises(stamps.Malformed, match=r"\.$"):
        stamps.read(text)


def test_a_stamp_keeps_the_time_to_the_letter_and_reads_it():
    read = stamps.read(stamp(captured_at="2026-11-21T03:12:45.1205+00:00"))
    assert read.captured_at == NOW + timedelta(microseconds=120_500)
    assert read.is_signed(ROOT)
