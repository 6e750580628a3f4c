"""What is done in the database of the Andon under attack: `cast`, `check`. Prints one JSON line."""

import json
import sys

import django
from django.utils import timezone

from bench import cast as casting


def cast(programs: int, collectors_each: int, webhook: str, secret: str) -> dict[str, object]:
    """Make people, a policy that pages by webhook, and programs; the first has collectors."""
    from accounts.models import Scope
    from programs import collectors

    staff = casting.staff()
    _pager(webhook, secret)
    made = [casting.collecting(f"chaos-{number}", staff) for number in range(programs)]
    maker, keys = casting.maker(), []
    for each in range(collectors_each):
        collector = collectors.register(made[0], name=f"machine-{each}", actor=maker)
        keys.append(collectors.issue_key(collector, actor=maker)[1])
    token = casting.token(casting.person("reporter"), Scope.REPORT)
    return {"programs": [program.slug for program in made], "keys": keys, "token": token}


def _pager(webhook: str, secret: str) -> None:
    """Make the commander, whom incidents page at this address."""
    from accounts.functions import Function
    from audit import history
    from notifications import policies
    from notifications.models import ContactMethod, Method

    commander = casting.person("commander", Function.COMMANDER)
    policies.ensure_general_policies(actor=casting.maker())
    history.create(
        ContactMethod,
        actor=casting.maker(),
        verified_at=timezone.now(),
        person=commander,
        method=Method.WEBHOOK,
        address=f"http://{webhook}/page",
        secret=secret,
    )


def check() -> dict[str, object]:
    """Say how things stand; `settled` once nothing waits that is due."""
    from django.db.models import Q

    from audit import verification
    from audit.models import Due
    from incidents.models import Incident
    from notifications.models import Escalation, Page
    from programs.models import Pause, StopOrder

    now = timezone.now()
    unsent = Page.objects.filter(state__in=[Page.State.PENDING, Page.State.SENDING])
    due = Due.objects.waiting().filter(Q(due_at__lte=now) | Q(state=Due.State.ENQUEUED))
    unproven = StopOrder.objects.exclude(proof=StopOrder.Proof.PROVEN)
    settled = not (unsent.exists() or due.exists() or unproven.exists())
    return {
        "settled": settled,
        "incidents": [incident.ref for incident in Incident.objects.all()],
        "held": sorted(Pause.objects.in_force().values_list("holder", flat=True)),
        "escalated": sorted(
            {row.incident.ref for row in Escalation.objects.exclude(incident=None) if row.incident}
        ),
        "pages": list(Page.objects.filter(state=Page.State.SENT).values_list("key", flat=True)),
        "failed_pages": Page.objects.filter(state=Page.State.FAILED).count(),
        "given_up": Due.objects.filter(state=Due.State.DEAD).count(),
        "unproven": unproven.count(),
        "paused_at_ns": [
            int(order.ordered_at.timestamp() * 1e9)
            for order in StopOrder.objects.filter(program__slug="chaos-0")
        ],
        "flaws": [flaw.what for flaw in verification.verify().flaws] if settled else None,
    }


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "cast":
        said = cast(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        said = check()
    print(json.dumps(said))
