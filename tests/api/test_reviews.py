"""Reviews and action items by API: written by one, published and verified by another."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import grants, reviewform
from incidents.models import ActionItem, Review
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db
NEEDED = {each.key: "Said." for each in reviewform.current().sections if each.needed}
WORD = "The scanner runs every hour now."


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


def let_in(incident, level, **fields):
    person = make.user(**fields)
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage")


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", username="hal")


def at(incident, rest):
    return f"/incidents/{incident.ref}/{rest}"


def test_a_review_is_written_and_published_by_a_second_person(incident, manager, helper):
    form = helper.get(at(incident, "review")).json()
    assert (form["last"], form["published"], form["demanded"]) == (None, None, True)
    assert {each["key"] for each in form["sections"] if each["needed"]} == {*NEEDED}
    made = helper.post(
        at(incident, "review"), {"sections": NEEDED, "causes": ["secret"], "based_on": 0}
    )
    assert (made.status_code, made.json()["number"]) == (201, 1)
    path = at(incident, "review/versions/1/publish")
    assert helper.post(path).status_code == 403
    told = manager.post(path).json()
    assert (told["published"], told["stands"]) == (1, True)
    assert told["published_by"] == manager.person.username
    assert "published already" in problem(manager.post(path), 409)["detail"]


def test_nobody_publishes_their_own_or_overwrites_what_they_have_not_read(incident, manager):
    body = {"sections": NEEDED, "causes": ["secret"], "based_on": 0}
    assert manager.post(at(incident, "review"), body).status_code == 201
    own = problem(manager.post(at(incident, "review/versions/1/publish")), 409)
    assert "a second person must publish it" in own["detail"]
    stale = manager.post(
        at(incident, "review"), {"sections": {"summary": "x"}, "causes": ["secret"], "based_on": 0}
    )
    assert "after you opened this" in problem(stale, 409)["detail"]
    # What was never written is no version either.
    assert manager.post(at(incident, "review/versions/2/publish")).status_code == 404
    told = manager.get(at(incident, "review/versions/1")).json()
    assert {each["key"]: each["text"] for each in told["sections"] if each["text"]} == NEEDED


@pytest.mark.parametrize(
    "body",
    [
        {"sections": {"gossip": "x"}, "causes": ["secret"], "based_on": 0},
        {"sections": {"summary": "x" * 20_001}, "causes": ["secret"], "based_on": 0},
        {"sections": ["x"], "causes": ["secret"], "based_on": 0},
        {"causes": ["secret"], "based_on": 0},
    ],
)
def test_a_section_that_cannot_be_is_refused_at_its_field(incident, helper, body):
    assert problem(helper.post(at(incident, "review"), body), 422)["field"] == "sections"
    assert not Review.objects.exists()


def test_causes_are_told_with_the_form_and_refused_by_their_field(incident, helper):
    form = helper.get(at(incident, "review")).json()
    keys = [each["key"] for each in form["causes"]]
    assert "too_wide" in keys
    body = {"sections": NEEDED, "causes": ["not_known", "too_wide"], "based_on": 0}
    assert problem(helper.post(at(incident, "review"), body), 422)["field"] == "causes"
    refused = problem(helper.post(at(incident, "review"), body | {"causes": ["gossip"]}), 422)
    assert refused["allowed"] == f"'gossip' is none of: {', '.join(keys)}."
    made = helper.post(at(incident, "review"), body | {"causes": ["secret", "too_wide"]})
    assert made.json()["causes"] == ["too_wide", "secret"]
    told = helper.get(at(incident, "review/versions/1")).json()
    assert told["causes"] == ["too_wide", "secret"]


def test_a_review_is_read_by_who_reads_and_written_by_who_contributes(incident, helper):
    viewer, stranger = let_in(incident, "view"), Caller(make.user())
    body = {"sections": NEEDED, "causes": ["secret"], "based_on": 0}
    assert viewer.get(at(incident, "review")).status_code == 200
    assert viewer.post(at(incident, "review"), body).status_code == 403
    assert stranger.get(at(incident, "review")).status_code == 404
    assert stranger.post(at(incident, "review"), body).status_code == 404
    helper.post(at(incident, "review"), body)
    other = make.incident()
    manages_other = let_in(other, "manage")
    assert manages_other.get(at(other, "review/versions/1")).status_code == 404
    assert manages_other.post(at(other, "review/versions/1/publish")).status_code == 404


def item(**changed):
    due = str(timezone.now().date() + timedelta(days=20))
    return {"what": "Scan every hour", "kind": "detect", "owner": "hal", "due_on": due} | changed


def test_an_item_is_added_changed_done_and_verified_by_another(incident, manager, helper):
    made = manager.post(at(incident, "items"), item(control="G22"))
    row = made.json()
    assert (made.status_code, row["owner"], row["state"]) == (201, "hal", "open")
    path = at(incident, f"items/{row['id']}")
    changed = manager.post(path, {"test": "Plant one.", "based_on": row["version"]}).json()
    assert (changed["test"], changed["control"], changed["what"]) == (
        "Plant one.",
        "G22",
        "Scan every hour",
    )
    done = helper.post(f"{path}/settle", {"to": "done", "said": WORD}).json()
    assert (done["state"], done["done_by"], done["said"]) == ("done", "hal", WORD)
    own = problem(helper.post(f"{path}/settle", {"to": "verified", "said": WORD}), 409)
    assert "Another person verifies it" in own["detail"]
    told = manager.post(f"{path}/settle", {"to": "verified", "said": WORD}).json()
    assert (told["state"], told["settled_by"]) == ("verified", manager.person.username)
    assert helper.get(at(incident, "items")).json() == [told]


def test_an_item_is_opened_again_and_dropped_with_a_reason(incident, manager):
    row = manager.post(at(incident, "items"), item(owner=manager.person.username)).json()
    path = at(incident, f"items/{row['id']}/settle")
    manager.post(path, {"to": "done", "said": WORD})
    assert manager.post(path, {"to": "open", "said": "It ran only once."}).json()["done_by"] is None
    assert problem(manager.post(path, {"to": "dropped"}), 422)["field"] == "said"
    assert manager.post(path, {"to": "dropped", "said": "Not needed now."}).json()["state"] == (
        "dropped"
    )
    assert (
        "dropped already"
        in problem(manager.post(path, {"to": "dropped", "said": "Not needed now."}), 409)["detail"]
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"what": " "}, "what"),
        ({"what": "x" * 501}, "what"),
        ({"kind": "hope"}, "kind"),
        ({"owner": "nobody-here"}, "owner"),
        ({"owner": "outsider"}, "owner"),
        ({"due_on": "2001-01-01"}, "due_on"),
        ({"due_on": "soon"}, "due_on"),
        ({"control": "Z99"}, "control"),
    ],
)
def test_an_item_that_cannot_be_is_named_by_its_field(incident, helper, body, field):
    make.user(username="outsider")
    assert problem(helper.post(at(incident, "items"), item(**body)), 422)["field"] == field
    assert not ActionItem.objects.exists()
    row = helper.post(at(incident, "items"), item()).json()
    changed = helper.post(at(incident, f"items/{row['id']}"), body | {"based_on": 1})
    assert problem(changed, 422)["field"] == field
    assert helper.get(at(incident, "items")).json() == [row]


def test_whom_an_item_may_be_given_to_is_said(incident, helper):
    refused = problem(helper.post(at(incident, "items"), item(owner="nobody-here")), 422)
    assert refused["allowed"] == "the user name or e-mail address of an active person"


def test_an_owner_who_may_only_read_says_that_it_is_done(incident, manager):
    owner = let_in(incident, "view", username="own")
    row = manager.post(at(incident, "items"), item(owner="own")).json()
    path = at(incident, f"items/{row['id']}")
    assert owner.post(path, {"what": "Less", "based_on": 1}).status_code == 403
    assert owner.post(f"{path}/settle", {"to": "done", "said": WORD}).json()["state"] == "done"
    refused = problem(owner.post(f"{path}/settle", {"to": "dropped", "said": WORD}), 409)
    assert "Only who may manage here" in refused["detail"]
    stranger = Caller(make.user())
    assert stranger.get(at(incident, "items")).status_code == 404
    assert stranger.post(f"{path}/settle", {"to": "done", "said": WORD}).status_code == 404


def test_the_items_of_all_incidents_that_may_be_seen_are_listed_by_their_day(manager, incident):
    def added(of, caller, **changed):
        return caller.post(at(of, "items"), item(owner=caller.person.username, **changed)).json()

    hidden, other = make.incident(), make.incident()
    added(hidden, let_in(hidden, "manage"))
    second = added(incident, manager)
    first = added(incident, manager, due_on=str(timezone.now().date()))
    grants.admit(other, level="view", person=manager.person, reason="Helps.", actor=make.SYSTEM)
    theirs = added(other, let_in(other, "manage"))
    told = manager.get("/action-items").json()
    assert [each["id"] for each in told] == [first["id"], second["id"], theirs["id"]]
    assert told[0] == first | {"incident": incident.ref}
    assert [each["id"] for each in manager.get("/action-items?mine=true").json()] == [
        first["id"],
        second["id"],
    ]
    after = manager.get(f"/action-items?after={first['id']}").json()
    assert [each["id"] for each in after] == [second["id"], theirs["id"]]


def test_the_list_of_items_is_narrowed_by_state_and_to_what_is_overdue(incident, manager):
    made = [
        manager.post(at(incident, "items"), item(owner=manager.person.username)).json()["id"]
        for _ in range(3)
    ]
    ActionItem.objects.filter(pk=made[0]).update(due_on=timezone.now().date() - timedelta(days=1))
    manager.post(at(incident, f"items/{made[1]}/settle"), {"to": "dropped", "said": WORD})
    manager.post(at(incident, f"items/{made[2]}/settle"), {"to": "done", "said": WORD})

    def listed(query):
        return [each["id"] for each in manager.get(f"/action-items{query}").json()]

    assert listed("") == [made[0], made[2]]
    assert listed("?overdue=true") == [made[0]]
    assert (listed("?state=dropped"), listed("?state=done")) == ([made[1]], [made[2]])
    for query, field in (("state=lost", "state"), ("after=999999", "after"), ("after=0", "after")):
        assert problem(manager.get(f"/action-items?{query}"), 422)["field"] == field
    # One that they may not know of is none.
    hidden = make.incident()
    other = let_in(hidden, "manage")
    pk = other.post(at(hidden, "items"), item(owner=other.person.username)).json()["id"]
    assert problem(manager.get(f"/action-items?after={pk}"), 422)["field"] == "after"


def test_a_bound_token_lists_the_items_of_its_programs_alone(incident, manager):
    manager.post(at(incident, "items"), item(owner=manager.person.username))
    bound = Caller(manager.person)
    for program, found in ((make.program(), 0), (incident.program, 1)):
        text = token(manager.person, programs=[program.slug])
        bound.headers = {"Authorization": f"Bearer {text}"}
        assert len(bound.get("/action-items").json()) == found


def test_an_item_is_reached_through_its_own_incident(incident, manager):
    row = manager.post(at(incident, "items"), item(owner=manager.person.username)).json()
    other = make.incident()
    caller = let_in(other, "close")
    for rest, body in (
        ("", {"what": "No", "based_on": 1}),
        ("/settle", {"to": "done", "said": WORD}),
    ):
        swapped = caller.post(at(other, f"items/{row['id']}{rest}"), body)
        assert "no such item" in problem(swapped, 404)["detail"]
