"""Merging on pages: what will happen is said first, and tells nobody of what they may not see."""

import pytest

from accounts.functions import Function
from incidents import grants, lifecycle, news
from incidents.models import Incident, Look, Status
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return reader(Function.COMMANDER)


@pytest.fixture
def pair():
    """What ends, and what remains, which is milder."""
    target = make.incident(Sev.SEV3, program=make.program(participants=50))
    return make.judged(make.incident(Sev.SEV3, program=target.program), Sev.SEV2), target


def merged(pair, chief):
    source, target = pair
    fields = {"into": target.ref, "reason": "The same folder."}
    return chief.post(url(source, "merge/"), **fields)


def test_what_will_happen_is_said_before_and_nothing_is_done_yet(pair, chief):
    source, target = pair
    page = chief.reads(url(source, f"merge/?into={target.ref}"))
    assert f"{target.ref} rises to SEV 2" in page
    assert f"From then on it takes two people to lower the severity of {target.ref}" in page
    assert f"A review is demanded of {target.ref}, as it was of {source.ref}" in page
    assert "Nothing goes on. One pause stays until people ask that it is lifted" in page
    assert source.program.name in page
    assert "It cannot be undone." in page
    assert Incident.objects.get(pk=source.pk).status == Status.REPORTED


def test_who_asks_what_merging_would_do_has_read_the_other_too(pair, chief):
    source, target = pair
    Look.objects.all().delete()
    chief.get(url(source, f"merge/?into={target.ref}"))
    chief.get(url(source, "merge/?into=INC-999999"))
    assert set(Look.objects.values_list("incident", "person", "via")) == {
        (each.pk, chief.person.pk, "page") for each in pair
    }


def test_it_is_merged_and_leads_to_the_other(pair, chief):
    source, target = pair
    assert merged(pair, chief)["Location"] == f"/incidents/{target.ref}/"
    assert f"This was merged into {target.ref} {target.title}" in chief.reads(url(source))
    assert f"Merged into this: {source.ref} {source.title}" in chief.reads(url(target))
    assert f"Duplicate of – {target.ref}" in chief.reads(url(source, "history/"))


def test_who_sees_the_source_alone_reads_that_it_was_merged_and_not_into_what(pair, chief):
    source, target = pair
    helper = let_in(source, "contribute")
    merged(pair, chief)
    for path in ("", "history/", "exposures/"):
        # As a word: forms say "such as INC-17".
        assert target.ref not in helper.reads(url(source, path)).split()
        assert target.title not in helper.reads(url(source, path))
    assert "merged into another incident, which you may not see" in helper.reads(url(source))
    assert helper.get(url(target)).status_code == 404


def test_who_sees_the_target_alone_reads_nothing_of_the_source(pair, chief):
    source, target = pair
    helper = let_in(target, "contribute")
    merged(pair, chief)
    for path in ("", "history/"):
        assert source.ref not in helper.reads(url(target, path))
        assert source.title not in helper.reads(url(target, path))


def test_a_draft_is_named_only_to_who_may_know_of_it(chief):
    draft, target = make.draft(), make.incident(Sev.SEV2)
    source = make.incident(Sev.SEV2, program=draft, reporter=draft.owner)
    middle, helper = make.incident(Sev.SEV2), let_in(target, "manage")
    grants.admit(middle, level="manage", person=helper.person, reason="Helps.", actor=make.SYSTEM)
    merged((source, middle), chief)
    assert draft.name not in helper.reads(url(middle, f"merge/?into={target.ref}"))
    merged((middle, target), chief)
    hold = draft.pauses.get()
    assert hold.holder == source.ref
    news.pause_lifted(hold.pk)
    page = helper.get(url(target)).content.decode()
    assert draft.name not in page
    assert draft.slug not in page
    told = words(helper.get(url(target)))
    for said in ("A program that is still a draft paused", "A program that is still a draft: the"):
        assert said in told
    assert "A program that is still a draft" in helper.reads(url(target, "live/collection/"))
    # In the panel, which is each reader's own; the picture and the timeline are everybody's.
    for knows in (chief, Reader(draft.owner)):
        grants.admit(target, level="view", person=knows.person, reason=".", actor=make.SYSTEM)
        assert draft.name in knows.reads(url(target, "live/collection/"))
        assert draft.name not in knows.reads(url(target, "live/story/"))


def test_a_number_that_leads_to_nothing_one_runs_is_refused_in_one_sentence(pair):
    source, target = pair
    runner = let_in(source, "manage")
    said = []
    for number in (target.ref, "INC-4242"):
        answer = runner.get(url(source, f"merge/?into={number}"))
        assert answer.status_code == 422
        said.append(answer.content.decode().replace(f'"{number}"', '"INC-N"'))
    assert said[0] == said[1]
    assert "You run no incident with this number." in said[0]


@pytest.mark.parametrize("into", ["", "abc", "INC-0", "1" * 12])
def test_what_is_no_number_is_said_to_be_none(pair, chief, into):
    answer = chief.get(url(pair[0], f"merge/?into={into}"))
    assert answer.status_code == 422
    assert "There is a problem" in words(answer)


def test_without_a_reason_nothing_is_done_and_what_will_happen_stays_in_sight(pair, chief):
    source, target = pair
    answer = chief.post(url(source, "merge/"), into=target.ref)
    assert answer.status_code == 422
    assert "What will happen" in words(answer)
    assert Incident.objects.get(pk=source.pk).duplicate_of is None


def test_a_refusal_of_the_domain_is_told(pair, chief):
    source, target = pair
    lifecycle.move(target, Status.DISMISSED, reason="No.", actor=make.actor(chief.person))
    answer = merged(pair, chief)
    assert answer.status_code == 409
    assert "is dismissed; only open incidents are merged" in words(answer)


def test_who_only_contributes_is_not_offered_it(pair):
    helper = let_in(pair[0], "contribute")
    assert "merge it" not in helper.reads(url(pair[0]))
    assert helper.get(url(pair[0], "merge/")).status_code == 403
