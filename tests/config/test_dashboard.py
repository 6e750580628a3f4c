"""The dashboard for Grafana: it asks for what /metrics and the gate export, and for all of it."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.trees import ROOT

pytestmark = pytest.mark.django_db
DASHBOARD = json.loads((ROOT / "deploy/grafana-andon.json").read_text(encoding="utf-8"))
_NAME = re.compile(r"\bandon_\w+")


def asked():
    """Every metric that a panel asks for."""
    return {
        name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in _NAME.findall(target["expr"])
    }


def exported(client):
    """(names of samples, names of families) of /metrics."""
    families = list(text_string_to_metric_families(client.get("/metrics").content.decode()))
    samples = {sample.name for family in families for sample in family.samples}
    return samples, {family.name for family in families}


def of_the_gate():
    text = (ROOT / "docs/gate.md").read_text(encoding="utf-8")
    return set(re.findall(r"`(andon_gate_\w+)", text))


def test_every_panel_asks_for_what_is_exported(client):
    samples, families = exported(client)
    # A metric by level has no sample while there is nothing open.
    assert asked() - of_the_gate() <= samples | families


def test_everything_that_is_exported_has_a_panel(client):
    _samples, families = exported(client)
    # What a histogram has beside its buckets.
    whole = {name for name in families if not name.endswith(("_gcount", "_gsum"))}
    assert not {name for name in whole if not any(each.startswith(name) for each in asked())}


def test_panels_lie_beside_each_other_and_have_ids_of_their_own():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells
        assert place["x"] + place["w"] <= 24
        taken |= cells
