"""The page of a review: written, published by a second person, with what is to be done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import ActionItem, ReviewVersion
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>[x](javascript:alert(1))<img src=x onerror=alert(1)>"


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def author(incident):
    return let_in(incident, "manage")


def sections(**changed):
    usual = {
        "based_on": 0,
        "causes": ["too_wide", "process"],
        "summary": "Five **sentences**.",
        "happened": "So.",
        "learned": "Look.",
    }
    return usual | changed


def an_item(person, **changed):
    due_on = timezone.now().date() + timedelta(days=9)
    usual = {"what": "Scan", "kind": "detect", "owner": person.username, "due_on": due_on}
    return usual | changed


def test_it_is_written_read_and_published_by_another(incident, author):
    path = url(incident, "review/")
    assert "cannot be closed before it is published" in author.reads(path)
    assert "header" not in dict(author.get(path).context["facts_now"])
    assert author.post(f"{path}write/", **sections())["Location"] == path
    page = author.get(path).content.decode()
    assert "<strong>sentences</strong>" in page
    assert "<li>Access was set too wide</li>" in page
    assert "Publish version" not in page
    assert "second person must publish" in words(author.post(f"{path}1/publish/"))
    second = let_in(incident, "manage")
    assert "Publish version 1" in second.reads(path)
    second.post(f"{path}1/publish/")
    assert "Version 1 is published" in author.reads(path)
    assert "version 1" in author.reads(f"{path}1/")
    assert "Access was set too wide" in author.reads(f"{path}1/")


def test_what_somebody_wrote_meanwhile_costs_nobody_their_words(incident, author):
    path = url(incident, "review/write/")
    let_in(incident, "manage").post(path, **sections())
    answer = author.post(path, **sections(summary="My own words."))
    assert answer.status_code == 409
    form = answer.context["edit_form"]
    assert form["summary"].value() == "My own words."
    assert "wrote version 1" in words(answer)
    again = {name: form[name].value() or "" for name in form.fields}
    assert again["causes"] == ["too_wide", "process"]
    assert author.post(path, **again).status_code == 302
    assert ReviewVersion.objects.get(number=2).sections["summary"] == "My own words."


def test_no_markup_of_the_writer_comes_through(incident, author):
    path = url(incident, "review/")
    author.post(f"{path}write/", **sections(summary=EVIL, happened=EVIL))
    author.post(url(incident, "items/"), **an_item(author.person, what=EVIL, test=EVIL))
    item = ActionItem.objects.get()
    author.post(url(incident, f"items/{item.pk}/done/"), said=EVIL)
    for each in (path, f"{path}1/", url(incident), "/action-items/"):
        page = author.get(each).content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert "<img src=x" not in page


def test_an_item_is_added_changed_done_and_verified(incident, author):
    path, items = url(incident, "review/"), url(incident, "items/")
    assert "Nobody has this user name" in words(
        author.post(items, **an_item(author.person, owner="x"))
    )
    assert author.post(items, **an_item(author.person))["Location"] == path
    row = ActionItem.objects.get()
    author.post(f"{items}{row.pk}/", **an_item(author.person, what="Scan hourly"))
    assert "Scan hourly" in author.reads("/action-items/?mine=on")
    author.post(f"{items}{row.pk}/done/", said="It runs every hour.")
    refused = author.post(f"{items}{row.pk}/verify/", said="I looked at the logs.")
    assert "Another person verifies it" in words(refused)
    let_in(incident, "contribute").post(f"{items}{row.pk}/verify/", said="I looked at the logs.")
    assert "Verified" in author.reads(path)
    assert "Scan hourly" not in author.reads("/action-items/")


def test_two_who_change_an_item_lose_neither_change(incident, author):
    author.post(url(incident, "items/"), **an_item(author.person))
    row = ActionItem.objects.get()
    path, other = url(incident, f"items/{row.pk}/"), let_in(incident, "contribute")
    mine, theirs = (as_shown(each.get(path)) for each in (author, other))
    other.post(path, **theirs | {"what": "Scan hourly", "test": "Plant one."})
    assert author.post(path, **mine | {"kind": "limit"}).status_code == 302
    refused = author.post(path, **mine | {"what": "Scan daily"})
    assert refused.status_code == 409
    assert "Somebody changed this after you opened it, to “Scan hourly”" in words(refused)
    row.refresh_from_db()
    assert (row.what, row.test, row.kind) == ("Scan hourly", "Plant one.", "limit")
    # What they wrote is kept, and is saved upon what they have read now.
    assert author.post(path, **as_shown(refused)).status_code == 302
    row.refresh_from_db()
    assert (row.what, row.test) == ("Scan daily", "Plant one.")


def as_shown(answer):
    """What a browser sends of a form that is left as it is."""
    form = answer.context["form"]
    return {name: form[name].value() or "" for name in form.fields} | {
        "read": form["read"].as_hidden().split('value="')[1].split('"')[0].replace("&quot;", '"')
    }


def test_who_only_reads_gets_no_forms_but_for_their_own_item(incident, author):
    owner = let_in(incident, "view")
    author.post(url(incident, "items/"), **an_item(owner.person))
    page = owner.get(url(incident, "review/")).content.decode()
    main = page[page.index("<main") : page.index("</main")]
    assert main.count('method="post"') == 1
    assert owner.post(url(incident, "review/write/"), **sections()).status_code == 403
    row = ActionItem.objects.get()
    owner.post(url(incident, f"items/{row.pk}/done/"), said="It runs every hour.")
    row.refresh_from_db()
    assert row.state == "done"


def test_the_list_names_no_hidden_incident(incident, author):
    author.post(url(incident, "items/"), **an_item(author.person))
    page = reader().reads("/action-items/")
    assert incident.ref not in page
    assert "0 not settled" in page


def test_what_is_late_stands_on_the_incident(incident, author):
    author.post(url(incident, "items/"), **an_item(author.person))
    ActionItem.objects.update(due_on=timezone.now().date() - timedelta(days=1))
    assert "1 action item is overdue" in author.reads(url(incident))
    assert "Overdue" in author.reads("/action-items/?overdue=on")
