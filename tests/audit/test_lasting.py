"""Processes that run for months do not look again and again through what they loaded first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SAYS = "; import gc; print(gc.get_freeze_count(), *gc.get_threshold())"
# What Django and our models alone come to.
LEAST = 100_000


@pytest.mark.parametrize(
    "begins",
    [
        "import config.wsgi",
        "import config.celery, celery.signals; import django; django.setup();"
        " celery.signals.worker_init.send(sender=None)",
    ],
)
def test_what_a_process_has_loaded_is_not_searched_for_garbage(begins: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", begins + SAYS],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, *bounds = (int(each) for each in said.stdout.split())
    assert frozen > LEAST
    assert bounds == [50_000, 20, 100]
