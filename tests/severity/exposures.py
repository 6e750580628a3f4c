"""Any exposure there can be, and the scales of its facts, for property tests."""

from hypothesis import strategies as st

from severity.facts import Circumstances, DataContext, Facts
from severity.vocabulary import Audience, Category, Duration, Evidence, People
from tests.severity.given import RULES

CONTEXTS = [DataContext(name, by) for name in Category for by in RULES.enisa.dpc[name].adjust]
SCALES = {
    "ei": list(RULES.enisa.ei),
    "people": list(People),
    "duration": list(Duration),
    "evidence": list(Evidence),
    "ongoing": [False, True],
    "refix": [False, True],
    "threat_to_life": [False, True],
    "secrets": [False, True],
}


@st.composite
def exposures(draw):
    scales = [draw(st.sampled_from(list(scale))) for scale in RULES.enisa.cb.values()]
    flags = ("ongoing", "refix", "threat_to_life", "secrets", "unintelligible", "near_miss")
    return Facts(
        dpc=draw(st.sampled_from(CONTEXTS)),
        ei=draw(st.sampled_from(SCALES["ei"])),
        cb=Circumstances(*scales),
        audience=draw(st.sampled_from(Audience)),
        people=draw(st.sampled_from(People)),
        duration=draw(st.sampled_from(Duration)),
        evidence=draw(st.sampled_from(Evidence)),
        **{flag: draw(st.booleans()) for flag in flags},
    )


def two_of(scale):
    """Two places on a scale, the milder one first."""
    order = list(scale)
    pairs = st.lists(st.sampled_from(order), min_size=2, max_size=2, unique=True)
    return pairs.map(lambda pair: sorted(pair, key=order.index))
