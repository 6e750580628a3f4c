"""Look each day whom policies would reach, and mail operators what is wrong, once.

The only module that writes what was found.
"""

from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from audit import clockwork
from audit.models import Due
from notifications import mailing, planning, policymail, reach, uncovered
from notifications.models import EscalationPolicy, PolicyVersion

LOOK = "notifications.look_at_policy"
LONGEST = 500


def look_now(policy: EscalationPolicy) -> None:
    """Have a policy that was just written looked at, and then once a day."""
    key = f"policy-look:{policy.pk}:v{policy.version}"
    clockwork.schedule(LOOK, key=key, payload={"policy": policy.pk})


def look_after(policy_pk: int) -> None:
    """Have a policy looked at once a day, from tomorrow on. Safe to call again."""
    tomorrow = clockwork.now() + timedelta(days=1)
    clockwork.schedule(
        LOOK,
        key=f"policy-look:{policy_pk}:{tomorrow:%Y-%m-%d}",
        payload={"policy": policy_pk},
        due_at=tomorrow,
    )


@transaction.atomic
def look(policy_pk: int) -> None:
    """Write down what is wrong with whom a policy reaches; tell operators if that is new.

    A policy that is retired is not looked at any more.
    """
    locked = EscalationPolicy.objects.select_for_update(no_key=True)
    policy = locked.filter(pk=policy_pk, active=True).first()
    if policy is None:
        return
    now = clockwork.now()
    plan = planning.plan(policy)
    uncovered.note(policy, plan, now)
    said = " ".join(reach.findings(plan, now))[:LONGEST]
    # Without a history, as looks are no acts of anybody.
    EscalationPolicy.objects.filter(pk=policy.pk).update(finding=said, looked_at=now)
    if said and said != policy.finding:
        _tell(policy, said, mark=f"{now:%Y-%m-%d-%H%M%S.%f}")
    look_after(policy.pk)


def _tell(policy: EscalationPolicy, said: str, *, mark: str) -> None:
    policymail.tell(mailing.operators(), policy, mark=mark, said=said)


def install(using: str, **_: Any) -> None:
    """Have each policy in force looked at, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {PolicyVersion._meta.db_table, Due._meta.db_table}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        for pk in EscalationPolicy.objects.filter(active=True).values_list("pk", flat=True):
            look_after(pk)
