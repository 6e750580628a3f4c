"""What a source sends is tried out before it is saved, and what was heard of it is shown."""

import pytest

from accounts.functions import Function
from incidents import alerts, inbound, refusals, sources
from incidents.envelopes import Opened
from incidents.models import Incident, Source
from programs import keys
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db
SAMPLE = '{"f": {"name": "Export <b>open</b>", "ref": "f-17"}}'


@pytest.fixture
def key():
    program = make.program()
    by = make.actor(program.owner)
    return keys.issue_for_monitor(program, label="Scanner", worst=Sev.SEV3, actor=by)[0]


def path(key):
    return f"/programs/{key.program.slug}/sources/{key.pk}/"


def test_a_mapping_is_shown_on_a_sample_and_saved_when_it_reads_it(key):
    owner = Reader(key.program.owner)
    sent = {"kind": "mapped", "title": "$.f.name", "level": "f.risk", "sample": SAMPLE}
    shown = owner.post(path(key), **sent, **{"try": "1"})
    assert "Title Export <b>open</b> Counts as SEV 3" in words(shown)
    assert "Nothing was found for: level." in words(shown)
    assert not Source.objects.exists()
    assert not Incident.objects.exists()
    assert owner.post(path(key), **sent, save="1").status_code == 302
    assert sources.shape_of(key).paths == {"title": "$.f.name", "level": "f.risk"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "mapped", "title": "a b"}, "Write a path like"),
        ({"kind": "mapped"}, "Write at least one path"),
        ({"kind": "alertmanager"}, "groupKey or alerts is missing"),
        ({"kind": "any", "sample": "[1]"}, "must be a JSON object"),
        ({"kind": "any", "sample": '{"program": "other"}'}, "alone"),
    ],
)
def test_what_cannot_be_read_is_not_saved_and_says_why(key, sent, said):
    answer = Reader(key.program.owner).post(path(key), **({"sample": SAMPLE, "save": "1"} | sent))
    assert answer.status_code == 409
    assert said in words(answer)
    assert not Source.objects.exists()


def test_what_was_heard_and_refused_is_there_and_names_an_incident_only_to_who_may_know(key):
    sample = b'{"title": "Export open"}'
    opened = Opened(alerts.read(sample), "m-1")
    inbound.take(key, opened, body=sample)
    refusals.note(key.key_id, "The body must be JSON, in UTF-8.", status=400)
    commander, operator = reader(Function.COMMANDER), reader(Function.OPERATOR)
    ref = Incident.objects.get().ref
    assert f"Opened an incident: {ref}" in commander.reads(path(key))
    seen = operator.reads(path(key))
    assert "Taken" in seen
    assert "400 The body must be JSON, in UTF-8." in seen
    assert ref not in seen
    assert "received 1, last" in operator.reads("/sources/")
    assert "None that you may see" in reader().reads("/sources/")
