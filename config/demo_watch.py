"""A store for practice that more can read than was declared, for the pages of the exposure watch.

Its program is for drills alone: what is found is an incident for practice and counts in no figure.
"""

from typing import Any

from accounts.actors import Actor
from programs.models import Program, WatchSource
from programs.watch import declaring, looking, watching

PROGRAM: dict[str, Any] = {
    "slug": "exposure-practice",
    "name": "Exposure practice",
    "purpose": "Practise what to do when a store can be read by too many. Its data are invented.",
    "categories": ["transcripts"],
    "declared_audience": "The three people of the practice team and the loader",
    "declared_audience_size": 4,
    "participants": 40,
    "jurisdictions": ["EU"],
    "is_drill": True,
}
DATASET = {"slug": "practice-share", "name": "Practice share", "store": "share://practice/calls"}
DECLARED = declaring.Terms(people=["mia.koch"], teams=["practice-team"], roles=["practice-loader"])
MEANT = """principal,kind,group,grant
practice-team,group,,read on practice-share
ana.silva,account,practice-team,
ben.adler,account,practice-team,
mia.koch,account,,owner of practice-share
practice-loader,account,,write on practice-share
"""
# Somebody let a second team in, and that team holds another one.
GREW = f"""{MEANT}sales-analytics,group,,read on practice-share
cem.yilmaz,account,sales-analytics,
dora.lind,account,sales-analytics,
summer-interns,group,sales-analytics,
eli.brun,account,summer-interns,
fay.oduya,account,summer-interns,
"""


def seed(practice: Program, *, owner: Actor) -> None:
    """Declare who is meant to read the store, and send its list before and after it grew."""
    dataset = practice.datasets.get()
    declaring.declare(dataset, DECLARED, reason="Who runs the practice.", actor=owner)
    terms = watching.Terms(name="Practice share", kind=WatchSource.Kind.LIST, expected_days=30)
    source = watching.add(dataset, terms, actor=owner)
    for sent in (MEANT, GREW):
        looking.receive(source, sent.encode(), actor=owner)
