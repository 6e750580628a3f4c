"""Answers that cannot both be true of one exposure. Pure."""

from collections.abc import Mapping
from typing import Any

from severity.facts import BadFact
from severity.vocabulary import Audience, Evidence

_INSIDE = (Audience.NONE_READABLE, Audience.TEAM, Audience.DEPARTMENT, Audience.ORG_WIDE)
_SAW_OUTSIDE = (Evidence.GOOD_FAITH_EXTERNAL, Evidence.CONFIRMED_EXTERNAL)
_SOMEBODY_HAD_IT = (*_SAW_OUTSIDE, Evidence.CONFIRMED_INTERNAL, Evidence.EXFILTRATED)


def refuse(stated: Mapping[str, Any], *, closed: bool) -> None:
    """Refuse facts that contradict each other.

    Args:
        stated: facts by question; what is not known is left out and contradicts nothing.
        closed: a moment is stated at which the exposure ended.

    Raises:
        BadFact: for the first contradiction; its field is the answer to look at first.
    """
    audience, evidence = stated.get("audience"), stated.get("evidence")
    if closed and stated.get("ongoing"):
        said = "says that collection writes into what was closed"
        raise BadFact("ongoing", None, fault=said, allowed="no, or no end of the exposure")
    if audience is Audience.NONE_READABLE and evidence in _SOMEBODY_HAD_IT:
        said = "says that somebody had what nobody could read"
        raise BadFact("evidence", None, fault=said, allowed="none, or a wider audience")
    if audience in _INSIDE and evidence in _SAW_OUTSIDE:
        said = "says that outsiders saw what people inside alone could read"
        raise BadFact("evidence", None, fault=said, allowed="none or inside, or a wider audience")
    if not stated.get("near_miss"):
        return
    if evidence in _SOMEBODY_HAD_IT:
        said = "says that nobody could get what somebody had"
        raise BadFact("near_miss", None, fault=said, allowed="no, or no evidence of access")
    if audience is not None and audience not in _INSIDE:
        said = "says that nobody too many could read what outsiders could"
        raise BadFact("near_miss", None, fault=said, allowed="no, or an audience inside")
