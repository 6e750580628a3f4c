"""One version of the severity rules: load it, check it, name it by its hash. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from severity.duties import Policy, Threshold, read_policy, read_thresholds
from severity.enisa import Enisa, read_enisa
from severity.index import Bound, Index, Reach, read_bounds, read_index, read_levels
from severity.kinds import TriageRules, read_triage
from severity.reading import BadRuleSet, Section
from severity.strict_yaml import BadYaml, load

FOLDER = Path(__file__).parent / "rules"
# Said here, not "the newest file": a draft that lies in the folder decides nothing.
CURRENT = "2026.11-1"
VERSION = re.compile(r"\d{4}\.\d{2}-\d{1,3}", re.ASCII)

ENISA_KEYS = ["source", "read_at", "caution", "dpc", "ei", "cb", "cb_most", "bands"]
INDEX_KEYS = ["audience", "people", "duration", "evidence", "ongoing", "refix"]
POLICY_KEYS = ["keep_peak_sev", "lowering", "full_assessment_due"]
TRIAGE_KEYS = ["ei", "evidence", "long_after_days", "answers", "when_unknown", "kinds"]
KEYS = ["version", "enisa", "index", "levels", "caps", "floors", "policy", "thresholds", "triage"]


@dataclass(frozen=True)
class RuleSet:
    """Everything a level depends on. `sha256` is of the data, whatever its layout or comments."""

    version: str
    sha256: str
    enisa: Enisa
    index: Index
    levels: tuple[Reach, ...]
    caps: tuple[Bound, ...]
    floors: tuple[Bound, ...]
    policy: Policy
    thresholds: tuple[Threshold, ...]
    triage: TriageRules

    @classmethod
    def current(cls) -> "RuleSet":
        """The rules that decide today."""
        return cls.load(CURRENT)

    @classmethod
    def load(cls, version: str) -> "RuleSet":
        """Return the rule set that was shipped as `version`, such as "2026.11-1".

        Raises:
            BadRuleSet: if no such version was shipped, or its file must not decide anything.
        """
        return _load(version)

    @classmethod
    def parse(cls, data: object) -> "RuleSet":
        """Return the rule set in `data`, as YAML or JSON gives it, decimals as text.

        Raises:
            BadRuleSet: if a key is missing, unknown or wrong, if a level is left out, if a
                wider audience, more people, more time or better evidence would weigh
                less, if a program could run on at SEV 0 to 2, if one person could lower
                these, or if what is grave, or what nobody knows yet, would count as less;
                the message has its path.
        """
        # The way round: they weigh by the rules that they hold to account.
        from severity import anchors, doubts  # noqa: PLC0415

        whole = Section(data, "", keys=KEYS)
        version = whole.text("version")
        if not VERSION.fullmatch(version):
            raise BadRuleSet("version", f'is {version!r}, must look like "2026.11-1"')
        enisa = read_enisa(whole.section("enisa", keys=[*ENISA_KEYS, "flag_people_over"]))
        rules = cls(
            version=version,
            sha256=_fingerprint(data),
            enisa=enisa,
            index=read_index(whole.section("index", keys=INDEX_KEYS)),
            levels=read_levels(whole),
            caps=read_bounds(whole, "caps", bound="at_most", wins="holds_against_floors"),
            floors=read_bounds(whole, "floors", bound="at_least", wins="beats_every_cap"),
            policy=read_policy(whole.section("policy", keys=POLICY_KEYS)),
            thresholds=read_thresholds(whole),
            triage=read_triage(whole.section("triage", keys=TRIAGE_KEYS), enisa),
        )
        anchors.hold(rules)
        doubts.hold(rules)
        return rules


@cache
def _load(version: str) -> RuleSet:
    # Checked before it becomes a path: the version may come from a request.
    if not VERSION.fullmatch(version):
        raise BadRuleSet("version", f'is {version!r}, must look like "2026.11-1"')
    try:
        data = load((FOLDER / f"{version}.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        shipped = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yaml")))
        raise BadRuleSet("version", f"{version} was not shipped; there is: {shipped}") from None
    except BadYaml as fault:
        raise BadRuleSet(f"{version}.yaml", f"is not plain YAML: {fault}") from fault
    rules = RuleSet.parse(data)
    if rules.version != version:
        raise BadRuleSet("version", f"is {rules.version} in the file of {version}")
    return rules


def _fingerprint(data: object) -> str:
    assert isinstance(data, Mapping)
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
