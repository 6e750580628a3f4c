"""What the launcher tells each process."""

import pytest

from config.launch.stack import Stack

NAME = "ANDON_GATE_PUBLIC_URL"


def told(**env):
    stack = Stack(8000, 8001, {"ANDON_ENV": "development", **env})
    assert NAME not in stack.web().env or NAME in env
    return stack.gate().env.get(NAME)


def test_the_gate_is_told_its_own_address_and_nobody_else_is():
    assert told() == "http://localhost:8001"


@pytest.mark.parametrize("kind", ["development", "production"])
def test_an_address_that_was_set_stays(kind):
    assert told(ANDON_ENV=kind, **{NAME: "https://gate.example"}) == "https://gate.example"


def test_in_production_only_its_owner_knows_the_address():
    assert told(ANDON_ENV="production") is None
