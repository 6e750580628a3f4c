"""Runbooks are written in versions, put in force by two, and change no incident that has one."""

import copy
import time

import pytest

from accounts.functions import Function
from audit.models import Entry
from incidents import books, drafting, grants, library, runbooks
from incidents.drafting import BadRunbook
from incidents.models import Audience, RunbookVersion
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
ID = "internal-access"


@pytest.fixture
def author():
    return make.actor(make.user(Function.COMMANDER))


@pytest.fixture
def second():
    return make.actor(make.user(Function.PRIVACY_OFFICER))


def words(**changed):
    return copy.deepcopy(library.last(ID)) | changed


def propose(author, document=None, *, runbook=ID, reason="We learned.", based_on=None, **more):
    based_on = library.version_now(runbook) if based_on is None else based_on
    document = document or words(title="Too wide inside")
    return library.propose(
        runbook, document, reason=reason, based_on=based_on, actor=author, **more
    )


def published(author, second, *args, **kwargs):
    return library.publish(propose(author, *args, **kwargs), actor=second)


def test_a_shipped_runbook_reads_the_same_from_its_document():
    for book in books.shipped():
        assert drafting.read(book.id, book.version, drafting.plain(book)) == book


def test_a_version_is_in_force_once_a_second_person_has_published_it(author, second):
    row = propose(author)
    assert library.get(ID).title == "Access inside is too wide"
    library.publish(row, actor=second)
    book = library.get(ID)
    assert (book.title, book.version) == ("Too wide inside", "v1")
    assert Entry.objects.filter(action="runbook.published", actor=second.user).count() == 1


def test_nobody_publishes_what_they_wrote(author):
    row = propose(author)
    with pytest.raises(library.Refused, match="a second person must publish it"):
        library.publish(row, actor=author)
    assert library.get(ID).version == books.shipped()[0].version


@pytest.mark.parametrize("function", [Function.RESPONDER, Function.PROGRAM_OWNER, Function.AUDITOR])
def test_others_write_and_publish_none(author, function):
    other = make.actor(make.user(function))
    with pytest.raises(library.Refused, match="Only incident commander, privacy officer, sec"):
        propose(other)
    row = propose(author)
    for act in (library.publish, library.withdraw):
        with pytest.raises(library.Refused, match="write runbooks"):
            act(row, actor=other)


def test_one_version_waits_at_a_time_and_says_whose(author, second):
    propose(author)
    with pytest.raises(library.Refused, match=f"{author.name} wrote v1 at .* it waits"):
        propose(second)


def test_who_read_an_older_version_is_told(author, second):
    published(author, second)
    with pytest.raises(library.Refused, match="Somebody published v1 meanwhile"):
        propose(author, based_on="2026.11-1")


def test_a_version_needs_a_reason(author):
    with pytest.raises(library.Refused, match="reason: .* NUL"):
        propose(author, reason="We\0learned.")
    with pytest.raises(library.Refused, match="reason: say why"):
        propose(author, reason="  ")


def test_what_was_decided_is_decided(author, second):
    row = published(author, second)
    for act in (library.publish, library.withdraw):
        with pytest.raises(library.Refused, match=f"v1 is published: {second.name}"):
            act(row, actor=second)


def test_an_older_version_comes_back_as_a_new_one(author, second):
    first = published(author, second)
    published(author, second, words(title="Other words"))
    row = library.publish(
        library.restore(first, reason="It was better.", actor=author), actor=second
    )
    assert (row.number, library.get(ID).title) == (3, "Too wide inside")
    assert RunbookVersion.objects.count() == 3


def test_a_runbook_is_retired_by_two_and_attached_no_more(author, second):
    row = library.retire("public-exposure", reason="Split in two.", actor=author)
    assert library.get("public-exposure")
    library.publish(row, actor=second)
    assert library.get("public-exposure") is None
    incident = make.incident(Sev.SEV1, audience=Audience.OUTSIDE)
    assert incident.runbooks.get().runbook == runbooks.FALLBACK
    with pytest.raises(library.Refused, match="retired already"):
        library.retire("public-exposure", reason="Again.", actor=author)


def test_a_new_version_changes_no_run(author, second):
    incident = make.incident()
    before = [step.action for step in incident.runbooks.get().steps.all()]
    document = words()
    document["steps"] = document["steps"][:1]
    published(author, second, document)
    run = incident.runbooks.get()
    assert [step.action for step in run.steps.all()] == before
    assert runbooks.newer([run], library.in_force()) == {ID: "v1"}
    assert make.incident().runbooks.get().steps.count() == 1


def test_what_changed_is_said_line_by_line():
    document = words()
    document["steps"][1]["minutes"] = 4
    found = library.compare(library.last(ID), document)
    assert [(line.sign, line.text) for line in found if line.sign != " "] == [
        ("-", "2. system, 1 min"),
        ("+", "2. system, 4 min"),
    ]


def wrong(**changed):
    document = words()
    document["steps"] = [document["steps"][1] | changed]
    with pytest.raises(BadRunbook) as bad:
        drafting.read(ID, "", document)
    return str(bad.value)


def test_each_fault_is_said_with_its_step_and_what_is_allowed():
    assert "step 1, role: 'Chef' is none of: IC, deputy" in wrong(role="Chef")
    assert "step 1, role: say who does it" in wrong(role=" ")
    assert "step 1, hooks: 'launch' is none of: incident.open" in wrong(hooks=["launch"])
    assert "step 1, checks: 'luck' is none of: statement" in wrong(checks=["luck"], gate="So.")
    assert "step 1, gate: say what must hold" in wrong(checks=["statement"])
    assert "step 1, action: say what to do" in wrong(action="")
    for field, text in (("action", "Look.\0"), ("gate", "So.\0"), ("role", "SME \0")):
        assert f"step 1, {field}: may hold any character but NUL" in wrong(**{field: text})
    for minutes in (-1, 129_601, "soon", True):
        assert "step 1, minutes: a whole number from 0 to 129600" in wrong(minutes=minutes)


@pytest.mark.parametrize("count", [0, 61])
def test_a_runbook_has_one_to_sixty_steps(count):
    with pytest.raises(BadRunbook, match=f"steps: from 1 to 60 are allowed; there are {count}"):
        drafting.read(ID, "", words(steps=words()["steps"][:1] * count))


def test_rules_name_what_there_is(author):
    for rules, said in (
        ({"audiences": ["martians"]}, "audiences: 'martians' is none of: few_inside"),
        ({"sev_at_least": 7}, "sev_at_least: from 0, the worst, to 5"),
        ({"sev_at_least": "2" * 5_000}, "sev_at_least: from 0, the worst, to 5"),
        ({"programs": ["a\0b"]}, "programs: may hold any character but NUL"),
        ({"programs": ["nowhere"]}, "programs: there is no program nowhere"),
    ):
        with pytest.raises(BadRunbook, match=said):
            propose(author, words(rules=rules))


def test_a_target_before_an_earlier_one_is_allowed_and_shown():
    book = drafting.read(ID, "", words())
    assert "Step 11 is due before a step that stands above it." in drafting.remarks(book)


def test_rules_fit_what_they_name_and_nothing_when_they_name_nothing():
    facts = books.Facts("outside", "exposure", 2, "keys", frozenset({"transcripts"}))
    fits = books.Rules(sev_at_least=2, programs=frozenset({"keys"}))
    assert fits.fit(facts)
    assert books.Rules(categories=frozenset({"transcripts", "payment"})).fit(facts)
    for rules in (
        books.Rules(),
        books.Rules(sev_at_least=1),
        books.Rules(kinds=frozenset({"loss"})),
        books.Rules(programs=frozenset({"keys"}), categories=frozenset({"payment"})),
        books.Rules(audiences=frozenset({"unknown"})),
    ):
        assert not rules.fit(facts)


def test_the_dry_run_names_only_incidents_that_the_reader_may_know_of():
    hidden, seen = make.incident(), make.incident()
    person = make.user()
    grants.admit(seen, person=person, level="view", reason="Reads.", actor=make.SYSTEM)
    rules = books.Rules(sev_at_least=5)
    assert library.would_attach(rules, person).incidents == [seen]
    officer = make.user(Function.PRIVACY_OFFICER)
    assert hidden in library.would_attach(rules, officer).incidents


def test_the_dry_run_looks_at_the_newest_and_says_where_it_ends(monkeypatch):
    made = [make.incident() for _ in range(3)]
    officer = make.user(Function.PRIVACY_OFFICER)
    rules = books.Rules(sev_at_least=5)
    monkeypatch.setattr(library, "MOST_LOOKED_AT", 2)
    found = library.would_attach(rules, officer)
    assert (found.incidents, found.is_all) == (made[:0:-1], False)
    monkeypatch.setattr(library, "MOST_LOOKED_AT", 3)
    assert library.would_attach(rules, officer).is_all


def test_every_runbook_that_fits_is_attached(author, second):
    document = words(title="For bad ones", rules={"sev_at_least": 2})
    published(author, second, document, runbook="bad-ones")
    attached = make.incident(Sev.SEV2).runbooks.values_list("runbook", flat=True)
    assert set(attached) == {ID, "bad-ones"}


def test_one_is_attached_by_hand_with_a_reason_and_once():
    incident, by = make.incident(), make.actor(make.user())
    with pytest.raises(runbooks.Refused, match="reason: say why"):
        runbooks.attach_by_hand(incident, "credential-leak", reason=" ", actor=by)
    run = runbooks.attach_by_hand(incident, "credential-leak", reason="A key leaked.", actor=by)
    assert run.steps.count() == 9
    assert incident.timeline.filter(text__contains="A key leaked.").count() == 1
    with pytest.raises(runbooks.Refused, match="has it already"):
        runbooks.attach_by_hand(incident, "credential-leak", reason="Again.", actor=by)
    with pytest.raises(runbooks.Refused, match="runbook: choose one"):
        runbooks.attach_by_hand(incident, "nothing", reason="Why not.", actor=by)


def test_a_long_role_is_refused_before_it_is_taken_apart():
    role = "IC" + " " * 50_000 + "x"
    began = time.process_time()
    with pytest.raises(BadRunbook, match="role: say who does it, in at most 60"):
        drafting.read("tapes", "", {"title": "t", "steps": [{"role": role, "action": "a"}]})
    assert time.process_time() - began < 1


def test_long_lines_that_resemble_each_other_are_compared_as_wholes():
    before = [f"{'ab' * 1000}{n}" for n in range(100)]
    after = ["the same", *(f"{'ba' * 1000}{n}" for n in range(100))]
    began = time.process_time()
    found = library.apart(["the same", *before], after)
    assert [found[0].sign, found[1].sign, found[-1].sign] == [" ", "-", "+"]
    assert len(found) == 201
    assert time.process_time() - began < 1
