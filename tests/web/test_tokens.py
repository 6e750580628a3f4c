"""A person's API tokens: seen, issued within what they may do, withdrawn."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.functions import Function
from accounts.models import ApiToken, Scope
from audit import credentials
from audit.models import Entry
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db
LIST, NEW = "/profile/tokens/", "/profile/tokens/new/"
PASSWORD = "violet-linnet-woolen-snipe"


@pytest.fixture
def responder():
    return reader(Function.RESPONDER).signs_in()


def issues(one, **fields):
    said = {"label": "Nightly scan", "scopes": ["incidents:read"], "days": "30"}
    return one.post(NEW, **(said | fields))


def text_in(answer):
    return answer.content.decode().split('tabindex="0">andon_')[1].split("<")[0]


def test_a_token_is_shown_once_and_opens_what_it_was_issued_for(responder):
    answer = issues(responder, scopes=["incidents:read", "programs:pause"], days="90")
    token = tokens.recognise(f"Bearer andon_{text_in(answer)}", scope=Scope.PAUSE)
    assert (token.owner, token.label) == (responder.person, "Nightly scan")
    assert token.scopes == ["incidents:read", "programs:pause"]
    left = token.expires_at - timezone.now()
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
    page = responder.get(LIST).content.decode()
    assert token.key_id in page
    assert text_in(answer) not in page
    assert Entry.objects.get(action="token.issued").actor == responder.person


def test_the_list_says_what_each_may_do_and_when_it_was_used(responder):
    text = text_in(issues(responder))
    assert "incidents:read" in responder.reads(LIST)
    assert "never used" in responder.reads(LIST)
    tokens.recognise(f"Bearer andon_{text}", scope=Scope.READ)
    assert "last used" in responder.reads(LIST)


def test_a_token_is_withdrawn_at_once_and_stays_on_the_list(responder):
    text = text_in(issues(responder))
    row = ApiToken.objects.get()
    assert responder.post(f"{LIST}{row.pk}/withdraw/")["Location"] == LIST
    with pytest.raises(tokens.Refused, match="withdrawn"):
        tokens.recognise(f"Bearer andon_{text}", scope=Scope.READ)
    assert "withdrawn" in responder.reads(LIST)
    assert Entry.objects.filter(action="token.withdrawn").count() == 1


def test_nobody_sees_or_withdraws_the_token_of_somebody_else(responder):
    issues(responder)
    row = ApiToken.objects.get()
    other = reader(Function.OPERATOR)
    assert row.key_id not in other.get(LIST).content.decode()
    assert other.post(f"{LIST}{row.pk}/withdraw/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_a_reporter_is_offered_what_anybody_may_do_and_gets_no_more():
    reporter = reader().signs_in()
    page = reporter.get(NEW).content.decode()
    assert "programs:pause" in page
    assert "incidents:respond" not in page
    assert issues(reporter, scopes=["incidents:respond"]).status_code == 422
    with pytest.raises(credentials.Refused, match="scopes: choose among those"):
        credentials.issue_own(
            reporter.person,
            label="x",
            scopes=[Scope.ATTEST],
            expires_at=timezone.now() + timedelta(days=1),
            actor=make.actor(reporter.person),
        )
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": []}, {"scopes": ["everything"]}, {"label": ""}, {"label": "x" * 81}]
    + [{"days": days} for days in ("0", "91", "365", "x")],
)
def test_a_token_that_cannot_be_is_refused_at_its_field(responder, wrong):
    answer = issues(responder, **wrong)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(wrong)
    assert not ApiToken.objects.exists()


def test_a_token_needs_a_sign_in_of_the_last_ten_minutes():
    person = make.user(Function.RESPONDER)
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    late = Reader(person).signs_in(minutes_ago=11)
    asked = issues(late)
    assert "/accounts/reauthenticate/" in asked["Location"]
    assert not ApiToken.objects.exists()
    answer = late.post(asked["Location"], password=PASSWORD, next=NEW)
    assert "This is the only time that it is shown" in words(answer)
    assert ApiToken.objects.count() == 1
