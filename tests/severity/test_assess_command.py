"""`manage.py assess`: one JSON object a line, refusals aside, and an exit status that says so."""

import io
import json
from datetime import date

import pytest
import yaml

from severity.case_files import MOST_BYTES
from severity.management.commands.assess import Command
from tests.severity import running
from tests.severity.given import CASES, case

SEED = case(id="S01", dpc=["behavioural", 1], cb=[0.25, 0, 0, 0], people="le_1m", ongoing=True)


def run(name, *, fails=None):
    return running.run(Command, name, fails=fails)


@pytest.fixture
def written(tmp_path):
    def write(*cases):
        path = tmp_path / "cases.yaml"
        path.write_text(yaml.safe_dump(list(cases)))
        return path

    return write


def test_each_case_is_one_json_object_with_its_level_and_trace(written):
    (line,), refused = run(written(SEED))

    found = json.loads(line)
    assert list(found) == ["id", "dpc", "se", "band", "osi", "sev", "trace", "notify"]
    assert {key: found[key] for key in list(found)[:-2]} == {
        "id": "S01",
        "dpc": 3,
        "se": 3.25,
        "band": "high",
        "osi": 3.75,
        "sev": 2,
    }
    assert found["notify"]["authority"] == {
        "answer": "yes",
        "reason": "SE 3.25 is high: a risk to people (Art. 33(1))",
    }
    assert found["notify"]["individuals"]["answer"] == "decide"
    assert refused == []


def test_figures_are_printed_exactly_whole_ones_with_one_place(written):
    (line,), _ = run(written({**SEED, "cb": [0, 0, 0, 0], "ei": 0.75, "people": "le_10k"}))

    assert '"se": 2.25, "band": "medium", "osi": 2.5, "sev": 3' in line
    assert '"dpc": 3, "se": 3.0, ' in run(written({**SEED, "cb": [0, 0, 0, 0]}))[0][0]


def test_the_agreed_cases_come_out_as_agreed():
    lines, refused = run(CASES)

    agreed = {case["id"]: case["expected"] for case in yaml.safe_load(CASES.read_text())}
    assert {found["id"]: found["sev"] for found in map(json.loads, lines)} == agreed
    assert refused == []


def test_a_dash_reads_standard_input(monkeypatch):
    text = yaml.safe_dump([SEED]).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))

    assert json.loads(run("-")[0][0])["id"] == "S01"


def test_a_bad_case_is_named_and_the_good_ones_are_printed_all_the_same(written):
    bad = {**SEED, "id": "X7", "audience": "everybody"}

    lines, refused = run(written(SEED, bad, {**SEED, "id": "S02"}), fails="^1 case was refused$")

    assert [json.loads(line)["id"] for line in lines] == ["S01", "S02"]
    assert len(refused) == 1
    assert refused[0].startswith("case 'X7' (number 2): audience is 'everybody'; allowed: none_")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (3, "case number 2: the case is 3; allowed: a mapping of facts"),
        (case(), "case number 2: id is None; allowed: a text of 1 to 80 characters"),
        (case(id=7), "case number 2: id is 7; allowed: a text of 1 to 80 characters"),
        (case(id=date(2026, 1, 1)), "case number 2: id is '2026-01-01'; allowed: a text of 1 to"),
        (case(id="b", people_count="9" * 5000), "case 'b' (number 2): people_count is '99999"),
        (case(id=" "), "case number 2: id is ' '; allowed: a text of 1 to 80 characters"),
        (case(id="x" * 81), "case number 2: id is 'xxx"),
        (case(id="a\nb", ei=2), "case 'a\\nb' (number 2): ei is 2; allowed: 0.25, 0.5, 0.75, 1"),
        (SEED, "case 'S01' (number 2): id is 'S01'; allowed: an id not yet taken (case 1 has it)"),
    ],
)
def test_a_case_without_a_name_of_its_own_is_refused_by_its_place(written, bad, said):
    lines, refused = run(written(SEED, bad), fails="^1 case was refused$")

    assert len(lines) == 1
    assert refused[0].startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"id: S01", "must hold a list of cases; it is a dict"),
        (b"", "must hold a list of cases; it is empty"),
        (b"- [", "is not plain YAML: line 1: "),
        (b"\xff\xfe", r"is not UTF-8 text \(byte 0\)"),
        (b"- \x00", "is not plain YAML: "),
        (b"- &a [*a]", r"line 1: alias \*a is inside itself"),
        (b"- !!python/name:os.system x", "line 1: tags .* are not allowed"),
        (b"- id: a\n  id: b", "line 2: 'id' is given twice"),
        (b"[" * 100_000, "line 1: more than 12 levels deep"),
        (b"#" * (MOST_BYTES + 1), "is larger than 1048576 bytes; give it in parts"),
    ],
)
def test_a_file_that_is_no_list_of_cases_is_refused_as_a_whole(tmp_path, text, said):
    path = tmp_path / "cases.yaml"
    path.write_bytes(text)

    assert run(path, fails=said) == ([], [])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.yaml", "missing.yaml cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
        ("/dev/zero", "larger than"),
        ("a\0b", "'.*' is no file name"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)

    assert run(name, fails=said) == ([], [])


def test_an_empty_list_is_no_fault(written):
    assert run(written()) == ([], [])
