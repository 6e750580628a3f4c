"""Texts of filings: begun from facts with what is unknown marked, and approved by two."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from config.prose import to_html
from incidents import (
    draftfacts,
    drafts,
    drafttexts,
    embargo,
    exposures,
    filings,
    items,
    legalevents,
    lifecycle,
    merging,
)
from incidents.filings import Sent
from incidents.models import Draft, DraftVersion, Incident, Obligation, Status
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
State = Obligation.State


@pytest.fixture
def officer():
    return make.officer()


@pytest.fixture
def incident(officer):
    made = make.incident(Sev.SEV2, title="Ada's transcripts are in the lake")
    said = exposures.Said(
        what="Ada's transcripts",
        kinds=("transcripts",),
        whose="employees",
        people_known=70,
        effective_audience="everyone_inside",
        location="s3://lake/secret",
    )
    exposures.add(made, said, actor=officer)
    return made


@pytest.fixture
def duty(incident, officer):
    at = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(incident, aware_at=at, rationale="Logs.", actor=officer)
    row = incident.obligations.get(rule="eu-gdpr-33")
    return filings.decide(row, reportable=True, reason="A risk.", actor=officer)


def begun(incident, kind="authority", **named):
    return drafts.begin(incident, kind, actor=make.officer(), **named)


def approved(version, count=2):
    for _ in range(count):
        drafts.approve(version, actor=make.officer())
    return DraftVersion.objects.get(pk=version.pk)


def refer(duty, reference, officer):
    filings.draft(duty, where="Here", actor=officer)
    filings.approve(duty, actor=make.officer())
    filings.submit(duty, Sent(at=timezone.now(), reference=reference), actor=officer)


def test_an_update_names_the_reference_of_the_one_authority_that_was_told(incident, duty, officer):
    facts = {"jurisdictions": ["DE", "UK"], "role": "controller", "risk": "high"}
    legalevents.state_facts(incident, facts, reason="Counsel.", actor=officer)
    people = incident.obligations.get(rule="eu-gdpr-34")
    filings.decide(people, reportable=True, reason="A risk.", actor=officer)
    refer(people, "MAIL-9", officer)
    assert draftfacts.of(incident, "update").get("reference") is None
    refer(duty, "AZ-1", officer)
    assert draftfacts.of(incident, "update")["reference"] == "AZ-1"
    target = make.incident(Sev.SEV2)
    merging.merge(incident, target, reason="The same.", actor=officer)
    assert draftfacts.of(target, "update")["reference"] == "AZ-1"


def test_why_a_notice_to_the_people_was_late_is_no_reason_for_the_authority(
    incident, duty, officer
):
    facts = {"jurisdictions": ["DE"], "role": "controller", "risk": "high"}
    legalevents.state_facts(incident, facts, reason="Counsel.", actor=officer)
    people = incident.obligations.get(rule="eu-gdpr-34")
    Obligation.objects.filter(pk=people.pk).update(lateness="No addresses.")
    incident.refresh_from_db()
    assert draftfacts.of(incident, "authority")["lateness"] == "Does not apply."
    Obligation.objects.filter(pk=duty.pk).update(lateness="The logs were locked.")
    assert draftfacts.of(incident, "authority")["lateness"] == "The logs were locked."


def test_of_two_authorities_no_reference_is_written(incident, duty, officer):
    facts = {"jurisdictions": ["DE", "UK"], "role": "controller", "risk": "high"}
    legalevents.state_facts(incident, facts, reason="Counsel.", actor=officer)
    uk = incident.obligations.get(rule="uk-gdpr-33")
    filings.decide(uk, reportable=True, reason="A risk.", actor=officer)
    refer(duty, "AZ-1", officer)
    refer(uk, "ICO-2", officer)
    assert "reference" not in draftfacts.of(incident, "update")


@pytest.mark.parametrize("kind", Draft.Kind.values)
def test_each_text_has_the_facts_and_marks_what_is_not_known(kind, incident):
    text = begun(incident, kind).text
    assert "everyone inside the organisation" in text
    assert "transcripts" in text
    assert drafttexts.unknowns(text)
    assert "{" not in text
    # What is unknown stands out on the page as well.
    assert "<strong>[UNKNOWN: " in to_html(text)


def test_every_fact_of_every_text_has_words_for_when_it_is_not_known():
    texts = drafttexts.current()
    asked = {fact for text in texts.texts.values() for fact in text.facts}
    assert asked - {"name"} == set(texts.asks)
    assert set(texts.texts) == set(Draft.Kind.values)


@pytest.mark.parametrize("kind", Draft.Kind.values)
def test_a_restricted_incident_goes_by_its_codename_and_no_text_says_where_data_lie(kind, incident):
    text = begun(incident, kind).text
    assert incident.codename in text
    for word in ("Ada", incident.ref, "s3://"):
        assert word not in text


def located(incident, place):
    """The exposure lies there, as somebody found out."""
    incident.exposures.update(location=place)


@pytest.mark.parametrize("place", ["s3://lake/secret_keys", r"\\host\share", "Room 4 <left>"])
def test_no_fact_says_where_data_lie_whoever_wrote_it(place, incident, officer):
    located(incident, place)
    at = timezone.now() - timedelta(hours=1)
    why = f"Somebody read {place.upper()} at night"
    lifecycle.decide_awareness(incident, aware_at=at, rationale=why, actor=officer)
    due_on = timezone.localdate() + timedelta(days=7)
    said = items.Said(f"Close {place} now", kind="prevent", owner=officer.user, due_on=due_on)
    items.add(incident, said, actor=officer)
    text = begun(incident).text
    assert "Somebody read [withheld until the fix is verified] at night" in text
    assert "Close [withheld until the fix is verified] now" in text


def test_a_place_that_becomes_known_later_keeps_a_text_in_the_house(incident):
    version = begun(incident)
    second = drafts.write(version.draft, "In lake\\_two", based_on=1, actor=make.officer())
    assert drafts.take_out(second) == "In lake\\_two\n"
    located(incident, "lake_two")
    for act in (drafts.take_out, lambda row: drafts.approve(row, actor=make.officer())):
        with pytest.raises(drafts.Refused, match="it says where data lie"):
            act(second)
    assert not second.approvals.exists()
    assert drafts.shown(incident, second) == "In [withheld until the fix is verified]\n"


def test_a_text_of_nothing_but_strokes_is_looked_through_once(incident):
    located(incident, "lake_two")
    strokes = "\\" * 50_000
    began = time.process_time()
    assert embargo.black_out(incident, strokes) == strokes
    assert time.process_time() - began < 1
    assert (
        embargo.black_out(incident, f"{strokes}lake\\\\_two")
        == "[withheld until the fix is verified]"
    )


def test_a_brief_names_an_incident_that_is_not_restricted(incident):
    Incident.objects.filter(pk=incident.pk).update(restricted=False)
    text = begun(Incident.objects.get(pk=incident.pk), "executive").text
    assert f"{incident.ref} Ada's transcripts" in text
    assert incident.ref not in begun(incident, "participants").text


def test_what_people_wrote_is_no_markup_in_a_text(incident, officer):
    at = timezone.now() - timedelta(hours=1)
    why = "See [here](https://evil.example) <b>now</b>\n# Big"
    lifecycle.decide_awareness(incident, aware_at=at, rationale=why, actor=officer)
    html = to_html(begun(incident).text)
    assert "<a " not in html
    assert "[here](https://evil.example) &lt;b&gt;now&lt;/b&gt; # Big" in html


def test_a_version_is_never_changed_and_says_who_wrote_it(incident):
    first = begun(incident)
    writer = make.officer()
    second = drafts.write(first.draft, "# New", based_on=1, actor=writer)
    assert (second.number, second.text, second.author) == (2, "# New\n", writer.user)
    assert first.draft.versions.last().text == first.text
    signs = {line.sign for line in drafttexts.compare(first.text, second.text)}
    assert signs == {"+", "-"}


@pytest.mark.parametrize(
    ("text", "based_on", "said"),
    [
        ("  ", 1, "text: is needed"),
        ("x" * 50_001, 1, "text: is needed, in at most 50000"),
        ("# New", 0, "wrote version 1 meanwhile"),
        ("They lie in S3://lake/secret", 1, "text: it says where data lie"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_sentence(text, based_on, said, incident):
    first = begun(incident)
    with pytest.raises(drafts.Refused, match=said):
        drafts.write(first.draft, text, based_on=based_on, actor=make.officer())
    assert first.draft.versions.count() == 1


def test_the_same_text_again_is_no_version(incident):
    first = begun(incident)
    with pytest.raises(drafts.Refused, match="nothing was changed"):
        drafts.write(first.draft, first.text, based_on=1, actor=make.officer())
    with pytest.raises(drafts.Refused, match="nothing was changed"):
        drafts.make_anew(first.draft, based_on=1, actor=make.officer())


def test_a_text_is_made_anew_when_more_is_known(incident, officer):
    first = begun(incident)
    row = incident.exposures.get()
    said = exposures.Said(what=row.what, people_known=90, kinds=("transcripts",))
    exposures.correct(row, said, reason="Counted.", actor=officer)
    second = drafts.make_anew(first.draft, based_on=1, actor=officer)
    assert "90 people" in second.text
    assert second.made_of == first.made_of != ""


# --- Approval


def test_neither_who_wrote_it_nor_one_alone_approves(incident):
    writer = make.officer()
    version = drafts.begin(incident, "authority", actor=writer)
    with pytest.raises(drafts.Refused, match="two others must approve"):
        drafts.approve(version, actor=writer)
    first = make.officer()
    drafts.approve(version, actor=first)
    assert not DraftVersion.objects.get(pk=version.pk).is_approved
    with pytest.raises(drafts.Refused, match="You approved it already"):
        drafts.approve(version, actor=first)
    assert approved(version, count=1).is_approved
    with pytest.raises(drafts.Refused, match="Two people approved it already"):
        drafts.approve(version, actor=make.officer())


def test_a_new_version_needs_new_approvals(incident):
    version = begun(incident)
    approved(version)
    second = drafts.write(version.draft, "# New", based_on=1, actor=make.officer())
    assert not second.is_approved
    with pytest.raises(drafts.Refused, match="Version 2 was written meanwhile"):
        drafts.approve(version, actor=make.officer())
    assert list(drafts.approved(incident)) == [version]


def test_who_neither_files_nor_manages_approves_nothing(incident):
    version = begun(incident)
    executive = make.actor(make.user(Function.EXECUTIVE))
    with pytest.raises(drafts.Refused, match="Only who files"):
        drafts.approve(version, actor=executive)
    with pytest.raises(drafts.Refused, match="Only who contributes"):
        drafts.write(version.draft, "# x", based_on=1, actor=executive)
    counsel, commander = make.user(Function.LEGAL), make.user(Function.COMMANDER)
    drafts.approve(version, actor=make.actor(counsel))
    drafts.approve(version, actor=make.actor(commander))


def test_nothing_is_drafted_of_what_was_dismissed(officer):
    made = make.incident(Sev.SEV3)
    version = begun(made)
    lifecycle.move(made, Status.DISMISSED, actor=officer, reason="Test data.")
    with pytest.raises(drafts.Refused, match="nothing is owed"):
        begun(made)
    with pytest.raises(drafts.Refused, match="nothing is owed"):
        drafts.approve(version, actor=officer)


def test_each_version_and_approval_is_on_the_record_and_the_timeline(incident):
    version = begun(incident)
    approved(version)
    acts = Entry.objects.filter(stream=f"incident:{incident.pk}", action__startswith="draft.")
    assert list(acts.order_by("seq").values_list("action", flat=True)) == [
        "draft.written",
        "draft.approved",
        "draft.approved",
    ]
    assert incident.timeline.filter(text__contains="approved, 2 of 2").exists()


# --- The duty that it answers


def test_two_approvals_make_the_filing_approved_and_it_names_its_text(duty, incident, officer):
    version = begun(incident, obligation=duty)
    approved(version, count=1)
    duty.refresh_from_db()
    assert duty.state == State.REPORTABLE
    version = approved(version, count=1)
    duty.refresh_from_db()
    assert (duty.state, duty.drafted_by) == (State.APPROVED, version.author)
    sent = Sent(at=timezone.now(), reference="AZ-1", text=version)
    assert filings.submit(duty, sent, actor=officer).filed_text == version


def commander():
    return make.actor(make.user(Function.COMMANDER))


def test_two_who_only_manage_do_not_make_a_filing_approved(duty, incident):
    version = begun(incident, obligation=duty)
    drafts.approve(version, actor=commander())
    with pytest.raises(drafts.Refused, match="must be who may approve filings"):
        drafts.approve(version, actor=commander())
    duty.refresh_from_db()
    assert (duty.state, duty.draft, version.approvals.count()) == (State.REPORTABLE, "", 1)
    counsel = make.actor(make.user(Function.LEGAL))
    drafts.approve(version, actor=counsel)
    duty.refresh_from_db()
    assert (duty.state, duty.approved_by) == (State.APPROVED, counsel.user)


def test_who_files_stands_for_the_filing_whoever_approves_last(duty, incident):
    version, counsel = begun(incident, obligation=duty), make.actor(make.user(Function.LEGAL))
    drafts.approve(version, actor=counsel)
    drafts.approve(version, actor=commander())
    duty.refresh_from_db()
    assert (duty.state, duty.approved_by) == (State.APPROVED, counsel.user)


def test_a_duty_that_does_not_apply_is_not_approved_by_its_text(duty, incident):
    version = begun(incident, obligation=duty)
    Obligation.objects.filter(pk=duty.pk).update(clock=Obligation.Clock.NOT_APPLICABLE)
    with pytest.raises(drafts.Refused, match="does not apply by the facts"):
        approved(version)
    duty.refresh_from_db()
    assert duty.state == State.REPORTABLE


def test_a_text_that_is_not_approved_or_of_another_cannot_have_been_filed(duty, incident, officer):
    approved(begun(incident, obligation=duty))
    duty.refresh_from_db()
    waiting = begun(incident)
    foreign = approved(begun(make.incident(Sev.SEV2)))
    for text, said in ((waiting, "two people must have approved"), (foreign, "must be a draft of")):
        with pytest.raises(filings.Refused, match=said):
            filings.submit(
                duty, Sent(at=timezone.now(), reference="AZ-1", text=text), actor=officer
            )


def test_a_duty_that_nobody_decided_stays_as_it_is(incident, officer):
    at = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(incident, aware_at=at, rationale="Logs.", actor=officer)
    row = incident.obligations.get(rule="eu-gdpr-33")
    approved(begun(incident, obligation=row))
    row.refresh_from_db()
    assert row.state == State.TO_BE_DETERMINED
    with pytest.raises(drafts.Refused, match="must be one of the same incident"):
        begun(make.incident(Sev.SEV3), obligation=row)
