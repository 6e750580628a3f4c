"""A set of clock rules that must not start clocks is refused, with the place of the fault."""

import pytest

from severity.clocks.ruleset import ClockRules
from severity.reading import BadRuleSet
from tests.severity.clocks_given import rule_data


def spoiled(path, value):
    """The shipped rules with one key set, or taken away where the value is `...`."""
    data = rule_data()
    inside = data
    for step in path[:-1]:
        inside = inside[step]
    if value is ...:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("clocks", 0, "article"), ..., r"clocks\[0\].article is missing"),
        (("clocks", 0, "source"), ..., r"clocks\[0\].source is missing"),
        (("clocks", 0, "starts"), "noticed", r"clocks\[0\].starts is 'noticed'; known: occurred,"),
        (("clocks", 0, "starts"), "contained", r"clocks\[0\].starts is 'contained'; known"),
        (("clocks", 0, "term"), {"value": 72, "unit": "weeks"}, r"clocks\[0\].term.unit is .weeks"),
        (("clocks", 0, "term"), {"value": 0, "unit": "hours"}, "term.value must be a whole number"),
        (("clocks", 0, "term"), {"value": 72}, r"clocks\[0\].term.unit is missing"),
        (("clocks", 0, "calendar"), "lunar", r"clocks\[0\].calendar is 'lunar'; allowed: hours_"),
        (("clocks", 0, "calendar"), ..., r"clocks\[0\].calendar goes with a fixed term"),
        (("clocks", 1, "calendar"), "eu_days", r"clocks\[1\].calendar goes with a fixed term"),
        (("clocks", 0, "jurisdiction"), "XX", r"clocks\[0\].jurisdiction is 'XX'; known: EEA,"),
        (("clocks", 0, "applies_if"), "person", r"clocks\[0\].applies_if asks for 'person'; known"),
        (("clocks", 0, "applies_if"), "risk = high", r"clocks\[0\].applies_if cannot be read"),
        (("clocks", 0, "verified"), "surely", r"clocks\[0\].verified is 'surely'"),
        (("clocks", 0, "status"), "soon", r"clocks\[0\].status is 'soon'"),
        (("clocks", 0, "because"), "x", r"clocks\[0\].because is not known; allowed here: id,"),
        (("clocks", 1, "id"), "eu-gdpr-33", r"clocks\[1\].id is 'eu-gdpr-33', which is taken"),
        (("clocks", 8, "limit", "event"), "noticed", r"clocks\[8\].limit.event is 'noticed'"),
        (("clocks", 8, "no_relief_if"), "strict", r"clocks\[8\].no_relief_if is 'strict'"),
        (("clocks", 11, "in_force_from"), "soon", r"clocks\[11\].in_force_from must be a day"),
        (("events", "aware", "from"), ["known"], "events.aware.from names 'known', no event told"),
        (("events", "occurred", "from"), ["aware"], "events.occurred.from names 'aware', no event"),
        (("jurisdictions", "UK", "zone"), "Europe/Paradise", "UK.zone is 'Europe/Paradise', no"),
        (("jurisdictions", "UK", "zone"), "../etc/passwd", "UK.zone is '../etc/passwd', no zone"),
        (("jurisdictions", "UK", "also"), ["CH"], "jurisdictions.CH has 'CH', which is taken"),
        (("jurisdictions", "UK", "within"), ["XX"], "jurisdictions.UK is within 'XX', unknown"),
        (("other_parts", "US"), [["CA"]], "jurisdictions.US-CA has 'US-CA', which is taken"),
        (("other_parts", "US"), ["AK"], r"other_parts.US\[0\] must be text"),
        (("flags", "material", "shown_by"), ["seen"], "flags.material.shown_by names 'seen', no"),
        (("sectors", "energy"), {"may": ["x"]}, "sectors.energy names 'x', no flag"),
        (("categories", "health"), {"is": ["x"]}, "categories.health names 'x', no flag"),
        (("version",), "latest", "version is 'latest', must look like"),
        (("clocks",), [], "clocks must be a list with an entry"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_meant_are_refused(path, value, said):
    with pytest.raises(BadRuleSet, match=said):
        ClockRules.parse(spoiled(path, value))


def test_what_is_no_mapping_is_refused():
    with pytest.raises(BadRuleSet, match="the whole must be a mapping"):
        ClockRules.parse([])


def test_the_shipped_rules_are_read_as_they_are():
    assert ClockRules.parse(rule_data()) == ClockRules.current()
