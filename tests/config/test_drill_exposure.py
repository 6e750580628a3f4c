"""The drill of an exposure, as anybody plays it: real processes, a real store, nobody's hand."""

import json
import subprocess
import sys

import pytest

from config.drill import exposed
from tests.trees import ROOT

pytestmark = pytest.mark.process
SECONDS = 300


@pytest.mark.rotates
def test_a_grant_that_is_too_wide_pauses_the_program_and_pages_by_itself():
    # Whether it is quick enough is measured by bench: here other tests share the machine.
    played = subprocess.run(
        [sys.executable, "-m", "config.drill.exposure", "--within", str(SECONDS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    said = json.loads(played.stdout.splitlines()[-1])
    assert (said["severity"], said["proof"], said["incident"]) == (2, "paused_proven", "INC-1")


GOOD = {"severity": 2, "proof": "paused_proven", "paged_after_s": 9.5, "paused_after_s": 8.0}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"paged_after_s": 60.1}, "later than 60 s: paged_after_s"),
        ({"severity": 3}, "SEV 3 pauses nothing"),
        ({"proof": "paused_unproven"}, "the stop is paused_unproven"),
    ],
)
def test_what_is_late_mild_or_not_proven_fails_the_drill(changed, words):
    assert exposed.why_failed(GOOD | changed, within=60) == words


def test_arguments_that_cannot_be_meant_end_with_2():
    command = [sys.executable, "-m", "config.drill.exposure", "--within", "0"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 2
