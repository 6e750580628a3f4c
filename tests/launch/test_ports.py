import socket

import pytest

from config.launch import ports
from config.launch.refusal import CannotStart
from tests.launch.launcher import free_port


@pytest.fixture
def taken():
    """A port on which a server shares on purpose, as some web servers do."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((ports.HOST, free_port(below=20)))
        server.listen()
        yield server.getsockname()[1]


def test_the_gate_answers_one_above_the_pages():
    assert ports.choose({}) == (8000, 8001)
    assert ports.choose({"PORT": "9000"}) == (9000, 9001)
    assert ports.choose({"PORT": "9000"}, web="9100") == (9100, 9101)
    assert ports.choose({"PORT": "9000", "ANDON_GATE_PORT": "7000"}) == (9000, 7000)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "http", "8e3", "８０", " 80", "9" * 5000])
def test_a_port_that_is_none_is_refused_by_name(value):
    with pytest.raises(CannotStart, match="PORT is .*: give a number from 1 to 65535"):
        ports.choose({"PORT": value})


def test_the_last_port_leaves_none_for_the_gate():
    with pytest.raises(CannotStart, match="ANDON_GATE_PORT is '65536'"):
        ports.choose({"PORT": "65535"})


def test_pages_and_gate_cannot_share_a_port():
    with pytest.raises(CannotStart, match="are both 9000: give two different ports"):
        ports.choose({"PORT": "9000", "ANDON_GATE_PORT": "9000"})


def test_a_taken_port_is_refused_and_a_free_one_offered(taken):
    with pytest.raises(CannotStart, match=f"PORT {taken} cannot be used.*another program") as said:
        ports.refuse_taken(taken, taken + 1)

    offered = int(str(said.value).rpartition("=")[2])
    assert not ports.why_not(offered)


@pytest.mark.parametrize(("apart", "way_out"), [(1, "PORT"), (20, "ANDON_GATE_PORT")])
def test_a_gate_port_that_is_taken_is_refused_with_the_variable_that_helps(taken, apart, way_out):
    said = f"^ANDON_GATE_PORT {taken} cannot be used.*: make run {way_out}="

    with pytest.raises(CannotStart, match=said):
        ports.refuse_taken(taken - apart, taken)
