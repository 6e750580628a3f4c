"""Pages of who reads a dataset, walked as its owner would; what is wrong stands at its field."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from programs.models import Snapshot, WatchSource
from programs.watch import declaring, watching
from tests import make
from tests.web.conftest import Reader

LIST = b"principal,kind,group,grant\nana,,team,\nteam,,,share\nguest,outside,,link\n"


@pytest.fixture
def dataset(db):
    return make.dataset(make.program(), slug="lake")


@pytest.fixture
def owner(dataset):
    return Reader(dataset.program.owner)


def at(dataset, more=""):
    return f"/programs/{dataset.program.slug}/data/{dataset.slug}/{more}"


@pytest.fixture
def source(dataset):
    by = make.actor(dataset.program.owner)
    declaring.declare(dataset, declaring.Terms(people=["ana"]), reason="Us.", actor=by)
    terms = watching.Terms(name="Lake", kind=WatchSource.Kind.LIST)
    return watching.add(dataset, terms, actor=by)


def sent(owner, source, body):
    file = SimpleUploadedFile("readers.csv", body)
    return owner.post(at(source.dataset, f"sources/{source.pk}/send/"), file=file)


def test_an_owner_declares_adds_a_store_and_sees_who_is_too_many(owner, dataset):
    assert "Nobody said who is meant" in owner.get(at(dataset)).text
    form = {"people": "ana\r\n\r\nben", "teams": "", "roles": "", "most": "", "reason": "Us."}
    assert owner.post(at(dataset, "audience/"), **form).status_code == 302
    assert declaring.current(dataset).people == ["ana", "ben"]
    added = owner.post(at(dataset, "sources/new/?kind=list"), name="Lake")
    assert added.status_code == 302
    answer = sent(owner, WatchSource.objects.get(), LIST)
    page = owner.get(answer.url).text
    assert "Wider than declared" in page
    assert "link → guest" in page
    assert 'class="ways__box ways__box--excess"' in page
    assert "Wider than declared" in owner.get(at(dataset)).text


def test_what_was_partly_seen_is_not_called_clean_on_any_page(owner, source):
    answer = sent(
        owner, source, b'{"readers": [{"principal": "ana", "grant": "x"}], "complete": false}'
    )
    for page in (answer.url, at(source.dataset), at(source.dataset, f"sources/{source.pk}/")):
        said = owner.get(page).text
        assert "Partly seen, not called clean" in said
        assert "As declared" not in said


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"\xff\xfe", "ine 1 is no UTF-8"), (b"a,b\n", "he first line must name principal")],
)
def test_a_file_that_cannot_be_meant_is_refused_at_its_field(owner, source, body, words):
    answer = sent(owner, source, body)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Snapshot.objects.exists()


def test_a_file_that_is_too_large_is_said_to_be_and_not_to_be_missing(owner, source, monkeypatch):
    monkeypatch.setattr("programs.evidence.LARGEST", 1024**2)
    answer = sent(owner, source, b"x" * (1024**2 + 1))
    assert answer.status_code == 422
    assert "The file is too large: at most 1 MiB are read here." in answer.text
    assert "This field is required" not in answer.text


def test_a_declaration_without_reason_and_a_host_nobody_listed_are_refused(owner, source):
    answer = owner.post(at(source.dataset, "audience/"), people="zoe")
    assert answer.status_code == 422
    assert "Reason: This field is required." in answer.text
    form = {"name": "DB", "host": "h", "port": 5432, "database": "d", "user": "u"}
    form |= {"sslmode": "prefer", "tables": "a.b", "every_seconds": 3600}
    answer = owner.post(at(source.dataset, "sources/new/?kind=postgres"), **form)
    assert answer.status_code == 409
    assert "ANDON_INTERNAL_HOSTS" in answer.text


def test_the_page_of_a_database_never_shows_its_password(owner, dataset, settings):
    environment = vars(settings.ENVIRONMENT) | {"internal_hosts": ["h:5432"]}
    settings.ENVIRONMENT = type(settings.ENVIRONMENT)(**environment)
    by = make.actor(dataset.program.owner)
    declaring.declare(dataset, declaring.Terms(), reason="Nobody.", actor=by)
    place = {"host": "h", "port": 5432, "database": "d", "user": "u", "tables": ["a.b"]}
    terms = watching.Terms("DB", WatchSource.Kind.POSTGRES, place, password="kookaburra")
    made = watching.add(dataset, terms, actor=by)
    path = at(dataset, f"sources/{made.pk}/")
    page = owner.get(path).text
    assert "a.b" in page
    assert "kookaburra" not in page
    form = {"name": "DB", "every_seconds": 60, **place, "tables": "a.c", "sslmode": "prefer"}
    assert owner.post(path, **form).status_code == 302
    made.refresh_from_db()
    assert (made.place["tables"], made.password) == (["a.c"], "kookaburra")
    moved = owner.post(path, **form | {"sslmode": "require"})
    assert moved.status_code == 409
    assert "Password: Give it again" in moved.text
    assert owner.post(f"{path}look/").status_code == 302
    assert owner.post(f"{path}switch/").status_code == 302
    assert "Switched off" in owner.get(path).text


def test_a_look_that_found_nothing_to_say_is_a_page_still(owner, source):
    answer = sent(owner, source, b"principal,grant\nana,share\n")
    page = owner.get(answer.url).text
    assert "As declared" in page
    assert "Nobody." in page


def test_no_password_is_shown_while_it_is_typed_nor_given_back(owner, source):
    add = at(source.dataset, "sources/new/?kind=postgres")
    page = owner.get(add).text
    assert page.count('type="password"') == 2
    refused = owner.post(add, outsider="guest", outsider_password="guess-that", password="guess-me")
    assert refused.status_code == 422
    assert 'value="guest"' in refused.text
    assert "guess-" not in refused.text


def test_a_list_is_expected_every_so_many_days_if_its_owner_says_so(owner, source):
    place = at(source.dataset, f"sources/{source.pk}/")
    assert owner.post(place, name="Lake", expected_days="0").status_code == 422
    assert owner.post(place, name="Lake", expected_days="7").status_code == 302
    source.refresh_from_db()
    assert source.expected_days == 7
    assert 'value="7"' in owner.get(place).text
