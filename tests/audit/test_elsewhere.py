"""A line to another PostgreSQL: silence ends it, and nothing else is cut with it."""

import time

import psycopg
import pytest
from django.db import connection

from audit import elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def where():
    at = connection.settings_dict
    return f"postgresql://{at['USER']}@/{at['NAME']}?host={at['HOST']}&port={at['PORT'] or 5432}"


def test_what_waits_on_a_silent_server_is_let_go(where):
    begun = time.monotonic()
    with (
        pytest.raises(psycopg.OperationalError),
        elsewhere.opened(where, seconds=0.2, session={}) as line,
    ):
        line.execute("SELECT pg_sleep(20)")
    assert time.monotonic() - begun < 10


def test_a_line_that_is_done_in_time_is_not_cut(where):
    with elsewhere.opened(where, seconds=60, session={}) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)
    assert line.closed


def test_the_session_has_its_settings_beside_those_of_the_address(where):
    address = f"{where}&options=-c%20geqo%3Doff"
    with elsewhere.opened(address, seconds=60, session={"statement_timeout": 1234}) as line:
        said = line.execute(
            "SELECT current_setting('geqo'), current_setting('statement_timeout')"
        ).fetchone()
    assert said == ("off", "1234ms")


def test_a_machine_that_is_gone_is_noticed_by_the_wire_itself(where):
    with elsewhere.opened(where, seconds=60, session={}) as line:
        told = line.info.get_parameters()
    assert {name: told[name] for name in elsewhere.WIRE} == {
        name: str(value) for name, value in elsewhere.WIRE.items()
    }
