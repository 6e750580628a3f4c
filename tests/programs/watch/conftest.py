"""A dataset with a declared audience, and a PostgreSQL that holds it."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from programs.models import WatchSource
from programs.watch import declaring, watching
from programs.watch.connectors import postgres
from tests import make

HOST = "store.example"


@pytest.fixture
def dataset(db):
    made = make.dataset(make.program(), slug="lake")
    terms = declaring.Terms(people=["ana"], teams=["team"], roles=["postgres"])
    declaring.declare(made, terms, reason="The study team.", actor=make.actor(made.program.owner))
    return made


@pytest.fixture
def place(settings):
    environment = settings.ENVIRONMENT
    settings.ENVIRONMENT = type(environment)(
        **{**vars(environment), "internal_hosts": [f"{HOST}:5432"]}
    )
    return {
        "host": HOST,
        "port": 5432,
        "database": "study",
        "user": "andon_watch",
        "tables": ["study.keys"],
        "sslmode": "prefer",
    }


@pytest.fixture
def source(dataset, place):
    terms = watching.Terms(
        name="Warehouse", kind=WatchSource.Kind.POSTGRES, place=place, password="guess me"
    )
    return watching.add(dataset, terms, actor=make.actor(dataset.program.owner))


class Warehouse:
    """A database in the servers of the tests. Roles are the whole server's, so they are named."""

    def __init__(self, name: str, line: psycopg.Connection) -> None:
        self.name, self.line = name, line
        self.roles: list[str] = []

    def role(self, name: str, options: str = "LOGIN") -> str:
        full = f"{self.name}_{name}"
        self.line.execute(f'CREATE ROLE "{full}" {options}')
        self.roles.append(full)
        return full

    def tell(self, words: str) -> None:
        self.line.execute(words)

    def place(self, *tables: str, user: str = "postgres") -> postgres.Place:
        info = self.line.info
        return postgres.Place(info.host, info.port, self.name, user, tables or ("study.keys",))


@pytest.fixture
def warehouse(request) -> Iterator[Warehouse]:
    settings = connection.settings_dict
    at = {"host": settings["HOST"], "port": settings["PORT"] or 5432, "user": settings["USER"]}
    worker = getattr(request.config, "workerinput", {}).get("workerid", "w0")
    name = f"watched_{worker}"
    with psycopg.connect(dbname="postgres", autocommit=True, **at) as outer:
        outer.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        outer.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(dbname=name, autocommit=True, **at) as line:
            made = Warehouse(name, line)
            made.tell("CREATE SCHEMA study; CREATE TABLE study.keys (who text, what text)")
            yield made
        outer.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in made.roles:
            outer.execute(f'DROP ROLE "{role}"')
