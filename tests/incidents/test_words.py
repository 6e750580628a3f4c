"""Words are found in what was reported and in the story, and never in what is hidden."""

import pytest
from django.utils import timezone

from accounts.models import User
from config import scale
from incidents import grants, listing, search, timeline, words
from incidents.listing import Place
from incidents.models import Incident
from incidents.search import Wanted
from tests import make
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make.user()


def let_in(person, incident):
    grants.admit(incident, person=person, level="view", reason="Reads.", actor=make.SYSTEM)
    return incident


def find(person, text):
    return list(search.find(person, Wanted(text=text)))


def tell(incident, text):
    return timeline.write(incident, "update", text, actor=make.SYSTEM)


@pytest.fixture
def incident(person):
    title, detail = (
        "Recordings of calls on a share",
        "Seen at s3://lake-7/keys by a.obi@demo.example",
    )
    return let_in(person, make.incident(title=title, detail=detail))


@pytest.mark.parametrize(
    "asked",
    [
        "<calls share>",
        *("recording", "RECORDINGS", "calls share", "share recordings", '"calls on a share"'),
        *("lake-7", "lake", "s3://lake-7/keys", "obi", "a.obi@demo.example", "keys"),
        *("calls -archive", "zebra or calls", "call's"),
    ],
)
def test_words_are_found_however_they_are_written(person, incident, asked):
    assert find(person, asked) == [incident]


@pytest.mark.parametrize(
    "asked", ["archive", '"share on calls"', "calls -recordings", "calls zebra", "lake-8", "rec"]
)
def test_other_words_are_not(person, incident, asked):
    assert find(person, asked) == []


@pytest.mark.parametrize(
    "asked", ["'", '"', '""', "-", "&|!", "q:*", "\\", "%", "_", "\0", "((", "<->", "or", "é 漢"]
)
def test_no_sign_breaks_the_search(person, incident, asked):
    assert find(person, asked) == []


def test_a_name_that_is_a_common_word_is_found(person, incident):
    tell(incident, "Will has closed it.")
    assert find(person, "will") == [incident]


def test_what_is_told_later_is_found_and_what_was_corrected_no_more(person, incident):
    writer = make.user()
    entry = timeline.write(incident, "update", "The zebra share.", actor=make.actor(writer))
    assert find(person, "zebra") == [incident]
    timeline.correct(entry, text="The giraffe share.", actor=make.actor(writer))
    assert find(person, "zebra") == []
    assert find(person, "giraffe share") == [incident]


@pytest.mark.parametrize("many", [5_000, 0])
def test_hidden_incidents_change_neither_results_nor_counts(person, incident, monkeypatch, many):
    monkeypatch.setattr(words, "MANY", many)
    for title in ("Recordings of calls", "Other calls", "Calls"):
        tell(make.incident(title=title, detail="calls on a share"), "More calls.")
    tell(incident, "A call was recorded.")
    for asked in ("calls", "recordings", "call recorded", f"INC-{incident.number}"):
        page = listing.page(person, Wanted(text=asked), Place())
        assert (page.rows, page.count, page.is_more) == ([incident], 1, False)
    assert find(make.user(), "calls") == []


def test_a_word_that_one_incident_repeats_hides_no_other(person, incident, monkeypatch):
    monkeypatch.setattr(words, "MANY", 5)
    loud = make.incident()
    for _ in range(10):
        tell(loud, "The kestrel share.")
    tell(incident, "A kestrel was seen.")
    assert find(person, "kestrel") == [incident]
    let_in(person, loud)
    assert find(person, "kestrel") == [loud, incident]


@pytest.mark.parametrize("many", [5_000, 0])
def test_how_far_is_counted_tells_nothing_of_what_is_hidden(person, incident, monkeypatch, many):
    monkeypatch.setattr(words, "MANY", many)
    monkeypatch.setattr(listing, "MOST_BY_WORDS", 2)
    for _ in range(2):
        let_in(person, make.incident(title="Calls", detail="calls on a share"))
    page = listing.page(person, Wanted(text="calls"), Place())
    assert (page.count, page.is_more) == (2, True)


@pytest.mark.parametrize("asked", ["transcripts vendor", "readable", "nowhere", "scale"])
def test_both_ways_to_look_find_the_same(monkeypatch, asked):
    scale.seed(150, say=lambda _line: None)
    for kind in ("half", "team-oldest", "ordinary", "responder"):
        user = User.objects.get(username=scale.username(kind))
        one = [row.pk for row in find(user, asked)]
        with monkeypatch.context() as patch:
            patch.setattr(words, "MANY", 0)
            assert [row.pk for row in find(user, asked)] == one


# --- Where it stands


def parts(text, incident):
    found = words.snippets(text, [incident.pk]).get(incident.pk)
    return found.parts if found else None


def test_the_newest_place_is_shown_with_what_was_found_marked(incident):
    tell(incident, "First look at the zebra.")
    tell(incident, "Another zebra was seen.")
    shown = parts("zebras", incident)
    assert shown[:2] == (("Another ", False), ("zebra", True))
    assert [said for said, is_found in parts("seen", incident) if is_found]
    assert parts("recordings", incident) is None


def test_a_snippet_is_escaped_and_marks_only_what_was_found(incident):
    tell(incident, "<script>zebra</script> \ue000bold\ue001 <7 & more")
    told = reader()
    let_in(told.person, incident)
    page = told.get("/incidents/?q=zebra").content.decode()
    assert "<mark>zebra</mark>" in page
    assert "bold &lt; 7 &amp; more" in page
    assert page.count("<mark>") == 1
    assert "<script>zebra" not in page


def test_a_row_without_a_snippet_shows_none(incident):
    told = reader()
    let_in(told.person, incident)
    assert 'class="snippet"' not in told.get("/incidents/?q=recordings").content.decode()


def test_the_words_of_a_change_are_found_at_once(person, incident):
    Incident.objects.filter(pk=incident.pk).update(detail=f"Zebra {timezone.now():%Y}")
    assert find(person, "zebra") == [incident]
