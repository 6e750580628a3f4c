"""Who outside the declared audience read what, and what a log lacks to show that nobody did."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from programs.watch import accesslog, loglines
from programs.watch.accesslog import Mapping, Window, analyse
from programs.watch.completeness import Attempts, why_incomplete
from programs.watch.loglines import LONGEST_LINE, OTHER_ENCODING, TORN, Unreadable

SINCE = datetime(2026, 11, 1, 10, tzinfo=UTC)
WINDOW = Window(SINCE, SINCE + timedelta(hours=3))
PLAIN = Mapping("who", "at", "what")


def row(who, minutes=30, **more):
    at = (SINCE + timedelta(minutes=minutes)).isoformat()
    return json.dumps({"who": who, "at": at, "what": "keys", **more}).encode() + b"\n"


def read(*lines, mapping=PLAIN, window=WINDOW, meant=("ana",), **more):
    return analyse(lines, mapping, window, meant=set(meant), **more)


def test_who_was_not_meant_is_named_with_what_and_when():
    found = read(row("Ana"), row("zoe", 10), row("zoe", 20), row("late", 200))
    assert (found.rows, found.in_window, found.meant, found.unmeant) == (4, 3, 1, 2)
    said = found.readers["zoe"].plain("zoe")
    assert (said["rows"], said["things"], list(found.readers)) == (2, ["keys"], ["zoe"])
    assert said["first"] < said["last"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"who": "zoe", "at"\n', TORN),
        (b"[1]\n", TORN),
        (b"{" * 5000 + b"\n", TORN),
        (b'{"who": "zoe", "at": "yesterday"}\n', accesslog.NO_TIME),
        (b'{"who": "zoe"}\n', accesslog.NO_TIME),
        (row(None), accesslog.NO_NAME),
        (row({"id": 1}), accesslog.NO_NAME),
        (b"{" + b"x" * LONGEST_LINE + b"\n", TORN),
    ],
)
def test_a_line_that_cannot_be_used_is_counted_and_named(line, kind):
    found = read(row("ana"), line, row("ana"))
    assert (found.bad, found.bad_lines, found.lost) == ({kind: 1}, {kind: [2]}, 1)
    assert found.meant == 2


def test_a_row_in_an_old_encoding_is_read_and_counted():
    found = read(row("ana"), row("zoe").replace(b"zoe", b"zo\xeb"))
    assert found.bad == {OTHER_ENCODING: 1}
    assert (list(found.readers), found.lost) == (["zoë"], 0)


@pytest.mark.parametrize(
    "at", ["2026-11-01T10:30:00Z", "2026-11-01 10:30:00", 1793529000, "1793529000.5", 1793529000000]
)
def test_times_are_read_as_products_write_them(at):
    assert read(row("zoe"), json.dumps({"who": "zoe", "at": at}).encode()).unmeant == 2


def test_members_may_be_nested_and_only_reading_counts():
    mapping = Mapping("user.name", "at", act="op", reads=frozenset({"GET"}))
    rows = [row("x", user={"name": "zoe"}, op=op) for op in ("GET", "PUT")]
    assert read(*rows, mapping=mapping).unmeant == 1


def test_csv_is_read_by_its_header_and_one_torn_quote_costs_one_line():
    at = (SINCE + timedelta(minutes=5)).isoformat()
    lines = [b"\xef\xbb\xbfat,who,what\n", f"{at},ana,k\n".encode(), f'{at},"zo\n'.encode()]
    lines += [f"{at},zoe\n".encode(), f'{at},"z, y",k\n'.encode()]
    found = read(*lines)
    assert (found.meant, list(found.readers), found.bad_lines) == (1, ["z, y"], {"torn": [3, 4]})


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b"\xff\xfea\x00"], "UTF-16"),
        ([b"when,user\n"], "'who' is none of the columns: when, user"),
        ([b"at,who\rx,y\n"], "no header of CSV"),
        ([b"a" * 200_000 + b",who\n"], "no header of CSV"),
    ],
)
def test_what_is_no_such_log_is_refused(lines, words):
    with pytest.raises(Unreadable, match=words):
        read(*lines)


def test_names_beyond_all_measure_are_counted_together_as_the_worse(monkeypatch):
    monkeypatch.setattr(accesslog, "MOST_NAMES", 3)
    found = read(*(row(f"p{n}") for n in range(5)))
    assert (len(found.readers), found.more_names, found.unmeant) == (3, 2, 5)


def test_nothing_in_an_empty_log():
    assert read().rows == 0


def whole(*more):
    return [
        row("ana", -5),
        *(row("ana", 60 * hour + 1) for hour in range(3)),
        row("ana", 181),
        *more,
    ]


def why(found, *, stated=True, tried=True, window=WINDOW):
    return why_incomplete(found, window, stated=stated, tried=tried, now=SINCE + timedelta(days=2))


GUEST = Attempts([("Guest", SINCE + timedelta(minutes=49), SINCE + timedelta(minutes=50))]).near


def test_only_rows_near_a_try_of_the_watch_are_its_own():
    found = read(*(row("guest", at) for at in (10, 46, 47, 52, 53, 90)), tried=GUEST)
    assert (found.canary, found.unmeant) == (2, 4)
    many = Attempts([("g", SINCE + timedelta(hours=n), SINCE + timedelta(hours=n)) for n in (2, 0)])
    assert [many.near(" G ", SINCE + timedelta(hours=n)) for n in range(4)] == [1, 0, 1, 0]


def test_a_log_is_complete_only_with_a_canary_read_that_it_holds():
    found = read(*whole(row("guest", 50)), tried=GUEST)
    assert (found.unmeant, why(found)) == (0, [])
    assert "No canary read" in why(found, tried=False)[0]
    assert "it misses accesses" in why(read(*whole(), tried=GUEST))[0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (whole()[1:], "It begins after"),
        (whole()[:-1], "It ends before"),
        (whole()[:2] + whole()[3:], "1 hours of the window have no row"),
        (whole(b"{\n"), "1 lines could not be used"),
    ],
)
def test_each_lack_of_a_log_is_said(lines, words):
    found = read(*lines, row("guest", 50), tried=GUEST)
    assert any(words in each for each in why(found))


def test_nobody_states_that_it_is_complete_and_an_open_window_never_is():
    found = read(*whole(row("guest", 50)), tried=GUEST)
    assert "Nobody states" in why(found, stated=False)[0]
    assert "open still" in why(found, window=Window(SINCE))[0]


def test_progress_is_told(monkeypatch):
    monkeypatch.setattr(accesslog, "TELL_EVERY", 2)
    told = []
    read(*(row("ana") for _ in range(5)), tell=told.append)
    assert told == [2, 4, 5]


class Endless:
    """A file of one line without an end between two rows; nobody may ask for all of it at once."""

    def __init__(self, megabytes, end=b"\n"):
        self.left, self.end = megabytes, end
        self.most, self.rows = 0, [row("ana"), row("zoe")]

    def readline(self, size):
        self.most = max(self.most, size)
        if len(self.rows) == 2:
            return self.rows.pop(0)
        if self.left:
            self.left -= 1
            return b"x" * size
        end, self.end = self.end, b""
        return end or (self.rows.pop() if self.rows else b"")


@pytest.mark.parametrize(("end", "meant"), [(b"\n", 1), (b"xx\n", 1)])
def test_a_line_without_an_end_costs_no_memory_and_is_one_torn_line(end, meant):
    file = Endless(5, end)
    found = read(*loglines.pieces(file))
    assert (found.bad_lines, list(found.readers)) == ({TORN: [2]}, ["zoe"])
    assert (found.meant, file.most) == (meant, LONGEST_LINE + 1)


def test_a_log_of_several_encodings_and_torn_lines_says_of_each_what_it_was():
    lines = [
        row("ana"),
        row("zo\xeb"),
        row("zoe").replace(b"zoe", b"zo\xeb"),
        row("zoe").replace(b"zoe", b"\x81\x8d"),
        row("zoe")[:20],
        b"\x00\x01\x02\n",
        row("ana"),
    ]
    found = read(*lines)
    assert found.bad_lines == {OTHER_ENCODING: [3, 4], TORN: [5, 6]}
    assert (found.meant, found.lost, found.unmeant) == (2, 2, 3)
