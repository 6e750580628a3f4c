"""What a source sends opens an incident or adds to one: once, whatever comes again."""

import pytest

from accounts.functions import Function
from incidents import lifecycle, sources
from incidents.envelopes import Shape
from incidents.models import Incident, Received, Refusal, Status
from severity.ladder import Sev
from tests import make
from tests.api.conftest import problem
from tests.api.monitor import Monitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def monitor():
    return Monitor(make.program(), worst=Sev.SEV3)


def group(*statuses, summary="Bucket open", starts="2026-11-21T03:00:00Z"):
    alerts = [{"status": status, "startsAt": starts} for status in statuses]
    return {
        "version": "4",
        "groupKey": "{}:{bucket}",
        "commonLabels": {"severity": "warning"},
        "commonAnnotations": {"summary": summary},
        "alerts": alerts,
    }


def described(monitor, kind, **fields):
    shape = sources.checked(kind, must_sign=fields.pop("must_sign", False), mapping=fields)
    sources.describe(monitor.key, shape, actor=make.SYSTEM)


def entries(incident):
    """What the monitor added to the story, the oldest first."""
    said = incident.timeline.filter(kind="report", actor_name="monitor scanner")
    texts = said.order_by("pk").values_list("text", flat=True)
    return [text for text in texts if not text.startswith(("Reported:", "The exposure began"))]


def closed(incident):
    return lifecycle.move(
        incident,
        Status.DISMISSED,
        reason="A test.",
        actor=make.actor(make.user(Function.COMMANDER)),
    )


def test_a_group_opens_one_incident_and_adds_to_it_what_is_new(monitor):
    became = [
        monitor.send(said).json()["became"]
        for said in (
            group("firing"),
            group("firing"),
            group("firing", "firing"),
            group("resolved"),
            group("resolved"),
            group("firing", starts="2026-11-22T03:00:00Z"),
        )
    ]
    assert became == ["opened", "opened", "updated", "resolved", "resolved", "updated"]
    incident = Incident.objects.get()
    more, over, again = entries(incident)
    assert "alerts firing: 2" in more
    assert over.startswith("It says that this is over.")
    assert again.startswith("It sees it again.")
    assert incident.status == Status.REPORTED
    assert sum(Received.objects.values_list("times", flat=True)) == 6


def test_what_comes_back_after_the_incident_is_over_is_another(monitor):
    first = monitor.send(group("firing")).json()
    closed(Incident.objects.get())
    second = monitor.send(group("firing", starts="2026-12-21T03:00:00Z")).json()
    assert (second["became"], second["new"]) == ("opened", True)
    assert first["codename"] != second["codename"]
    # And again, though it began when the first did.
    closed(Incident.objects.latest("number"))
    assert monitor.send(group("firing", summary="Worse")).json()["new"] is True


def test_what_is_worse_than_people_judged_is_news_once(monitor):
    monitor.send({"title": "Open", "id": "e", "severity": 5})
    said = {"title": "Wide open", "id": "e", "severity": 3}
    assert [monitor.send(said).json()["new"] for _ in range(2)] == [True, False]
    assert monitor.send(said | {"title": "Open", "severity": 4}).json()["became"] == "updated"
    assert Incident.objects.count() == 2


def test_the_same_delivery_gets_the_same_answer_and_writes_nothing(monitor):
    said = {"title": "Open", "id": "thing"}
    first = monitor.send(said, **{"webhook-id": "m-1"}).json()
    moved = said | {"title": "Open still"}
    for _ in range(2):
        assert monitor.send(moved, **{"webhook-id": "m-2"}).json()["became"] == "updated"
    again = monitor.send(said, **{"webhook-id": "m-1"}).json()
    assert again == first | {"new": False}
    assert entries(Incident.objects.get()) == ["Open still"]


def test_a_name_used_for_the_thing_still_tells_that_it_is_over_and_grew_worse(monitor):
    names = {"webhook-id": "thing"}
    monitor.send({"title": "Open", "severity": 5}, **names)
    assert monitor.send({"status": "ok"}, **names).json()["became"] == "resolved"
    worse = {"title": "Open", "severity": 3}
    assert [monitor.send(worse, **names).json()["new"] for _ in range(3)] == [True, False, False]


def test_a_cloud_event_sent_twice_makes_one_incident(monitor):
    described(monitor, "cloudevents")
    event = {"specversion": "1.0", "id": "7", "source": "/scan", "type": "widened"}
    assert [monitor.send(event).status_code for _ in range(2)] == [201, 200]
    problem(monitor.send({"title": "Open"}), 400)
    assert Incident.objects.get().title == "widened"


def test_a_mapping_reads_what_its_owner_wrote_down(monitor):
    data = make.dataset(monitor.program, slug="exports")
    described(monitor, "mapped", title="$.f.name", dataset="f.where", found_how="=nightly scan")
    monitor.send({"f": {"name": "Export open", "where": "exports"}, "severity": 5})
    incident = Incident.objects.get()
    assert (incident.title, incident.dataset) == ("Export open", data)
    assert incident.found_how == "nightly scan (monitor scanner)"
    # No path leads to a level, so nothing is known of it.
    assert (incident.sev, incident.audience) == (None, "unknown")


def test_a_source_that_signs_is_not_opened_by_its_key_alone(monitor):
    described(monitor, "standard", must_sign=True)
    refused = problem(monitor.send(), 401)
    assert "signs what it sends" in refused["detail"]
    assert monitor.sign({"type": "x", "data": {"title": "Open"}}).status_code == 201
    with pytest.raises(sources.Refused, match="Alertmanager cannot sign"):
        sources.checked("alertmanager", must_sign=True, mapping={})


def test_refusals_are_kept_with_their_reason_and_few_of_them(monitor, monkeypatch):
    monkeypatch.setattr("incidents.refusals.MOST", 3)
    for _ in range(2):
        monitor.send(b"[]")
    monitor.send({"program": "other"})
    monitor.send(bearer=f"andon_w_{monitor.key.key_id}_wrong")
    kept = Refusal.objects.filter(key=monitor.key).values_list("answer", "times")
    assert sorted(kept) == [(400, 2), (401, 1), (422, 1)]
    monitor.send(b"[" * 60)
    monitor.send(b" " * 300_000)
    assert Refusal.objects.filter(key=monitor.key).count() == 3


def test_a_monitor_that_never_stops_talking_does_not_bury_the_story(monitor, monkeypatch):
    monkeypatch.setattr("incidents.inbound.MOST_ENTRIES", 3)
    for n in range(8):
        monitor.send({"title": f"{n} readers", "id": "e"})
    written = entries(Incident.objects.get())
    assert len(written) == 4
    assert written[-1].startswith("It has more to say")


def test_what_was_added_is_never_longer_than_an_entry_may_be(monitor):
    monitor.send({"title": "Open", "id": "e"})
    long = {"title": "t" * 500, "id": "e", "detail": "d" * 20_000, "url": "https://a.example"}
    assert monitor.send(long).json()["became"] == "updated"


def test_a_shape_of_nothing_said_takes_any(monitor):
    assert sources.shape_of(monitor.key) == Shape()
