"""What one version of the severity rules must look like, and its hash. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from severity.duties import Policy, Threshold, read_policy, read_thresholds
from severity.enisa import MOST_DPC, Enisa, read_enisa
from severity.index import Bound, Index, Reach, read_bounds, read_index, read_levels
from severity.kinds import TriageRules, read_triage
from severity.reading import LARGEST, BadRuleSet, Section

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
    def shaped(cls, data: object) -> "RuleSet":
        """Return the rule set in `data`, as YAML or JSON gives it, decimals as text.

        Its form alone is checked: severity.loading also asks what it leads to, and nothing
        decides that it did not let through.

        Raises:
            BadRuleSet: if a key is missing, unknown or wrong; the message has its path.
        """
        whole = Section(data, "", keys=KEYS)
        version = whole.text("version")
        if not VERSION.fullmatch(version):
            raise BadRuleSet("version", f'is {version!r}, must look like "2026.11-1"')
        enisa = read_enisa(whole.section("enisa", keys=[*ENISA_KEYS, "flag_people_over"]))
        index = read_index(whole.section("index", keys=INDEX_KEYS))
        _refuse_large(enisa, index)
        return cls(
            version=version,
            enisa=enisa,
            index=index,
            levels=read_levels(whole),
            caps=read_bounds(whole, "caps", bound="at_most", wins="holds_against_floors"),
            floors=read_bounds(whole, "floors", bound="at_least", wins="beats_every_cap"),
            policy=read_policy(whole.section("policy", keys=POLICY_KEYS)),
            thresholds=read_thresholds(whole),
            triage=read_triage(whole.section("triage", keys=TRIAGE_KEYS), enisa),
            # Last: of what was not looked at, such as a date, there is none.
            sha256=_fingerprint(data),
        )


def _refuse_large(enisa: Enisa, index: Index) -> None:
    """Refuse points that add up to more than can be stored: no report could be filed then."""
    added = [
        [each.points for each in index.audience.values()],
        [each.points for each in index.people.values()],
        [each.points for each in index.duration.values()],
        [each.points for each in index.evidence.values()],
    ]
    most = MOST_DPC * max(enisa.ei) + sum(max(scale) for scale in enisa.cb.values())
    graver = sum(map(max, added)) + index.ongoing.points + index.refix.points
    milder = min(enisa.ei) + sum(map(min, added))
    for path, found in (("enisa", most), ("index", most + graver), ("index", milder)):
        if abs(found) > LARGEST:
            said = f"adds up to {found}; allowed: -{LARGEST} to {LARGEST}"
            raise BadRuleSet(path, said)


def _fingerprint(data: object) -> str:
    assert isinstance(data, Mapping)
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
