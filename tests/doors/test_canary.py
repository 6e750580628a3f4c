"""The word of a hidden incident reaches nobody who was not let in, by whatever door."""

import logging
from io import StringIO
from logging import StreamHandler
from types import SimpleNamespace

import pytest
from django.urls import reverse

from incidents import api, search
from incidents.models import Incident
from incidents.views import evidence as evidence_views
from incidents.views import panels
from notifications import channels, paging, rooms
from tests import make
from tests.api.conftest import token
from tests.doors import leaks, walk
from tests.doors.api_rows import API_ROWS
from tests.doors.rows import ROWS
from tests.doors.test_matrix import BODIES
from tests.doors.world import CANARY
from tests.web.conftest import words


@pytest.fixture
def log(monkeypatch):
    """What an operator would read."""
    (handler,) = [each for each in logging.getLogger().handlers if type(each) is StreamHandler]
    monkeypatch.setattr(handler, "stream", written := StringIO())
    return written


@pytest.mark.rotates
@pytest.mark.parametrize("name", leaks.OUTSIDE)
def test_nobody_who_was_not_let_in_reads_the_word(world, name):
    assert list(leaks.found(world, name)) == []


def test_the_word_is_where_it_can_be_found_and_no_log_of_a_visit_holds_it(world, log):
    """Else the tests above find nothing because there is nothing."""
    insider = world.people["close"].client
    path = reverse("incidents:detail", args=[world.incident.number])
    assert walk.knock(insider, "get", path).said.count(CANARY) > 10
    answers = [walk.knock(insider, "get", path) for path in leaks.addresses(world)]
    assert len([answer for answer in answers if CANARY in answer.said]) > 5
    walk.knock(insider, "post", f"/incidents/{world.incident.ref}/update/", {"text": CANARY})
    assert "request_finished" in log.getvalue()
    assert CANARY not in log.getvalue()


def test_a_search_does_not_tell_that_something_was_found(world):
    stranger = world.people["stranger"]
    hidden = words(stranger.get("/incidents/?q=zyzzyva"))
    nothing = words(stranger.get("/incidents/?q=qwyjibo"))
    assert hidden.replace("zyzzyva", "") == nothing.replace("qwyjibo", "")


def rows_of(incident):
    """Every row of the incident and of what hangs on it, as it is stored."""
    kept = [incident, *[relation.related_model for relation in Incident._meta.related_objects]]
    found = {"incident": Incident.objects.filter(pk=incident.pk).values().get()}
    for model in kept[1:]:
        names = [f.name for f in model._meta.fields if f.related_model is Incident]
        for name in names:
            rows = model.objects.filter(**{name: incident}).order_by("pk")
            found[f"{model.__name__}.{name}"] = list(rows.values())
    return found


@pytest.mark.rotates
@pytest.mark.parametrize("name", ["stranger", "elsewhere", "run out", "hr"])
def test_nobody_who_was_not_let_in_changes_anything(world, name):
    before = rows_of(world.incident)
    client = world.people[name].client
    said = {"text": "x", "reason": "x", "to": "closed", "level": "5", "note": "x", "what": "x"}
    for door, row in ROWS.items():
        # To ask is what it is for; what it leaves is nobody's but theirs.
        if door in ("incidents:ask", "programs:pause"):
            continue
        path = reverse(door, kwargs=row.address(world.ids))
        # Any other method is refused at each door: test_matrix.py.
        client.post(path, said | row.body(world.ids))
    assert rows_of(world.incident) == before


ROOMS = {
    "pagerduty": "r" * 32,
    "slackbot": "C012AB3CD",
    "slack": "https://hooks.slack.com/services/T/B/x",
    "teams": "https://prod-1.westeurope.logic.azure.com/x",
    "webhook": "https://room.example/hook",
}


def test_what_leaves_the_house_names_the_codename_alone(world, engine, mailoutbox, monkeypatch):
    sent = []

    def send(method, message):
        sent.append((method, message))
        return "taken"

    monkeypatch.setattr(channels, "send", send)
    run = world.incident.escalations.get(state="active")
    terms = rooms.Terms(step=run.taken + 1)
    for method, address in ROOMS.items():
        rooms.make("A room", method, address, terms=terms, actor=make.SYSTEM)
    engine.work()
    engine.forward(days=8)
    paging.acknowledge(world.incident, actor=make.actor(world.people["close"].person))
    engine.work()
    assert {*ROOMS, "email"} <= {method for method, _message in sent}
    assert {"page", "test", "answered"} <= {message.kind for _method, message in sent}
    assert any(world.incident.codename in str(message) for _method, message in sent)
    assert CANARY not in repr(sent)
    assert CANARY not in "".join(str(mail.message()) for mail in mailoutbox)


def test_an_error_tells_neither_the_reader_nor_the_log(world, monkeypatch, log):
    def fails(*_args, **_kwargs):
        raise RuntimeError(world.incident.title)

    monkeypatch.setattr(panels, "head", fails)
    path = reverse("incidents:detail", args=[world.incident.number])
    answer = walk.knock(world.people["close"].client, "get", path)
    assert answer.status_code == 500
    assert "RuntimeError" in log.getvalue()
    assert CANARY not in answer.said + log.getvalue()


# --- Three faults of peers, made here on purpose: each must be found


def a_child_is_looked_up_without_its_parent(monkeypatch):
    def of_any(rows, **which):
        return rows.model.objects.get(**which)

    monkeypatch.setattr(evidence_views, "get_object_or_404", of_any)


def a_list_forgets_to_ask_who_reads_it(monkeypatch):
    everything = SimpleNamespace(visible_to=lambda _user: Incident.objects.all())
    monkeypatch.setattr(search, "access", everything)


def the_api_has_a_way_of_its_own(monkeypatch):
    def any_incident(_request, ref, **_needs):
        return Incident.objects.get(number=ref.removeprefix("INC-"))

    monkeypatch.setattr(api, "get", any_incident)


@pytest.mark.parametrize(
    "fault",
    [
        a_child_is_looked_up_without_its_parent,
        a_list_forgets_to_ask_who_reads_it,
        the_api_has_a_way_of_its_own,
    ],
)
def test_a_fault_that_is_made_on_purpose_is_found(world, monkeypatch, fault):
    fault(monkeypatch)
    assert next(leaks.found(world, leaks.SWAPS), None)


def test_no_act_reaches_what_hangs_on_an_incident_through_another_one(world):
    """By whoever may do everything in the other one."""
    person, other = world.people[leaks.SWAPS], world.other
    swapped = world.ids | {"number": other.number, "ref": other.ref}
    headers = {"Authorization": f"Bearer {token(person.person)}"}
    found = {}
    for table, parent in ((ROWS, "number"), (API_ROWS, "ref")):
        for name, row in table.items():
            takes = dict(row.ids)
            if row.act and takes.get(parent) == parent and len(takes) > 1:
                path = reverse(name, kwargs=row.address(swapped))
                how = {"headers": headers, "content_type": "application/json"}
                sent = BODIES.get(name, {}) if parent == "ref" else row.body(world.ids)
                more = how if parent == "ref" else {}
                found[name] = walk.knock(person.client, "post", path, sent, **more).status_code
    assert len(found) > 30
    assert {name: status for name, status in found.items() if status != 404} == {}
