"""What rules do to another's draft is told on every page and by API, and the draft is not named."""

import pytest

from accounts.functions import Function
from incidents import grants, objecting
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller
from tests.web.conftest import Reader, let_in, url

pytestmark = pytest.mark.django_db
TOLD = "A program that is still a draft"


@pytest.fixture
def draft():
    return make.draft(name="Whisper study", slug="whisper")


@pytest.fixture
def incident(draft):
    """One of a program that somebody's draft learned from, so that the draft is held with it."""
    program = make.program()
    program.derived_from.add(make.program())
    draft.derived_from.add(program)
    found = make.incident(Sev.SEV1, program=program)
    assert draft.pauses.in_force().filter(holder=found.ref).exists()
    return found


@pytest.fixture
def helper(incident):
    """Who manages the incident and reads rules, and may not know of another's draft."""
    return let_in(incident, "manage", Function.PROGRAM_OWNER)


def names(text, draft):
    return [name for name in (draft.name, draft.slug) if name in text]


@pytest.mark.parametrize("ending", ["", "rules/", "history/", "history/json/", "timeline/"])
def test_no_page_of_the_incident_names_it(incident, helper, draft, ending):
    page = helper.get(url(incident, ending)).content.decode()
    assert not names(page, draft)
    if ending in ("", "rules/"):
        assert TOLD in page


def test_the_list_of_what_rules_did_neither_names_nor_finds_it(incident, helper, draft):
    assert not names(helper.get("/thresholds/firings/").content.decode(), draft)
    api = Caller(helper.person)
    assert not names(api.get("/thresholds/firings").content.decode(), draft)
    assert api.get(f"/thresholds/firings?program={draft.slug}").json() == []
    assert api.get(f"/thresholds/firings?program={incident.program.slug}").json()
    insider = Caller(make.user(Function.COMMANDER))
    assert insider.get(f"/thresholds/firings?program={draft.slug}").json()


def test_the_api_of_the_incident_does_not_name_it(incident, helper, draft):
    rows = Caller(helper.person).get(f"/incidents/{incident.ref}/firings").json()
    assert not names(str(rows), draft)
    [held] = [row for row in rows if TOLD in row["outcome"]]
    assert (held["program"], held["dataset"]) == (None, None)
    assert "it is held from starting" in held["outcome"]
    assert f"{draft.pk}:" not in held["key"]
    own = [row for row in rows if row["program"] == incident.program.slug]
    assert all(row["key"].endswith(f"{incident.program.pk}:") for row in own)
    assert own


def test_the_owner_of_the_draft_reads_of_it_by_name_in_the_history(incident, draft):
    grants.admit(incident, level="view", person=draft.owner, reason="Helps.", actor=make.SYSTEM)
    owner = Reader(draft.owner)
    assert draft.name in owner.reads(url(incident, "history/"))


def test_a_veto_of_its_pause_does_not_name_it(incident, helper, draft):
    row = incident.firings.get(program=draft)
    type(row).objects.filter(pk=row.pk).update(state="waiting", of_house=True)
    objecting.veto(row, reason="Not that one.", actor=make.actor(helper.person))
    story = [each.text for each in incident.timeline.all()]
    assert not names(" ".join(story), draft)
    assert any("vetoed the pause of A program that is still a draft" in each for each in story)
