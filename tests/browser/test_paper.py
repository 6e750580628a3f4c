"""What comes out of the printer: slides lie on their side, one part each, and nothing is blank."""

import re

from accounts.functions import Function
from severity.ladder import Sev
from tests import make

_SIDEWAYS = (841, 594)


def sheets(page):
    """Width and height in points of each page of the print, as Chromium makes it."""
    made = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", made)
    return [(int(float(width)), int(float(high))) for width, high in boxes]


def test_each_part_of_a_story_is_a_slide_on_its_side(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto(f"/incidents/{incident.ref}/brief/")
    parts = page.locator(".slide").count()
    assert sheets(page) == [_SIDEWAYS] * parts


def test_the_figures_of_leadership_stand_upright(window):
    page = window.of(make.user(Function.EXECUTIVE))
    page.goto("/leadership/")
    assert set(sheets(page)) == {(594, 841)}
