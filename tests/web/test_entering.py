"""The pages of those who are not let in, and what the incident shows of them."""

import pytest

from accounts.functions import Function
from incidents.models import AccessRequest, GlassBreak
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db
WHY = "The export runs tonight and must be stopped."


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def ask(engine):
    def knock(who, number, reason="I run the share."):
        answer = who.post("/incidents/ask/", number=number, reason=reason)
        engine.work()
        return answer

    return knock


def test_hidden_and_missing_are_answered_alike(incident, ask):
    stranger = reader()
    hidden, missing = ask(stranger, incident.ref), ask(stranger, "INC-987654")
    assert hidden.status_code == missing.status_code == 302
    page = stranger.reads("/incidents/ask/")
    assert page.count("If there is such an incident") == 2
    assert AccessRequest.objects.count() == 1


def test_who_tries_one_number_after_the_other_is_slowed_down(ask):
    stranger = reader()
    answers = [ask(stranger, n).status_code for n in range(1, 13)]
    assert answers[0] == 302
    assert answers[-1] == 429


@pytest.mark.parametrize("number", ["", "INC-", "0", "seventeen", "INC-9999999999"])
def test_what_is_no_number_is_said(number, ask):
    answer = ask(reader(), number)
    assert answer.status_code == 422


def test_who_can_let_in_sees_who_asks_and_answers(incident, ask):
    stranger, boss = reader(), let_in(incident)
    ask(stranger, incident.number)
    request = AccessRequest.objects.get()
    assert "I run the share." in boss.reads(url(incident))
    boss.post(url(incident, f"access/requests/{request.pk}/"), answer="admit", level="view")
    assert stranger.get(url(incident)).status_code == 200
    assert "ask to be let in" not in boss.reads(url(incident)).split("Who can see this")[1]


def test_a_request_of_another_incident_is_not_found(incident, ask):
    other = make.incident(Sev.SEV2)
    ask(reader(), other.number)
    request = AccessRequest.objects.get()
    answer = let_in(incident).post(
        url(incident, f"access/requests/{request.pk}/"), answer="admit", level="view"
    )
    assert answer.status_code == 404
    assert AccessRequest.objects.get().state == AccessRequest.State.OPEN


def test_who_only_reads_neither_sees_nor_answers_requests(incident, ask):
    ask(reader(), incident.number)
    request = AccessRequest.objects.get()
    helper = let_in(incident, "contribute")
    page = helper.reads(url(incident))
    assert "I run the share." not in page
    assert "Who has looked" not in page
    answer = helper.post(
        url(incident, f"access/requests/{request.pk}/"), answer="admit", level="view"
    )
    assert answer.status_code == 403


def test_the_glass_is_broken_by_who_signed_in_just_now(incident):
    guard = reader(Function.SECURITY).signs_in()
    answer = guard.post("/incidents/break-glass/", number=incident.ref, reason=WHY)
    assert answer["Location"] == url(incident)
    assert "broke the glass and reads this until" in guard.reads(url(incident))
    late = reader(Function.SECURITY)
    assert late.post("/incidents/break-glass/", number=incident.ref, reason=WHY).status_code == 403


def test_who_is_not_on_duty_is_offered_no_glass(incident):
    assert "Break the glass" not in reader().reads("/incidents/ask/")
    answer = reader().signs_in().post("/incidents/break-glass/", number=incident.ref, reason=WHY)
    assert answer.status_code == 403


def test_an_auditor_looks_at_it(incident):
    guard = reader(Function.SECURITY).signs_in()
    guard.post("/incidents/break-glass/", number=incident.ref, reason=WHY)
    made, auditor = GlassBreak.objects.get(), reader(Function.AUDITOR)
    assert WHY in auditor.reads("/incidents/broken-glass/")
    path = f"/incidents/broken-glass/{made.pk}/"
    assert auditor.post(path, justified="no", note="").status_code == 409
    auditor.post(path, justified="no", note="It could wait.")
    assert "It could wait." in auditor.reads("/incidents/broken-glass/")
    for other in (guard, reader()):
        assert other.get("/incidents/broken-glass/").status_code == 403
        assert other.post(path, justified="yes", note="").status_code == 403


def test_who_has_looked_is_shown_to_who_manages(incident):
    helper, boss = let_in(incident, "view"), let_in(incident)
    for _ in range(3):
        helper.get(url(incident))
    page = boss.reads(url(incident)).split("Who has looked")[1]
    assert f"{helper.person.name} 3 times" in page


def test_it_says_why_somebody_sees_it(incident):
    boss = let_in(incident)
    page = boss.reads(url(incident) + f"?why={boss.person.username}")
    assert "Close: Helps." in page
    stranger = make.user()
    assert "Nothing lets them in" in boss.reads(url(incident) + f"?why={stranger.username}")
    assert "Nobody has this user name" in boss.reads(url(incident) + "?why=nobody-at-all")


def test_who_leaves_sees_it_no_more(incident):
    helper = let_in(incident, "view")
    answer = helper.post(url(incident, "access/leave/"))
    assert answer["Location"] == "/incidents/"
    assert helper.get(url(incident)).status_code == 404
    officer = reader(Function.PRIVACY_OFFICER)
    assert "Nothing lets you in by name" in words(officer.post(url(incident, "access/leave/")))
