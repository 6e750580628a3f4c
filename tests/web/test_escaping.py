"""Whatever people type is shown as text, on every page that shows it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import grants, steps, timeline
from notifications import calendars, covers
from notifications.agenda import Entry
from notifications.covers import Cover
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, let_in, reader, url

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
SIGNS = ("<script>alert", "<img src=x")


@pytest.fixture
def program():
    return make.program(name=EVIL[:110], purpose=EVIL, declared_audience=EVIL)


@pytest.fixture
def incident(program):
    reporter = make.user(Function.COMMANDER, first_name="<script>alert(1)</script>")
    fields = dict.fromkeys(("title", "detail", "found_how", "reference"), EVIL)
    made = make.incident(Sev.SEV2, reporter=reporter, program=program, **fields)
    actor = make.actor(reporter)
    timeline.write(made, "update", EVIL, actor=actor)
    entry = timeline.write(made, "update", EVIL, actor=actor)
    timeline.correct(entry, text=EVIL, actor=actor)
    step = made.runbooks.get().steps.get(number=2)
    steps.mark(step, "skipped", note=EVIL, actor=actor)
    make.judged(made, Sev.SEV4, by=reporter)
    admitted = {"person": make.user(), "level": "view", "reason": EVIL}
    grants.admit(made, **admitted, actor=actor)
    pauses.pull_the_cord(program, reason=EVIL, actor=actor)
    return made


def assert_harmless(answer):
    page = answer.content.decode()
    assert answer.status_code in (200, 409, 422)
    assert not [sign for sign in SIGNS if sign in page]


def test_pages_of_an_incident_show_text_as_text(incident):
    runner = let_in(incident)
    for path in ("", "?all=1", "history/", "live/story/", "live/head/", "escalation/"):
        assert_harmless(runner.get(url(incident, path)))
    entry = incident.timeline.first()
    assert_harmless(runner.get(url(incident, f"timeline/{entry.pk}/correct/")))


def test_lists_the_board_and_the_program_do(incident):
    runner = let_in(incident)
    program = f"/programs/{incident.program.slug}/"
    for path in ("/", "/incidents/", f"/incidents/?q={EVIL}", "/programs/", program, "/report/"):
        assert_harmless(runner.get(path))


def test_the_receipt_does(incident):
    own = Reader(incident.reporter)
    assert_harmless(own.get(f"/receipts/{incident.uuid}/"))
    assert_harmless(own.get("/receipts/"))


def test_what_is_sent_back_with_an_error_does():
    person = reader(first_name="<script>alert(1)</script>")
    assert_harmless(person.post("/report/", title="", detail=EVIL, audience=EVIL, key=EVIL))
    assert_harmless(person.post("/profile/", first_name=EVIL, zone=EVIL, theme=EVIL))
    assert_harmless(person.get("/report/?title=" + EVIL))


def test_the_pages_of_a_rota_do(monkeypatch):
    evil, ann = (
        "<img src=x onerror=alert(1)>",
        make.reachable(Function.RESPONDER, first_name=EVIL[:99]),
    )
    rota = make.rota(ann, name=evil, about=evil)
    layer = make.layer(rota, ann, name=evil)
    said = Cover(make.reachable(Function.LEGAL), timezone.now() + timedelta(hours=9), evil)
    covers.take(rota, said, actor=make.actor(ann))
    when = timezone.now()
    named = [Entry(when, when + timedelta(hours=1), (evil,))]
    monkeypatch.setattr(calendars.confined, "read", lambda *_: named)
    calendars.add_file(rota, calendars.Terms(evil, 9), b"", actor=make.actor(ann))
    for path in ("", f"{rota.pk}/", f"{rota.pk}/change/", f"{rota.pk}/layers/{layer.pk}/change/"):
        assert_harmless(Reader(ann).get(f"/on-call/{path}"))


def test_the_audit_log_does(incident, officer):
    assert_harmless(officer.get("/audit/"))
    assert_harmless(officer.get(f"/audit/?actor={EVIL}&subject={EVIL}&day={EVIL}"))
