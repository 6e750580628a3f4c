"""The controls as data: which there are, to whom they apply, and what is refused as odd."""

import re

import pytest

from accounts.functions import Function
from programs.controlset import (
    CURRENT,
    FOLDER,
    Condition,
    ControlSet,
    Duty,
    Event,
    Facts,
    holds,
)
from severity.reading import BadRuleSet

pytestmark = pytest.mark.usefixtures("every_control")
TEXT = (FOLDER / f"{CURRENT}.yaml").read_text(encoding="utf-8")
NOTHING = Facts(
    of_workers=False,
    codetermination=False,
    ai_in_eu=False,
    has_processors=False,
    trains_models=False,
    jurisdictions=("FR",),
)


def test_there_are_26_controls_of_which_two_do_not_block():
    controls = ControlSet.current().controls
    assert [control.id for control in controls] == [f"G{n:02}" for n in range(1, 27)]
    assert [control.id for control in controls if not control.blocks] == ["G14", "G24"]


def test_four_controls_give_no_day_of_grace():
    controls = ControlSet.current().controls
    assert {c.id for c in controls if not c.grace_days} == {"G10", "G11", "G13", "G22"}
    assert {c.grace_days for c in controls} == {0, 14}


def test_only_what_a_machine_can_measure_is_a_machines_to_attest():
    assert {c.id for c in ControlSet.current().controls if c.machine} == {"G11", "G13", "G22"}


def test_the_start_is_authorised_by_two_functions():
    start = ControlSet.current().get("G25")
    assert start.each
    assert start.approvals_needed == 2
    assert set(start.approvers) == {Duty.PRIVACY_OFFICER, Duty.SECURITY}


def test_what_nobody_said_applies():
    assert len(ControlSet.current().applying(Facts())) == 26


def test_a_program_of_which_all_is_denied_has_only_what_applies_always():
    controls = ControlSet.current()
    always = {c.id for c in controls.controls if c.applies_if is Condition.ALWAYS}
    assert {c.id for c in controls.applying(NOTHING)} == always
    assert len(always) == 20


@pytest.mark.parametrize(
    ("places", "applies"),
    [
        ((), True),
        (("US",), True),
        (("DE", "US-NY"), True),
        (("US-DE",), True),
        # Germany, not Delaware.
        (("DE",), False),
        (("US-CA",), False),
    ],
)
def test_the_monitoring_notice_of_three_states(places, applies):
    assert holds(Condition.US_MONITORING_NOTICE, Facts(jurisdictions=places)) is applies


def test_every_duty_is_a_function_that_people_have():
    assert {duty.value for duty in Duty} <= set(Function.values)


def test_an_event_ends_what_rests_on_it_alone():
    ended = ControlSet.current().ended_by([Event.INCIDENT_SEV_0_2])
    assert [control.id for control in ended] == ["G03", "G25"]
    assert ControlSet.current().ended_by([]) == ()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("id: G02", "id: G01", "controls names G01 twice"),
        ("id: G02", "id: second", "controls[1].id"),
        ("owner: legal", "owner: janitor", "owner is 'janitor'"),
        ("good_for: 730", "good_for: 0", "good_for must be a whole number"),
        ("grace: 0", "grace: -1", "grace must be a whole number"),
        ("applies_if: workers", "applies_if: sometimes", "applies_if is 'sometimes'"),
        ("ends_on: [org_change, dataset_added]", "ends_on: [full_moon]", "ends_on[0]"),
        ("machine: true", "machine: yes please", "machine must be true or false"),
        ("longest: 30", "longest: 31", "waiver.longest"),
        ("approvals: 2", "approvals: 1", "waiver.approvals"),
        ("approvers: [privacy_officer, security]", "approvers: [hr, hr]", "names hr twice"),
        ("name: Pause drill", "nom: Pause drill", "nom is not known"),
        ('version: "2026.11-1"', 'version: "latest"', "version is 'latest'"),
        ("controls:", "controls: !!set", "is not plain YAML"),
    ],
)
def test_an_odd_control_set_is_refused_by_the_path_of_the_key(old, new, path):
    assert old in TEXT
    with pytest.raises(BadRuleSet, match=re.escape(path)):
        ControlSet.parse(TEXT.replace(old, new, 1))
    assert len(ControlSet.parse(TEXT).controls) == 26


@pytest.mark.parametrize("version", ["2026.11-9", "../../etc/passwd", ""])
def test_a_version_that_was_not_shipped_is_refused(version):
    with pytest.raises(BadRuleSet, match="version"):
        ControlSet.load(version)
