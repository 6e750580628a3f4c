import os
import shutil

import pytest

from config.launch import places
from config.launch.refusal import CannotStart

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")


@pytest.fixture
def shared(folder, monkeypatch):
    """Stands in for /var/tmp."""
    made = folder / "shared"
    made.mkdir()
    made.chmod(0o1777)
    monkeypatch.setattr(places, "DURABLE_TEMP", made)
    return made


@pytest.fixture
def closed(folder):
    """A folder that only its owner may enter, as root's home is."""
    made = folder / "closed"
    made.mkdir(mode=0o700)
    return made


def made(var):
    places.make_var(var)
    return places.make(var)


def test_data_and_sockets_are_in_var_and_closed_to_others(folder):
    where = made(folder / "var")

    assert (where.data, where.sockets) == (folder / "var", folder / "var/run")
    assert where.sockets.stat().st_mode & 0o777 == 0o700
    assert where.logs.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["x" * 120, "a,comma", "ü" * 60])
def test_sockets_move_where_their_path_fits(folder, name):
    where = made(folder / name)

    assert where.data == folder / name
    assert folder not in where.sockets.parents
    assert len(os.fsencode(where.sockets)) < 86
    assert where.sockets.parent.stat().st_mode & 0o077 == 0o011
    shutil.rmtree(where.sockets.parent)


def test_two_installations_with_long_paths_do_not_share_their_sockets(folder):
    one, other = (made(folder / (letter * 120)) for letter in "xy")

    assert one.sockets != other.sockets
    for where in (one, other):
        shutil.rmtree(where.sockets.parent)


def test_a_folder_that_someone_else_put_there_is_refused(folder, shared):
    (shared / "trap").symlink_to(folder)

    with pytest.raises(CannotStart, match="trap is not a folder of yours: remove it"):
        places.private(shared / "trap")


@as_root
def test_a_folder_that_another_user_made_is_refused(shared):
    (shared / "taken").mkdir()
    os.chown(shared / "taken", 1234, 1234)

    with pytest.raises(CannotStart, match="taken is not a folder of yours: remove it"):
        places.private(shared / "taken")


def test_a_folder_that_had_been_opened_to_others_is_closed_again(folder):
    (folder / "run").mkdir()
    (folder / "run").chmod(0o777)

    assert made(folder).sockets.stat().st_mode & 0o777 == 0o700


def test_data_of_another_user_are_refused(folder, monkeypatch):
    (folder / "pg").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(CannotStart, match=r"pg belongs to another user \(uid \d+\): start as"):
        made(folder)


@as_root
def test_data_that_an_ordinary_user_made_are_served_as_that_user(folder):
    (folder / "pg").mkdir()
    os.chown(folder / "pg", 1234, 1234)

    assert made(folder).account.uid == 1234
    assert (folder / "run").stat().st_uid == 1234


@as_root
def test_below_a_closed_folder_the_data_go_where_the_account_may_read_them(closed, shared):
    where = made(closed / "var")

    assert where.data.parent == shared
    assert places.reaches(where.account, where.data)
    assert f"So the data are in {where.data}." in (closed / "var" / places.NOTE).read_text()
    assert os.readlink(closed / "var/pg") == f"{where.data}/pg"


@as_root
def test_data_elsewhere_are_found_again_after_the_checkout_moved(closed, shared, monkeypatch):
    monkeypatch.setattr(places, "hold", lambda folder: True)
    before = made(closed / "var")
    (closed / "var").rename(closed / "moved")

    assert made(closed / "moved").data == before.data


@as_root
def test_two_copies_of_a_checkout_do_not_use_the_same_data_at_once(closed, shared):
    made(closed / "var")
    shutil.copytree(closed / "var", closed / "copy", symlinks=True)

    with pytest.raises(CannotStart, match="Another start of Andon uses .*: stop that one first"):
        made(closed / "copy")


@as_root
def test_data_that_moved_below_a_closed_folder_are_not_silently_replaced(closed, shared):
    (closed / "var/pg").mkdir(parents=True)

    with pytest.raises(
        CannotStart, match="only root may enter.*Move the checkout, or set ANDON_VAR"
    ):
        made(closed / "var")
