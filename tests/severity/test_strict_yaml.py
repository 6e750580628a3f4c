"""YAML that others wrote cannot surprise us."""

from datetime import date

import pytest
import yaml

from severity.strict_yaml import BadYaml, load
from tests.severity.given import CASES

LAUGHS = "\n".join(
    ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 9))]
)
MANY = "\n".join(["- &a0 [{}]".format("x, " * 99), *["- *a0"] * 6000])


def test_plain_data_are_read_as_safe_load_reads_them():
    assert load(CASES.read_text()) == yaml.safe_load(CASES.read_text())


def test_a_list_that_a_program_wrote_once_and_named_is_read():
    shared = [0.25, 0, 0, 0]

    assert load(yaml.safe_dump([{"cb": shared}, {"cb": shared}])) == [{"cb": shared}] * 2


@pytest.mark.parametrize(
    "text",
    ["2026-13-45", "2026-11-31T00:00:00Z", "2026-11-30T10:00:00+25:00", "9" * 5000],
)
def test_a_date_that_never_was_and_a_number_too_long_stay_text(text):
    assert load(f"- a: {text}\n- 2026-11-30") == [{"a": text}, date(2026, 11, 30)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS + "\na9: &a9 [*a8]\na10: [[[*a9]]]", "more than 12 levels deep"),
        (LAUGHS.replace("[x, x]", f"[{'x, ' * 4000}]"), "more than 500000 values, written out"),
        (MANY, "line 5000: more than 500000 values, written out"),
        ("&a [*a]", r"line 1: alias \*a is inside itself"),
        ("a: &a {b: {c: *a}}", r"line 1: alias \*a is inside itself"),
        ("- *nobody", "line 1: found undefined alias 'nobody'"),
        ("- x\n- !!python/object/apply:os.system [ls]", "line 2: tags .* are not allowed"),
        ("- ! x", r"line 1: tags \(!\) are not allowed"),
        ("a: 1\n'a': 2", "line 2: 'a' is given twice"),
        ("? [a]\n: b", "line 1: a key must be a word"),
        ("[" * 200_000, "line 1: more than 12 levels deep"),
        ("- " * 200_000, "line 1: more than 12 levels deep"),
        ("a\n---\nb", "line 2: but found another document"),
        ("a: b: c", "line 1: mapping values are not allowed here"),
        ("a: '\n", "line 2: found unexpected end of stream"),
        ("\x00", "special characters are not allowed"),
    ],
)
def test_what_is_not_plain_data_is_refused_with_its_line(text, said):
    with pytest.raises(BadYaml, match=said):
        load(text)


@pytest.mark.parametrize("written", ["0500", "-010", "1:30", "190:20:30.15", "0_7"])
def test_a_number_that_yaml_takes_for_another_than_it_looks_stays_text(written):
    assert load(f"n: {written}") == {"n": written}


@pytest.mark.parametrize(("written", "number"), [("0", 0), ("500", 500), ("-3", -3), ("0.5", 0.5)])
def test_other_numbers_are_numbers(written, number):
    assert load(f"n: {written}") == {"n": number}
