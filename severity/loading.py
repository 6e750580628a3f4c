"""Which rule set was shipped, and whether one may decide anything. Pure."""

from functools import cache
from pathlib import Path

from severity import anchors, doubts, strict_yaml
from severity.reading import BadRuleSet
from severity.ruleset import VERSION, RuleSet
from severity.strict_yaml import BadYaml

FOLDER = Path(__file__).parent / "rules"
# Said here, not "the newest file": a draft that lies in the folder decides nothing.
CURRENT = "2026.11-1"


def current() -> RuleSet:
    """Return the rules that were shipped to decide today."""
    return load(CURRENT)


@cache
def load(version: str) -> RuleSet:
    """Return the rule set that was shipped as `version`, such as "2026.11-1".

    Raises:
        BadRuleSet: if no such version was shipped, or its file must not decide anything.
    """
    # Checked before it becomes a path: the version may come from a request.
    if not VERSION.fullmatch(version):
        raise BadRuleSet("version", f'is {version!r}, must look like "2026.11-1"')
    try:
        data = strict_yaml.load((FOLDER / f"{version}.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        shipped = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yaml")))
        raise BadRuleSet("version", f"{version} was not shipped; there is: {shipped}") from None
    except BadYaml as fault:
        raise BadRuleSet(f"{version}.yaml", f"is not plain YAML: {fault}") from fault
    rules = parse(data)
    if rules.version != version:
        raise BadRuleSet("version", f"is {rules.version} in the file of {version}")
    return rules


def parse(data: object) -> RuleSet:
    """Return the rule set in `data`, as YAML or JSON gives it, decimals as text.

    Raises:
        BadRuleSet: if a key is missing, unknown or wrong, if a level is left out, if a
            wider audience, more people, more time or better evidence would weigh less,
            if a program could run on at SEV 0 to 2, if one person could lower these,
            or if what is grave, or what nobody knows yet, would count as less; the
            message has its path.
    """
    rules = RuleSet.shaped(data)
    anchors.hold(rules)
    doubts.hold(rules)
    return rules
