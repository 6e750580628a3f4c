"""Whoever opens a page of an incident stands among those who have read it."""

import pytest
from django.urls import reverse

from incidents.models import Look
from tests.doors.rows import ROWS

# Who took a file out stands in its custody log.
PAGES = [
    name
    for name, row in ROWS.items()
    if row.read and dict(row.ids).get("number") == "number" and not name.endswith("-file")
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_an_incident_notes_who_reads_it(world, name):
    reader = world.people["manage"]
    Look.objects.filter(person=reader.person).delete()
    answer = reader.get(reverse(name, kwargs=ROWS[name].address(world.ids)))
    assert answer.status_code in (200, 403), name
    if answer.status_code == 200:
        assert Look.objects.filter(person=reader.person, incident=world.incident).exists()
