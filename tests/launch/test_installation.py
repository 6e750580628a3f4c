from pathlib import Path

import pytest

from config.launch import installation
from config.launch.places import Places
from config.launch.refusal import CannotStart

OURS = Places(Path("/a b/var"), Path("/a b/var"), Path("/a b/var/run"), None)


def of_others(url):
    return installation.servers_of_others("DATABASE_URL", environ={"DATABASE_URL": url}, where=OURS)


def test_a_url_of_ours_left_in_a_shell_does_not_count_as_a_server_of_others():
    assert of_others("postgres://postgres@/andon?host=%2Fa%20b%2Fvar%2Frun&port=5432") == ""
    assert of_others("postgres://andon@db/andon") == "postgres://andon@db/andon"


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "url").write_text("postgres://andon:secret@db/andon\n")
    environ = {"DATABASE_URL_FILE": str(tmp_path / "url"), "PATH": "/bin"}

    assert installation.told("DATABASE_URL", environ) == "postgres://andon:secret@db/andon"
    assert installation.without_files(environ) == {"PATH": "/bin"}


def test_a_file_counts_as_given_in_production(tmp_path):
    (tmp_path / "url").write_text("postgres://db/andon")
    environ = {"ANDON_ENV": "production", "DATABASE_URL_FILE": str(tmp_path / "url")}

    installation.refuse_embedded(environ, ["DATABASE_URL"])
    with pytest.raises(CannotStart, match="ANDON_ENV=production needs REDIS_URL: the servers"):
        installation.refuse_embedded(environ, ["DATABASE_URL", "REDIS_URL"])


def test_a_secret_key_that_a_crash_left_empty_is_made_anew(tmp_path):
    (tmp_path / "secret_key").touch()

    key = installation.secret_key({"ANDON_VAR": str(tmp_path)})

    assert len(key) > 50
    assert installation.secret_key({"ANDON_VAR": str(tmp_path)}) == key


def test_a_secret_key_of_ones_own_is_used_and_none_is_kept(tmp_path):
    assert installation.secret_key({"ANDON_VAR": str(tmp_path), "SECRET_KEY": "mine"}) == "mine"
    assert list(tmp_path.iterdir()) == []
