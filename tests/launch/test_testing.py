import os
import re

import psycopg
import pytest

from config.launch import testing
from tests.launch.launcher import ROOT, Launcher, eventually, processes_of

BORROW = "from config.launch import testing as t; import sys; u = t.start(); print(u, flush=True)"
FORK = "import os, psycopg; os.fork() or sys.exit(); os.wait(); psycopg.connect(u['DATABASE_URL'])"


@pytest.fixture
def borrow(launchers, folder):
    """Start servers in a process of its own; give it, their URL and their folder."""

    def started(then):
        launcher = Launcher("-c", f"{BORROW}; {then}", cwd=ROOT, TMPDIR=str(folder))
        url = launcher.until(r"'DATABASE_URL': '([^']+)'")[1]
        return launcher, url, folder / re.search("andon-test-[^%]+", url)[0]

    return started


def test_servers_that_are_given_are_returned_and_none_is_started(monkeypatch):
    monkeypatch.delattr(testing, "_throw_away")
    given = {"DATABASE_URL": "postgres://db/andon", "REDIS_URL": "redis://redis"}

    assert testing.start({**given, "PATH": os.environ["PATH"]}) == given


@pytest.mark.process
def test_the_servers_of_a_test_run_end_with_it_and_leave_no_folder(borrow):
    launcher, _url, folder = borrow("pass")

    assert launcher.end() == 0
    assert not folder.exists()
    assert processes_of(folder) == []


@pytest.mark.process
def test_a_child_that_a_test_forks_does_not_end_the_servers(borrow):
    launcher, _url, _folder = borrow(FORK)

    assert launcher.end() == 0


@pytest.mark.process
def test_a_killed_test_run_takes_its_servers_along_and_the_next_removes_the_rest(borrow):
    launcher, url, folder = borrow("sys.stdin.read(); import time; time.sleep(600)")
    with psycopg.connect(url) as database:
        assert database.execute("SHOW fsync").fetchone() == ("off",)

    launcher.process.kill()

    eventually(lambda: processes_of(folder) == [])
    os.utime(folder, (0, 0))
    borrow("pass")[0].end()
    assert not folder.exists()
