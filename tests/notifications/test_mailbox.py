"""Mail that people send: read once, believed only if vouched for, never deleted."""

from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.functions import Function
from audit import reconciling
from audit.models import Due
from config import inbox
from config.environment import read as environment
from incidents import grants, merging, timeline
from incidents.models import Incident, Received, Refusal, TimelineEntry
from notifications import correspondence, mailbox
from notifications.channels.email import thread_of
from tests import make
from tests.notifications import postbox as postboxes
from tests.notifications.test_letters import GOOD, mail
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return postboxes.certificate(tmp_path_factory.mktemp("postbox"))


@pytest.fixture
def postbox(pem, settings):
    made = postboxes.Postbox(pem)
    box = inbox.Inbox(made.url, made.password, "mx.demo.example", str(pem))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, inbox=box)
    yield made
    made.close()


def read(**changed):
    mailbox.read({})()
    return [(row.answer, row.why) for row in Refusal.objects.order_by("pk")]


def letter(person, body="Everybody can read the export.", **headers):
    given = {"From": person.email, "Authentication-Results": GOOD} | headers
    return mail(body, **{k.replace("-", "_"): v for k, v in given.items()}).as_bytes()


@pytest.fixture
def ada():
    return make.user(first_name="Ada", last_name="Obi")


def updates(incident):
    return [row.text for row in incident.timeline.filter(kind=TimelineEntry.Kind.UPDATE)]


def test_a_letter_of_somebody_known_is_a_report_and_is_flagged(ada, postbox):
    uid = postbox.put(letter(ada, Subject="Export open"))
    assert read() == []
    incident = Incident.objects.get()
    assert (incident.title, incident.reporter, incident.status) == ("Export open", ada, "reported")
    assert incident.detail == "Everybody can read the export."
    assert postbox.seen == {uid}
    assert not [said for said in postbox.asked if "Deleted" in said or "EXPUNGE" in said.upper()]
    assert Received.objects.get().incident == incident


def test_the_same_letter_again_changes_nothing(ada, postbox):
    raw = letter(ada)
    for again in (raw, raw, raw + b"\nmore"):
        postbox.put(again)
        read()
    assert Incident.objects.count() == Received.objects.count() == 1
    assert Received.objects.get().times == 3


def test_a_crash_between_the_commit_and_the_flag_takes_it_once(ada, postbox):
    postbox.put(letter(ada))
    postbox.breaks_at = "STORE"
    assert read()[0][0] == 503
    assert postbox.seen == set()
    postbox.breaks_at = ""
    read()
    assert postbox.seen == {1}
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("by", ["thread", "codename", "number"])
def test_a_reply_adds_to_the_incident_that_it_is_about(ada, postbox, by):
    incident = make.incident()
    grants.admit(incident, person=ada, level="contribute", reason="r", actor=make.SYSTEM)
    named = {
        "thread": {"In-Reply-To": f"<{thread_of(incident.codename)}>"},
        "codename": {"Subject": f"Re: [Andon] {incident.codename}: is yours"},
        "number": {"Subject": f"AW: {incident.ref}"},
    }[by]
    made = mail("Closed now.", From=ada.email, Authentication_Results=GOOD)
    made.add_attachment(b"x", maintype="image", subtype="png", filename="a.png")
    for name, value in named.items():
        del made[name]
        made[name] = value
    postbox.put(made.as_bytes())
    assert read() == []
    [text] = updates(incident)
    assert text.startswith("Closed now.")
    assert text.endswith("1 attachments were not kept: hand them in as evidence.")
    assert incident.timeline.filter(actor=ada, kind="update").exists()
    assert Incident.objects.count() == 1


def test_who_may_not_see_it_learns_nothing_and_who_may_only_read_it_writes_nothing(ada, postbox):
    incident, reader = make.incident(), make.user()
    grants.admit(incident, person=reader, level="view", reason="r", actor=make.SYSTEM)
    postbox.put(letter(ada, Subject=f"Re: [Andon] {incident.codename}: x"))
    postbox.put(letter(reader, Subject=incident.ref, **{"Message-ID": "<2@x>"}))
    [(status, why)] = read()
    assert (status, "not write to it" in why) == (403, True)
    assert updates(incident) == []
    assert Incident.objects.exclude(pk=incident.pk).get().reporter == ada


@pytest.mark.parametrize("sees_both", [True, False])
def test_a_reply_about_what_was_merged_goes_to_what_is_handled(ada, postbox, sees_both):
    chief, program = make.user(Function.COMMANDER), make.program(participants=50)
    target, source = (make.incident(program=program) for _ in range(2))
    for incident in [source, target] if sees_both else [source]:
        grants.admit(incident, person=ada, level="contribute", reason="r", actor=make.SYSTEM)
    merging.merge(source, target, reason="The same folder.", actor=make.actor(chief))
    postbox.put(letter(ada, "Closed.", **{"In-Reply-To": f"<{thread_of(source.codename)}>"}))
    refused = read()
    if sees_both:
        assert (refused, updates(target)) == ([], ["Closed."])
    else:
        # Of the other one its sender learns nothing.
        assert [status for status, _why in refused] == [409]
        assert target.ref not in refused[0][1]
        assert updates(target) == []


def test_nobody_is_believed_without_the_word_of_the_trusted_server(ada, postbox):
    postbox.put(letter(ada, **{"Authentication-Results": GOOD.replace("pass", "fail")}))
    postbox.put(letter(ada, **{"Authentication-Results": GOOD.replace("mx.", "my.")}))
    postbox.put(letter(make.user(email="x@other.example")))
    postbox.put(letter(make.user(is_active=False)))
    found = dict(read())
    assert found == {
        401: "mx.demo.example does not say that DMARC passed for its sender.",
        403: "Its sender is nobody here.",
    }
    assert Refusal.objects.get(answer=401).times == 3
    assert not Incident.objects.exists()
    assert postbox.seen == {1, 2, 3, 4}


def test_an_address_that_is_allowed_counts_as_its_account(ada, postbox, settings):
    box = replace(settings.ENVIRONMENT.inbox, senders={"scan@demo.example": ada.username})
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, inbox=box)
    postbox.put(letter(make.user(email="scan@demo.example", is_active=False)))
    assert read() == []
    assert Incident.objects.get().reporter == ada


def test_what_a_machine_wrote_is_nothing(ada, postbox):
    postbox.put(letter(ada, **{"Auto-Submitted": "auto-replied"}))
    assert read() == []
    assert not Incident.objects.exists()
    assert postbox.seen == {1}


def test_what_is_too_large_is_never_fetched(ada, postbox):
    postbox.put(letter(ada))
    postbox.sizes = {1: 11 * 1024**2}
    assert read() == [(400, "It is larger than 10 MiB.")]
    assert not [said for said in postbox.asked if "BODY" in said]
    assert postbox.seen == {1}


def test_one_that_fails_by_our_fault_holds_up_no_other(ada, postbox, monkeypatch):
    postbox.put(letter(ada, Subject="First"))
    postbox.put(letter(ada, body="Other.", Subject="Second", **{"Message-ID": "<2@x>"}))
    take = correspondence.take

    def fails(one):
        if one.subject == "First":
            raise KeyError("Zebra")
        return take(one)

    monkeypatch.setattr(correspondence, "take", fails)
    assert read() == [(500, "A fault of Andon: KeyError.")]
    assert Incident.objects.get().title == "Second"


def test_an_incident_that_is_over_takes_no_update(ada, postbox, monkeypatch):
    incident = make.incident()
    grants.admit(incident, person=ada, level="contribute", reason="r", actor=make.SYSTEM)

    def over(*_args, **_kwargs):
        raise timeline.Refused("INC-1 is closed; reopen it to write an update.")

    monkeypatch.setattr(timeline, "write", over)
    postbox.put(letter(ada, Subject=incident.ref))
    assert read() == [(409, "INC-1 is closed; reopen it to write an update.")]


@pytest.mark.parametrize("how", ["certificate", "password", "gone", "folder"])
def test_a_mailbox_that_cannot_be_read_says_why(ada, postbox, settings, how):
    box = settings.ENVIRONMENT.inbox
    changed = {
        "certificate": {"certificates": ""},
        "password": {"password": "wrong"},
        "gone": {"url": "imaps://andon@127.0.0.1:1/INBOX"},
        "folder": {"url": box.url.replace("INBOX", "Other")},
    }[how]
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, inbox=replace(box, **changed))
    postbox.put(letter(ada))
    [(status, why)] = read()
    assert status == 503
    assert why.startswith("The mailbox: ")
    expected = {
        "certificate": "SSLCert",
        "password": "sign-in",
        "gone": "Refused",
        "folder": "folder",
    }
    assert expected[how] in why
    assert "wrong" not in why
    assert postbox.seen == set()


def test_it_is_read_once_a_minute_where_one_is_set(settings, engine):
    reconciling.look()
    assert not Due.objects.filter(kind=mailbox.POLL).exists()
    box = inbox.Inbox("imaps://andon@127.0.0.1:1/", "x", "mx")
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, inbox=box)
    for _half_minute in range(2):
        reconciling.look()
    assert 1 <= Due.objects.filter(kind=mailbox.POLL).count() <= 2
    engine.work()
    assert Refusal.objects.get().answer == 503


def test_operators_see_what_came_and_what_did_not(ada, postbox):
    postbox.put(letter(ada, Subject="Zebra"))
    postbox.put(letter(make.user(email="x@other.example")))
    read()
    page = Reader(make.user(Function.OPERATOR)).reads("/sources/")
    assert "Opened an incident" in page
    assert "does not say that DMARC passed" in page
    assert "Zebra" not in page
    assert "By e-mail" not in Reader(ada).reads("/sources/")


def test_an_odd_mailbox_is_refused_at_the_start_and_its_password_not_told(monkeypatch):
    monkeypatch.setenv("ANDON_IMAP_URL", "imap://u:hunter2@host/INBOX")
    monkeypatch.setenv("ANDON_IMAP_SENDERS", "nobody")
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment()
    for name in ("ANDON_IMAP_URL", "_PASSWORD must", "_AUTHSERV must", "ANDON_IMAP_SENDERS"):
        assert name in str(refusal.value)
    assert "hunter2" not in str(refusal.value)
    monkeypatch.setenv("ANDON_IMAP_URL", "imaps://andon%40demo.example@imap.demo.example/Andon")
    monkeypatch.setenv("ANDON_IMAP_SENDERS", "Scan@demo.example=scanner")
    monkeypatch.setenv("ANDON_IMAP_PASSWORD", "x")
    monkeypatch.setenv("ANDON_IMAP_AUTHSERV", "mx")
    box = environment().inbox
    assert (box.host, box.port, box.user) == ("imap.demo.example", 993, "andon@demo.example")
    assert (box.folder, box.senders) == ("Andon", {"scan@demo.example": "scanner"})
