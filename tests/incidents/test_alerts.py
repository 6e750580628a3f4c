"""What monitors of all kinds say, read as one alert. Nothing but unreadable bytes is refused."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incidents import alerts
from severity.ladder import Sev

PAGE = Path(__file__).parents[2] / "docs/collectors/monitor.md"


def read(**said):
    return alerts.read(json.dumps(said).encode())


def group(*statuses, **more):
    """What Alertmanager sends: one alert for each status."""
    labels = {"alertname": "BucketOpen", "severity": "critical", "bucket": "exports"}
    said = {
        "version": "4",
        "groupKey": '{}:{alertname="BucketOpen"}',
        "status": "firing",
        "externalURL": "https://alerts.example",
        "commonLabels": labels,
        "commonAnnotations": {"summary": "Bucket open", "description": "Anyone can list it."},
        "alerts": [
            {"status": status, "labels": labels, "startsAt": f"2026-11-2{n}T03:00:00Z"}
            for n, status in enumerate(statuses, 1)
        ],
    }
    return read(**(said | more))


def test_a_plain_object_is_read_by_its_names():
    alert = read(
        title="Export open",
        severity="SEV 2",
        detail="All staff.",
        facts={"bucket": "exports", "readers": 4100, "public": False, "nested": {}},
        url="https://scanner.example/17",
        id="f-17",
        dataset="exports",
        audience="outside",
        occurred_from="2026-11-21T04:00:00+01:00",
    )
    assert (alert.title, alert.level, alert.event) == ("Export open", Sev.SEV2, "f-17")
    assert alert.detail == "All staff.\nbucket: exports\nreaders: 4100\npublic: false\nnested: "
    assert (alert.url, alert.dataset) == ("https://scanner.example/17", "exports")
    assert (alert.audience, alert.still_open, alert.over) == ("outside", "", False)
    assert alert.since == datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_the_example_of_the_documentation_is_read_out_of_its_envelope():
    [example] = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    alert = alerts.read(example.encode())
    assert (alert.title, alert.level) == ("Export readable by all staff", Sev.SEV2)
    assert "readers: 4100" in alert.detail
    assert alert.url.endswith("/findings/17")


@pytest.mark.parametrize(
    ("said", "level"),
    [
        *((n, Sev(n)) for n in range(6)),
        *((text, Sev.SEV2) for text in ("2", "sev2", "SEV 2", "Sev-2", "HIGH", "p2")),
        *((text, Sev.SEV1) for text in ("critical", "P1")),
        *((odd, None) for odd in ("6", "-1", "sev", "", "purple", None, True, [2], 1.5, "²")),
    ],
)
def test_a_level_is_a_number_of_the_ladder_or_a_word_that_products_use(said, level):
    assert read(title="t", severity=said).level == level


def test_every_word_of_the_documentation_is_known():
    table = PAGE.read_text().split("## How severe")[1].split("## ")[0]
    for words, level in re.findall(r"^\| (`.*) \| SEV (\d) \|$", table, re.MULTILINE):
        for word in re.findall(r"`(.+?)`", words):
            assert read(severity=word).level == Sev(int(level)), word


def test_a_group_of_alertmanager_is_one_alert():
    alert = group("firing", "firing")
    assert (alert.title, alert.level, alert.over) == ("Bucket open", Sev.SEV1, False)
    assert alert.detail.startswith("Anyone can list it.\nalertname: BucketOpen\n")
    assert alert.detail.endswith("alerts firing: 2")
    assert alert.url == "https://alerts.example"
    assert alert.since == datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_a_group_keeps_its_name_while_it_fires_and_gets_another_when_it_fires_again():
    first = group("firing", "firing").event
    assert group("firing", "resolved").event == first
    assert group("firing", "firing", externalURL="https://other").event == first
    assert group("resolved", "firing").event != first


def test_a_group_of_which_none_fires_is_over():
    assert group("resolved", "resolved").over
    assert not group("resolved", "firing").over


def test_a_label_of_a_group_does_not_name_the_program():
    assert group("firing", commonLabels={"program": "systemd"}).program == ""
    assert read(program="keystroke-study").program == "keystroke-study"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"title"', b"\xff", b"[" * 100_000, b"NaN"])
def test_what_is_no_object_is_refused_with_a_sentence(body):
    with pytest.raises(alerts.Unreadable, match=r"^The body must be .*\.$"):
        alerts.read(body)


def test_what_is_too_long_is_cut_and_what_cannot_be_kept_is_left_out():
    alert = read(
        title="x" * 500 + "\0",
        detail="a\0b\nc\ud800",
        facts={f"fact {n}": "y" * 2000 for n in range(60)},
        url="javascript:alert(1)",
        occurred_from="9999-12-31T23:59:59-14:00",
    )
    assert len(alert.title) == alerts.LONGEST_TITLE
    assert alert.detail.startswith("a b\nc")
    assert len(alert.detail) == alerts.LONGEST_DETAIL
    assert (alert.url, alert.since) == ("", None)


def test_odd_members_of_a_group_are_left_out():
    alert = group(alerts=[7, {"status": []}], commonLabels=[], commonAnnotations=None)
    assert (alert.title, alert.level, alert.over) == ("", None, False)


def test_more_facts_than_a_page_can_show_are_counted():
    assert read(facts={str(n): n for n in range(60)}).detail.endswith("49: 49\nand 10 more")
