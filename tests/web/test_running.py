"""Who runs a program beside its owner: said on a page and by API, by the owner and by officers."""

import pytest

from accounts.functions import Function
from programs import running
from tests import make
from tests.api.conftest import Caller, problem
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program()


def page(program):
    return f"/programs/{program.slug}/responders/"


def at(program, ending=""):
    return f"/programs/{program.slug}/runners/{ending}"


def test_the_owner_lets_somebody_run_it_and_ends_it(program):
    person, owner = make.user(username="ada", first_name="Ada", last_name="Obi"), program.owner
    owner = Reader(owner)
    edit = f"/programs/{program.slug}/edit/"
    assert Reader(person).get(edit).status_code == 403
    owner.post(at(program), person="ada", reason="Runs the study.")
    assert "Ada Obi" in owner.reads(page(program))
    assert Reader(person).get(edit).status_code == 200
    owner.post(at(program, "end/"), who=person.pk, reason="Left.")
    assert "Ada Obi" not in owner.reads(page(program))
    assert Reader(person).get(edit).status_code == 403


def test_what_is_wrong_is_said_at_its_field(program, officer):
    for fields, said in (
        ({"person": "nobody", "reason": "r"}, "Nobody has this user name"),
        ({"person": "", "reason": "r"}, "This field is required"),
        ({"person": program.owner.username, "reason": "r"}, "owns the program"),
        ({"person": officer.person.username, "reason": "r"}, "Nobody lets themselves in"),
    ):
        answer = officer.post(at(program), **fields)
        assert answer.status_code in (409, 422)
        assert said in words(answer)
    assert officer.post(at(program, "end/"), who="999999", reason="r").status_code == 404
    assert officer.post(at(program, "end/"), who="x", reason="r").status_code == 422
    assert running.of(program) == []


def test_others_read_who_they_are_and_change_nothing(program):
    helper, other, insider = make.user(), make.user(), reader(Function.RESPONDER)
    for person in (helper, other):
        running.add(program, person, reason="r", actor=make.actor(program.owner))
    for each in (Reader(helper), insider):
        assert ("Let them run it no more" in each.reads(page(program))) == (each.person == helper)
        assert each.post(at(program), person="x", reason="r").status_code == 403
        assert each.post(at(program, "end/"), who=other.pk, reason="r").status_code == 403
    assert running.of(program) == [helper, other]


def test_who_runs_it_gives_it_up_themselves(program):
    for says in ("page", "api"):
        helper = make.user()
        running.add(program, helper, reason="r", actor=make.actor(program.owner))
        if says == "page":
            assert "Let them run it no more" in Reader(helper).reads(page(program))
            gone = Reader(helper).post(at(program, "end/"), who=helper.pk, reason="Done.")
            assert gone.url == f"/programs/{program.slug}/"
        else:
            body = {"person": helper.username, "reason": "Done.", "runs": False}
            assert Caller(helper).post(at(program)[:-1], body).json()["runners"] == []
        assert running.of(program) == []
        assert (
            Reader(helper).post(at(program, "end/"), who=helper.pk, reason="r").status_code == 404
        )


def test_the_same_by_api(program):
    person, owner = make.user(username="ada"), Caller(program.owner)
    make.user(username="bo")
    path, body = f"/programs/{program.slug}/runners", {"person": "ada", "reason": "r"}
    told = {"owner": program.owner.username, "runners": ["ada"]}
    assert owner.post(path, body).json() == told == owner.get(path).json()
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    assert owner.post(path, body | {"runs": False}).json()["runners"] == []
    for wrong in ({"person": "nobody"}, {"person": "ada"}, {"person": program.owner.username}):
        assert problem(owner.post(path, body | wrong), 422)["field"] == "person"
    assert (
        problem(owner.post(path, body | {"person": "bo", "reason": " "}), 422)["field"] == "reason"
    )
    insider = Caller(make.user(Function.LEGAL))
    assert insider.get(path).json()["runners"] == []
    assert problem(insider.post(path, body), 403)["detail"].startswith("Only its owner")
    assert Caller(make.user()).get(path).status_code == 403
