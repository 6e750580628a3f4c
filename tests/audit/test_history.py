"""Every change of a row leaves a row of history that says who and why."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import Actor
from audit import history
from programs.models import Dataset
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    return make.dataset(make.program())


def last(row):
    return row.history.latest()


def test_the_first_row_says_who_made_it_and_why():
    person = make.user()
    made = history.create(
        Dataset,
        actor=Actor.person(person, via="page"),
        why="moved here",
        program=make.program(),
        slug="lake",
        name="Lake",
        store="s3://lake",
    )
    first = made.history.get()
    assert (first.history_type, first.history_user) == ("+", person)
    assert first.history_change_reason == "page: moved here"


def test_a_change_says_who_made_it_by_which_door(dataset):
    person = make.user()
    dataset.name = "Sea"
    history.save(dataset, "name", actor=Actor.person(person, via="api"))
    assert (last(dataset).name, last(dataset).history_user) == ("Sea", person)
    assert last(dataset).history_change_reason == "api"


def test_the_next_change_is_not_signed_by_the_one_before(dataset):
    history.save(dataset, "name", actor=make.actor(make.user()), why="first")
    history.save(dataset, "name", actor=make.SYSTEM)
    assert last(dataset).history_user is None
    assert last(dataset).history_change_reason == "engine"


def test_only_the_named_fields_are_saved(dataset):
    dataset.name, dataset.store = "Sea", "s3://elsewhere"
    history.save(dataset, "name", actor=make.SYSTEM)
    dataset.refresh_from_db()
    assert (dataset.name, dataset.store[:9]) == ("Sea", "s3://lake")


def test_a_long_reason_is_cut_and_does_not_fail_the_change(dataset):
    history.save(dataset, "name", actor=make.SYSTEM, why="x" * 1000)
    assert len(last(dataset).history_change_reason) == 100


def test_many_rows_at_once_have_their_history_too(django_assert_max_num_queries):
    program, person = make.program(), make.user()
    rows = [Dataset(program=program, slug=f"d{n}", name="D", store="s") for n in range(20)]
    with django_assert_max_num_queries(6):
        history.create_all(rows, actor=make.actor(person), why="import")
    for row in Dataset.objects.filter(program=program):
        first = row.history.get()
        assert (first.history_user, first.history_change_reason) == (person, "page: import")


def test_rows_that_are_made_in_a_set_have_the_history_that_each_would_have(
    django_assert_max_num_queries,
):
    actor, program = Actor.person(make.user(), via="command"), make.draft()

    def rows(letter):
        names = [f"{letter}-{n}" for n in range(20)]
        return [Dataset(program=program, slug=name, name=name, store="s3://x") for name in names]

    history.create_all(one := rows("a"), actor=actor, why="import")
    with django_assert_max_num_queries(2):
        history.create_in_set(two := rows("b"), actor=actor, why="import")
    for single, many in zip(one, two, strict=True):
        (first,), (second,) = single.history.values(), many.history.values()
        for name in ("history_id", "history_date", "created_at", "id", "slug", "name"):
            first.pop(name), second.pop(name)
        assert first == second
        assert many.history.get().slug == many.slug


def test_many_rows_are_changed_in_two_statements_each_with_its_history():
    program = make.program()
    rows = [make.dataset(program) for _ in range(3)]
    for number, row in enumerate(rows):
        row.name, row.frozen_at = f"Sea {number}", None
    with CaptureQueriesContext(connection) as asked:
        history.save_all(rows, "name", "frozen_at", actor=make.SYSTEM, why="renamed")
    assert len(asked) == 2
    for number, row in enumerate(rows):
        assert Dataset.objects.get(pk=row.pk).name == f"Sea {number}"
        change = last(row)
        assert (change.name, change.history_type) == (f"Sea {number}", "~")
        assert change.history_change_reason.endswith(": renamed")
