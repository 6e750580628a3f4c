"""What is read on a phone: no day, time or length of time is parted by the end of a line."""

import pytest

from accounts.functions import Function
from incidents import grants
from severity.ladder import Sev
from tests import make
from tests.browser.conftest import NARROW

# Texts that stand in more lines than one, of whatever holds a time or a number with its unit.
_PARTED = r"""() => {
  const whole = /\d{4}-\d\d-\d\d|\d\d:\d\d \S+|\d+\u00a0\S+/g, found = [];
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    for (const match of node.data.matchAll(whole)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const tops = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
      if (tops.size > 1) found.push(match[0]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_day_or_time_of_leadership_breaks_over_lines(window, theme):
    leader = make.user(Function.EXECUTIVE)
    incident = make.incident(Sev.SEV2)
    grants.admit(incident, level="view", person=leader, reason="Leads.", actor=make.SYSTEM)
    # Whichever width a phone has: each is where another word ends its line.
    for width in range(NARROW - 40, NARROW + 44, 12):
        page = window.of(leader, width=width, theme=theme)
        for path in ("/leadership/", f"/incidents/{incident.ref}/brief/", "/"):
            page.goto(path)
            assert page.evaluate(_PARTED) == []
        page.context.close()
        window.contexts.remove(page.context)
