"""Real processes and servers are killed while people are paged: `make chaos-short`, in small."""

import json
import subprocess
import sys

import pytest

from tests.trees import ROOT

pytestmark = pytest.mark.process
SEED = 17


@pytest.mark.rotates
def test_nobody_is_left_untold_while_whatever_runs_is_killed(tmp_path):
    asked = ["--seed", str(SEED), "--steps", "32", "--kills", "8", "--to", str(tmp_path)]
    played = subprocess.run(
        [sys.executable, "-m", "bench.chaos.steps", *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    *_words, figures, verdict = played.stdout.splitlines()
    said = json.loads(figures)
    assert verdict == "all invariants held"
    assert (said["seeds"], sum(said["kills"].values()) >= 8) == ([SEED], True)
    assert said["steps"] >= 32
