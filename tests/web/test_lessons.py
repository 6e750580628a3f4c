"""Leadership reads what was learned from incidents that nobody let them in to, and no more."""

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from incidents import blacking, evidence, exposures, reviews, timeline
from incidents.models import Incident, Status
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url

pytestmark = pytest.mark.django_db
SECRET = "Zulu ledger"
TOLD = """Zara Quill, zara.q and Quill again opened {title} of {ref} on 18 June 2026 at
s3://zulu/lake, /srv/zulu/lake and https://zulu.example; see dump-zulu.log, {codename} or mail
zara@zulu.example. The export had **no owner**."""


@pytest.fixture
def incident():
    made = make.incident(Sev.SEV3, title=SECRET, reference="ZULU-77")
    zara = let_in(made, "contribute", username="zara.q", first_name="Zara", last_name="Quill")
    by = make.actor(zara.person)
    timeline.write(made, "update", "Looked.", actor=by)
    upload = SimpleUploadedFile("dump-zulu.log", b"18 June\n", "text/plain")
    evidence.add(made, upload, note="", actor=by)
    exposures.add(made, exposures.Said(what="Zulu keys", location="zulu-7"), actor=by)
    words = TOLD.format(title=SECRET, ref=made.ref, codename=made.codename)
    said = {"summary": words, "happened": f"Only here: {SECRET}.", "learned": "ZULU-77, zulu-7."}
    version = reviews.write(made, said, causes=["inherited"], based_on=0, actor=by)
    reviews.publish(version, actor=make.actor(let_in(made, "manage").person))
    Incident.objects.filter(pk=made.pk).update(status=Status.RECOVERED)
    made.refresh_from_db()
    return made


def test_what_was_learned_is_read_without_what_names_anybody_or_the_incident(incident):
    executive = reader(Function.EXECUTIVE)
    assert executive.get(url(incident)).status_code == 404
    assert "What was learned" in executive.reads("/incidents/")
    page = executive.get("/lessons/").content.decode()
    main = page.partition("<main")[2].partition("</main")[0]
    assert "The export had <strong>no owner</strong>." in main
    assert "SEV 3" in main
    assert "What contributed: access came along unseen" in main
    for word in ("zara", "quill", "zulu", "18 june", incident.ref.lower(), "only here"):
        assert word not in main.lower(), word
    assert incident.codename not in main


def test_the_same_is_shown_to_who_publishes_it(incident):
    page = let_in(incident, "manage").reads(url(incident, "review/"))
    assert f"{blacking.BLACK}, {blacking.BLACK} and {blacking.BLACK} again opened" in page


@pytest.mark.parametrize("function", [*(f for f in Function if f != Function.EXECUTIVE), None])
def test_it_is_for_leadership_alone(function):
    who = reader(function) if function else reader()
    assert who.get("/lessons/").status_code == 403


def test_what_is_not_published_or_open_again_is_not_read(incident):
    executive = reader(Function.EXECUTIVE)
    assert "no owner" in executive.reads("/lessons/")
    Incident.objects.filter(pk=incident.pk).update(status=Status.ACTIVE)
    assert "no owner" not in executive.reads("/lessons/")
    Incident.objects.filter(pk=incident.pk).update(status=Status.RECOVERED)
    reviews.ask_anew(incident, actor=make.SYSTEM, why="More happened.")
    assert "no owner" not in executive.reads("/lessons/")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Al met Alma Doe", "Al met [removed]"),
        ("ALMA  DOE and almanac", "[removed] and almanac"),
        ("inc 17, INC-17, and incident 17", "[removed], [removed], and incident 17"),
        ("from 10.0.0.7 on 2026-06-18 08:00Z", "from [removed] on [removed]"),
        ("on June 18th, 2026 or 3 may", "on [removed] or [removed]"),
        (r"C:\data\all and 1/2 and and/or", "[removed] and 1/2 and and/or"),
        ("key 0123456789abcdef0", "key [removed]"),
        ("(.* [x", "(.* [x"),
    ],
)
def test_what_tells_is_blacked_out_and_the_rest_stays(text, left):
    assert blacking.out(text, {"Alma Doe", "Al", "(.*?)", ""}) == left


def test_a_long_word_is_looked_through_once():
    began = time.process_time()
    for text in ("a" * 50_000, "a-" * 25_000, "a." * 25_000, "@a" * 25_000, "/a" * 25_000):
        blacking.out(text)
    assert time.process_time() - began < 3
    assert blacking.out(f"{'a' * 101}s3://lake/7 of ada.obi@demo.example") == (
        f"{'a' * 101}s3[removed] of [removed]"
    )
