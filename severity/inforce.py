"""Which rule set decides now: the newest that two people put in force, else the one shipped.

Reads only; incidents.rulesets writes versions. Each process asks the database anew every few
seconds, and a version counts LEAD after its publication at the earliest: so every process knows
of it before it counts, and none decides by other rules than the rest.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from severity import loading, strict_yaml
from severity.assessment import Result
from severity.loading import FOLDER
from severity.models import RuleSetVersion
from severity.reading import BadRuleSet
from severity.ruleset import RuleSet
from severity.strict_yaml import BadYaml

logger = structlog.get_logger(__name__)
LEAD = timedelta(minutes=1)
FRESH_SECONDS = 15


@dataclass(frozen=True)
class _Known:
    """A version that was published: from when it counts, and what it is."""

    effective_from: datetime
    version: str
    sha256: str


@dataclass
class _Plan:
    """What was published, as this process last read it; the newest first."""

    read_at: float = 0.0
    known: tuple[_Known, ...] = ()


@dataclass(frozen=True)
class _Refusal:
    """Why this release does not read a version. No exception: that keeps all it passed through."""

    path: str
    reason: str

    def as_fault(self) -> BadRuleSet:
        return BadRuleSet(self.path, self.reason)


_plan = _Plan()
# By version and hash. A refusal is kept as well: a version in force that this release refuses is
# met at every report, and takes as long to refuse as another to read.
_parsed: dict[tuple[str, str], RuleSet | _Refusal] = {}


def rules(now: datetime | None = None) -> RuleSet:
    """Return the rules that decide now, or at another moment."""
    at = now or timezone.now()
    for each in _published():
        if each.effective_from <= at and (found := _readable(each)):
            return found
    return loading.current()


def of(version: str) -> RuleSet:
    """Return the rules of a version, shipped or written: what an old assessment went by.

    Raises:
        BadRuleSet: if there is no such version.
    """
    row = RuleSetVersion.objects.filter(version=version).first()
    if row is None:
        return loading.load(version)
    return _parse(row.version, row.sha256, row.text)


def that_weighed(result: Result) -> RuleSet:
    """Return the rules that a result was worked out by; others may decide by now."""
    decides = rules()
    return decides if decides.version == result.rules_version else of(result.rules_version)


def fault_of(row: RuleSetVersion) -> str:
    """Return why this release does not read a version that somebody wrote; empty if it does."""
    found = _read_once(row.version, row.sha256, row.text)
    return str(found.as_fault()) if isinstance(found, _Refusal) else ""


def shipped() -> list[str]:
    """Return the versions that came with Andon, the newest last."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def text_of(version: str) -> str:
    """Return the YAML of a version as it was written.

    Raises:
        BadRuleSet: if there is no such version.
    """
    row = RuleSetVersion.objects.filter(version=version).first()
    if row:
        return row.text
    loading.load(version)
    return (FOLDER / f"{version}.yaml").read_text(encoding="utf-8")


def read(text: str) -> RuleSet:
    """Return the rule set that a YAML text holds.

    Raises:
        BadRuleSet: if it is no plain YAML, or must not decide anything; the message names the
            key and what is allowed.
    """
    try:
        return loading.parse(strict_yaml.load(text))
    except BadYaml as fault:
        raise BadRuleSet("the text", f"is not plain YAML: {fault}") from fault


def forget() -> None:
    """Have this process ask the database at the next call: it has just written a version."""
    _plan.read_at = 0.0


def _published() -> tuple[_Known, ...]:
    now = time.monotonic()
    if not _plan.read_at or now - _plan.read_at > FRESH_SECONDS:
        rows = RuleSetVersion.objects.filter(state=RuleSetVersion.State.PUBLISHED)
        found = rows.order_by("-pk").values_list("effective_from", "version", "sha256")
        _plan.known = tuple(_Known(moment, *names) for moment, *names in found if moment)
        _plan.read_at = now
    return _plan.known


def _readable(each: _Known) -> RuleSet | None:
    """The rules of a version; None if this release refuses them."""
    known = (each.version, each.sha256)
    if known not in _parsed:
        row = RuleSetVersion.objects.get(version=each.version)
        _read_once(row.version, row.sha256, row.text)
    # What was fine when it was published, and is not for this release, is passed over: the one
    # before it decides, since without any nobody could report.
    found = _parsed[known]
    return None if isinstance(found, _Refusal) else found


def _parse(version: str, sha256: str, text: str) -> RuleSet:
    found = _read_once(version, sha256, text)
    if isinstance(found, _Refusal):
        raise found.as_fault()
    return found


def _read_once(version: str, sha256: str, text: str) -> RuleSet | _Refusal:
    if (version, sha256) not in _parsed:
        try:
            _parsed[version, sha256] = read(text)
        except BadRuleSet as bad:
            logger.error("rule_set_not_readable", version=version, fault=str(bad))
            _parsed[version, sha256] = _Refusal(bad.path, bad.reason)
    return _parsed[version, sha256]
