"""What sources send, read by the kind of the source. Pure: no database."""

import json

import pytest

from incidents import alerts, cloudevents, envelopes, mapping
from incidents.alerts import Unreadable
from incidents.envelopes import Shape
from severity.ladder import Sev

SAID = {
    "finding": {
        "ref": "f-17",
        "names": [{"en": "Export open"}],
        "risk": "high",
        "labels": {"app.name": "lake"},
        "done": False,
    }
}
PATHS = {
    "title": "$.finding.names[0].en",
    "level": "finding.risk",
    "dataset": '$.finding.labels["app.name"]',
    "dedup": "$.finding.ref",
    "over": "$.finding.done",
    "found_how": "=nightly scan",
}
EVENT = {"specversion": "1.0", "id": "7", "source": "/scan", "type": "widened"}


def read(kind, said, *, paths=None, signed=False, **headers):
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return envelopes.read(Shape(kind, paths=paths or {}), body, headers, signed=signed)


def test_paths_read_what_they_name_and_a_fixed_text_stands_for_itself():
    opened = read("mapped", SAID, paths=PATHS)
    alert = opened.alert
    assert (alert.title, alert.level, alert.dataset) == ("Export open", Sev.SEV2, "lake")
    assert (alert.dedup, alert.over, alert.found_how) == ("f-17", False, "nightly scan")
    assert opened.missing == ()


def test_a_path_that_leads_nowhere_leaves_what_it_reads_unknown():
    paths = {"title": "$.finding.names[3].en", "level": "finding.risk.word", "audience": "x"}
    opened = read("mapped", SAID, paths=paths)
    assert (opened.alert.title, opened.alert.level, opened.alert.audience) == ("", None, "")
    assert opened.missing == ("title", "level", "audience")


def test_a_truth_may_say_that_it_is_over():
    said = {"finding": {"done": True}}
    assert read("mapped", said, paths={"over": "finding.done"}).alert.over


@pytest.mark.parametrize(
    "path", ["", "$", "a b", "a[x]", "a[-1]", 'a["b', "a..", "." * 300, "a" * 201]
)
def test_what_is_no_path_is_refused_with_its_name(path):
    with pytest.raises(mapping.BadPath, match=r"^title: "):
        mapping.check({"title": path})
    with pytest.raises(mapping.BadPath, match=r"^colour: choose from title"):
        mapping.check({"colour": "a"})


def test_a_cloud_event_is_read_in_both_modes_and_named_by_source_and_id():
    data = {"title": "Export open", "severity": 2}
    structured = read("cloudevents", EVENT | {"data": data})
    headers = {f"ce_{name}": value for name, value in EVENT.items()}
    binary = read("cloudevents", data, content_type="application/json", **headers)
    assert structured == binary
    assert (structured.ident, structured.alert.level) == ("/scan 7", Sev.SEV2)
    assert read("any", EVENT | {"data": data}) == read("any", data, **headers) == structured


def test_a_cloud_event_without_a_title_is_called_by_its_subject_or_type():
    assert read("cloudevents", EVENT).alert.title == "widened"
    said = EVENT | {"subject": "exports", "data": "All staff."}
    alert = read("cloudevents", said).alert
    assert (alert.title, alert.detail) == ("exports", "All staff.")


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_a_cloud_event_that_lacks_something_is_none(name):
    with pytest.raises(Unreadable, match=f"{name} is missing"):
        read("cloudevents", {key: value for key, value in EVENT.items() if key != name})


def test_other_versions_batches_and_signed_binary_events_are_refused():
    with pytest.raises(Unreadable, match="specversion 1.0"):
        read("cloudevents", EVENT | {"specversion": "0.3"})
    with pytest.raises(Unreadable, match="by itself"):
        read("cloudevents", [EVENT], content_type=cloudevents.BATCH)
    with pytest.raises(Unreadable, match="structured mode"):
        read("cloudevents", {}, signed=True, ce_id="8", ce_specversion="1.0")


def test_a_source_of_alertmanager_takes_its_version_4_alone():
    said = {"version": "4", "groupKey": "g", "alerts": [{"status": "firing", "startsAt": "a"}]}
    alert = read("alertmanager", said).alert
    assert (alert.dedup, alert.event) == ("g", "g a")
    for odd in (said | {"version": "3"}, {"title": "x"}):
        with pytest.raises(Unreadable):
            read("alertmanager", odd)


def test_deep_nesting_is_refused():
    deep = b'{"a":' * alerts.DEEPEST + b"1" + b"}" * alerts.DEEPEST
    assert read("any", deep)
    with pytest.raises(Unreadable, match="32 levels"):
        read("any", b'{"a":' + deep + b"}")
