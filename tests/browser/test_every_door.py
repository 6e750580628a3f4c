"""Each page of incidents that has an address, as whoever may read it: nothing that axe finds."""

import pytest
from django.urls import reverse

from tests.browser.test_accessible import OPEN_ALL, in_every_form
from tests.doors import world as worlds
from tests.doors.rows import ROWS

# Who looks, the first who may: with the most on the page before.
LOOKERS = ("commander", "privacy_officer", "reporter", "owner", "auditor")

FILES = ("-file", "-csv", "-json")


def pages(world):
    for name, row in ROWS.items():
        if name.startswith("incidents:") and row.read and not name.endswith(FILES):
            who = next(each for each in (*LOOKERS, *row.read.names) if each in row.read.names)
            yield reverse(name, kwargs=row.address(world.ids)), world.people[who].person


def is_a_page(client, path):
    answer = client.get(path)
    is_html = answer.headers["Content-Type"].startswith("text/html")
    return answer.status_code == 200 and is_html and b"<main" in answer.content


@pytest.mark.rotates
def test_every_page_of_incidents_can_be_read_and_used_by_everybody(window):
    world = worlds.build()
    by_person = {reader.person: reader.client for reader in world.people.values()}
    windows, wrong, seen = {}, [], 0
    for path, person in pages(world):
        if not is_a_page(by_person[person], path):
            continue
        seen += 1
        if person not in windows:
            windows[person] = window.of(person)
        windows[person].goto(path)
        windows[person].evaluate(OPEN_ALL)
        wrong += [(path, *found) for found in in_every_form(windows[person])]
    assert "\n".join(map(str, wrong)) == ""
    assert seen > 20
