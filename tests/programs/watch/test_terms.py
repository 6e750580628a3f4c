"""What may be declared and which sources may be kept: the refusals, each naming its field."""

import pytest

from programs.models import WatchSource
from programs.watch import declaring, watching
from tests import make

POSTGRES = WatchSource.Kind.POSTGRES


def terms(place, **changed):
    return watching.Terms(**({"name": "Lake", "kind": POSTGRES, "place": place} | changed))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"host": "/var/run/postgresql"}, "host: .*no path to a socket"),
        ({"host": "elsewhere"}, "ANDON_INTERNAL_HOSTS"),
        ({"port": 1}, "ANDON_INTERNAL_HOSTS"),
        ({"user": ""}, "user: say which"),
        ({"sslmode": "disable"}, "sslmode: one of"),
        ({"tables": []}, "tables: name at least one"),
        ({"tables": ["keys"]}, "tables: 'keys' must be schema.table"),
        ({"port": "many"}, "place: give host"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused(dataset, place, changed, words):
    with pytest.raises(watching.Refused, match=words):
        watching.add(dataset, terms(place | changed), actor=make.actor(dataset.program.owner))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": " "}, "name: say what"),
        ({"every_seconds": 14}, "every_seconds: from 15 to 604800"),
        ({"password": "x" * 201}, "password: at most 200"),
        ({"outsider": "andon_watch"}, "outsider: somebody else"),
        ({"kind": WatchSource.Kind.LIST}, "place: only a PostgreSQL"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(dataset, place, changed, words):
    with pytest.raises(watching.Refused, match=words):
        watching.add(dataset, terms(place, **changed), actor=make.actor(dataset.program.owner))


def test_two_sources_of_one_name_are_refused(source, dataset, place):
    with pytest.raises(watching.Refused, match="there is a source 'Warehouse' already"):
        watching.add(
            dataset, terms(place, name="Warehouse"), actor=make.actor(dataset.program.owner)
        )


def test_nothing_is_watched_before_somebody_said_who_is_meant(place, db):
    bare = make.dataset(make.program())
    with pytest.raises(watching.Refused, match="Declare first"):
        watching.add(bare, terms(place), actor=make.actor(bare.program.owner))


@pytest.mark.parametrize(
    ("terms", "reason", "words"),
    [
        (declaring.Terms(people=["zoe"]), " ", "reason: say why"),
        (declaring.Terms(most=-1), "Because.", "most: from 0"),
        (declaring.Terms(people=["x" * 300]), "Because.", "people: a name has at most 200"),
        (declaring.Terms(["ana"], ["team"], ["postgres"]), "Because.", "declared already"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(dataset, terms, reason, words):
    with pytest.raises(declaring.Refused, match=words):
        declaring.declare(dataset, terms, reason=reason, actor=make.SYSTEM)


def test_each_declaration_is_a_version_and_the_former_stay(dataset):
    declaring.declare(dataset, declaring.Terms(most=5), reason="Five.", actor=make.SYSTEM)
    assert list(dataset.audiences.values_list("version", "most")) == [(2, 5), (1, None)]
    assert declaring.current(dataset).version == 2


def test_a_change_keeps_a_secret_that_is_not_named(source, place):
    actor = make.actor(source.added_by)
    kept = watching.change(source, terms(place, name="Other"), actor=actor)
    assert (kept.name, kept.password) == ("Other", "guess me")
    assert watching.change(source, terms(place, password=""), actor=actor).password == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "other.example"},
        {"port": 5433},
        {"database": "x"},
        {"user": "other"},
        {"sslmode": "require"},
    ],
)
def test_a_secret_is_not_sent_elsewhere_by_whoever_does_not_know_it(
    source, place, settings, changed
):
    hosts = ["store.example:5432", "store.example:5433", "other.example:5432"]
    environment = vars(settings.ENVIRONMENT) | {"internal_hosts": hosts}
    settings.ENVIRONMENT = type(settings.ENVIRONMENT)(**environment)
    actor = make.actor(source.added_by)
    guest = {"outsider": "guest", "outsider_password": "guess that"}
    watching.change(source, terms(place, **guest), actor=actor)
    moved, guest = terms(place | changed), {"outsider": "guest"}
    with pytest.raises(watching.Refused, match="^password: give it again"):
        watching.change(source, moved, actor=actor)
    with pytest.raises(watching.Refused, match="outsider_password: give it again"):
        watching.change(source, terms(place | changed, password="p", **guest), actor=actor)
    source.refresh_from_db()
    assert source.place == place
    guest["outsider_password"] = "q"
    kept = watching.change(source, terms(place | changed, password="p", **guest), actor=actor)
    assert (kept.password, kept.outsider_password) == ("p", "q")


def test_a_secret_stays_where_only_the_tables_change(source, place):
    other = terms(place | {"tables": ["study.other"]})
    kept = watching.change(source, other, actor=make.actor(source.added_by))
    assert kept.password == "guess me"
