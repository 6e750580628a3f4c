"""The model of docs/model, searched as far as costs a second. `make model` searches all of it."""

import re

import pytest

from bench import model
from programs.models import STALE_SECONDS

can_search = pytest.mark.skipif(
    bool(model.missing()), reason=f"not installed: {' '.join(model.missing())}; see make model"
)


@can_search
def test_no_order_of_events_breaks_the_promise_of_a_pause():
    found = model.search("ONE_COLLECTOR")

    assert not found.broken
    assert found.states > 100_000


@can_search
def test_the_flaw_of_a_gate_that_never_minds_the_age_of_its_copy_is_found():
    assert model.search("ONE_COLLECTOR", "SKIP_REREAD").broken == "shown_too_early"


def test_the_model_has_the_staleness_of_the_product():
    told = re.search(r"#define STALE (\d+) +/\* programs.models", model.MODEL.read_text())

    assert int(told[1]) == STALE_SECONDS
