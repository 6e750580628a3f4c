"""The same id told more than once in one file."""

import pytest

from incidents.models import Incident
from tests import make
from tests.incidents.test_importing import HEAD, counts, faults, filed, row, run_command, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make.officer()


def test_a_row_that_is_refused_keeps_no_other_of_its_id_out(officer):
    program = make.program()
    head = HEAD.replace("\n", ",program\n")
    rows = [row(1).replace("\n", f",{slug}\n") for slug in ("none-such", program.slug, "")]
    run = filed(table(*rows, head=head), officer)
    assert counts(run) == (1, 0, 2)
    assert Incident.objects.get().program == program
    assert [each[:2] for each in faults(run)] == [(2, "program"), (4, "source_id")]


def test_a_dry_run_knows_an_id_again_however_far_apart_it_is_told(officer, tmp_path):
    rows = [row(1), *(row(n, sev="SEV 5") for n in range(2, 150)), row(1), row(1, d=3)]
    path = tmp_path / "old.csv"
    path.write_text(table(*rows))
    _code, dry, err = run_command(path, officer, "--dry-run")
    assert (dry["made"], dry["repeated"], dry["refused"]) == (149, 1, 1)
    assert "came before with other words, as row 2" in err
    assert run_command(path, officer)[1] == dry
