"""Files of the past, row by row: torn rows, strange bytes and broken records stop no other."""

import io
import json
import time
import tracemalloc

import pytest

from incidents import importfile
from incidents.importfile import BadFile, Table


def rows(text):
    content = text if isinstance(text, bytes) else text.encode()
    return list(Table(io.BytesIO(content)).rows())


def said(text):
    return [row.said for row in rows(text)]


def faults(text):
    return [(row.number, *row.fault) for row in rows(text) if row.fault]


def test_rows_are_numbered_by_their_line_and_empty_ones_left_out():
    found = rows('id,title\n1,"two\nlines"\n\n2,b\n')
    assert [(row.number, row.said) for row in found] == [(2, ["1", "two\nlines"]), (5, ["2", "b"])]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_first_line_says_what_parts_the_cells(mark):
    assert said(f"id{mark}title\n1{mark}a\n") == [["1", "a"]]


def test_a_mark_of_utf_8_is_no_part_of_the_first_column():
    assert Table(io.BytesIO(b"\xef\xbb\xbfid,title\n")).columns == ["id", "title"]


def test_a_row_that_is_torn_is_named_and_the_next_one_is_read():
    ((number, field, reason),) = faults("id,title,when\n1,a,b\n2,a\n3,c,d\n")
    assert (number, field) == (3, "")
    assert reason == "2 cells where 3 columns are named; is it torn?"


def test_a_quote_that_nobody_closed_takes_no_other_row_with_it():
    text = 'id,title\n1,"open\n2,b\n3,c\n4,"d"\n'
    assert [row.said for row in rows(text) if not row.fault] == [["2", "b"], ["3", "c"], ["4", "d"]]
    ((number, _field, reason),) = faults(text)
    assert number == 2
    assert "torn" in reason


def test_a_row_without_an_end_is_given_up_after_a_while_and_the_rest_kept(monkeypatch):
    monkeypatch.setattr(importfile, "LONGEST_ROW", 100)
    text = 'id,title\n1,"open\n' + "".join(f"{n},b\n" for n in range(2, 60))
    good = [row for row in rows(text) if not row.fault]
    assert [row.said[0] for row in good] == [str(n) for n in range(2, 60)]
    assert faults(text)[0][0] == 2


def test_bytes_that_are_no_utf_8_are_a_fault_of_their_row_and_cell():
    text = b"id,title\n1,a\n2,caf" + b"\xe9\n3,c\n"
    assert faults(text) == [(3, "column 2", "is no UTF-8: byte 0xE9. Save the file as UTF-8.")]
    assert len([row for row in rows(text) if not row.fault]) == 2


def test_a_nul_is_a_fault_of_its_cell():
    ((_number, field, reason),) = faults("id,title\n1,a\0b\n")
    assert field == "column 2"
    assert "NUL" in reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        ("id,title".encode("utf-16"), "The file is UTF-16; save it as text in UTF-8."),
        (b"PK\x03\x04xx", "The file is a ZIP; save it as text in UTF-8."),
        (b"\n\n", "The first line must name the columns"),
        (b"id,caf\xe9\n", "The first line is no UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(content, reason):
    with pytest.raises(BadFile, match=reason):
        Table(io.BytesIO(content))


# --- Records


def records(content):
    return list(importfile.records(io.BytesIO(content)))


GIVEN = [{"id": n, "text": f'brace }} and "quote" {n}', "in": {"x": [1, {}]}} for n in range(5)]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(GIVEN).encode(),
        json.dumps(GIVEN, indent=2).encode(),
        b"\n".join(json.dumps(each).encode() for each in GIVEN),
        b"\xef\xbb\xbf" + json.dumps(GIVEN).encode(),
    ],
)
def test_records_come_as_a_list_or_a_line_each(content):
    assert [read.said for read in records(content)] == GIVEN


@pytest.mark.parametrize("indent", [None, 1])
def test_a_broken_record_is_named_and_all_others_are_read(indent):
    content = json.dumps(GIVEN, indent=indent).replace('"id": 2', '"id": two').encode()
    found = records(content)
    assert [read.said for read in found if not read.fault] == [*GIVEN[:2], *GIVEN[3:]]
    (torn,) = [read for read in found if read.fault]
    assert (torn.number, torn.fault) == (3, ("", "is no JSON: Expecting value."))


def test_a_line_that_is_torn_takes_no_other_with_it():
    lines = [json.dumps(each) for each in GIVEN]
    lines[1] = lines[1][:-9]
    found = records("\n".join(lines).encode())
    assert [read.said for read in found if not read.fault] == [GIVEN[0], *GIVEN[2:]]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": "\\ud83d"}', "half of a character"),
        (b'{"a": NaN}', "is no JSON"),
        (b'{"a": 1e999}', "is no JSON"),
        (b'{"a": "caf\xe9"}', "is no UTF-8"),
        (b'{"a": ' + b"[" * 100_000, "nested too deep"),
        (b'{"a": 1', "ends in the middle"),
    ],
)
def test_what_no_database_keeps_is_a_fault_of_its_record(record, reason):
    assert reason in records(record)[0].fault[1]


def test_a_large_file_is_never_held_in_memory():
    content = io.BytesIO(b"id,title\n" + b"1,abcdefghij\n" * 200_000)
    tracemalloc.start()
    count = sum(1 for _row in Table(content).rows())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200_000
    assert most < 500_000


def test_text_that_nobody_closed_is_looked_through_once(monkeypatch):
    monkeypatch.setattr(importfile, "LONGEST_ROW", 20_000)
    began = time.process_time()
    (read,) = records(b'{"a": "' + b'\\"' * 15_000)
    assert "ends in the middle" in read.fault[1]
    # From each quote anew it takes many seconds.
    assert time.process_time() - began < 1
