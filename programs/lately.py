"""Who ran a program until lately: no second pair of eyes for what was put forward in their time.

Giving it up makes nobody impartial on the same day. Reads only, and of the record: who runs it now
is `access`'s to say, and whoever did and no longer does stands nowhere else.
"""

import json
from datetime import datetime, timedelta

from audit import trail
from audit.models import Entry
from programs.models import Program

# As programs.running records that somebody runs a program no more.
ENDED = "program.permission_ended"
# So long before something is put forward what is in it was decided.
DAYS = 30


def left(program: Program, *, put_forward: datetime | None) -> frozenset[int]:
    """Return the keys of people who ran it when something was put forward, DAYS before, or since.

    Args:
        put_forward: when somebody asked for a second person; None for whoever ever ran it.
    """
    ended = Entry.objects.filter(stream=trail.stream_of(program), action=ENDED)
    if put_forward is not None:
        ended = ended.filter(at__gte=put_forward - timedelta(days=DAYS))
    named = (json.loads(body)["facts"]["to"] for body in ended.values_list("body", flat=True))
    return frozenset(int(to.removeprefix("person:")) for to in named)
