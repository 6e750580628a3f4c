import pytest
from django.conf import settings

from tests import databases
from tests.gate.served import OPEN, Served, caller, database_url, known, move, until


@pytest.fixture(scope="session")
def gate_database(fresh_database, django_db_blocker):
    """A database of its own: what a gate is to see must be committed, and stays."""
    blocker = django_db_blocker
    with blocker.unblock(), fresh_database("_gate") as name, blocker.block():
        yield name


@pytest.fixture(scope="module")
def committed(gate_database, django_db_blocker):
    with django_db_blocker.unblock(), databases.used(gate_database):
        yield


@pytest.fixture(scope="module")
def no_redis():
    """The news goes through PostgreSQL alone, unless a test is about Redis."""
    url, settings.REDIS_URL = settings.REDIS_URL, ""
    yield
    settings.REDIS_URL = url


@pytest.fixture(scope="module")
def gates(committed, no_redis, tmp_path_factory):
    """Starts gates; none outlives the module."""
    started = []

    def start(**how):
        gate = Served(tmp_path_factory.mktemp("gate") / "log", **how)
        started.append(gate)
        return gate

    yield start
    for gate in started:
        if gate.process.poll() is None:
            gate.end()


@pytest.fixture(scope="session")
def shared_gate(gate_database, tmp_path_factory):
    one = Served(tmp_path_factory.mktemp("gate") / "log", database=database_url(name=gate_database))
    until(one.ready)
    yield one
    one.end()


@pytest.fixture(scope="module")
def gate(shared_gate, committed, no_redis):
    """One gate for all tests that leave it as it was."""
    return shared_gate


@pytest.fixture
def collector(gate):
    """A collector that the gate knows, with a token, of a program of its own that collects."""
    one = caller(gate)
    known(gate)
    return one


@pytest.fixture(autouse=True)
def _called_from_a_place_of_its_own():
    move()


@pytest.fixture(autouse=True)
def _streams_are_closed():
    yield
    while OPEN:
        OPEN.pop().close()
