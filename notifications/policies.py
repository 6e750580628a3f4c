"""Which policy an incident is escalated by, and those that a new installation has."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts.actors import Actor
from audit.models import Entry
from incidents import rulebook
from incidents.models import Incident
from notifications import policymaking
from notifications.escalation import Plan, Step, Target
from notifications.models import EscalationPolicy, EscalationTarget, PolicyVersion
from notifications.planning import plan as plan
from notifications.policydraft import MILD, Draft
from programs.models import Program, StopOrder
from severity.ladder import Sev

# A stop that is not answered is paged for like an incident of this level, once its owner has had
# the time to answer.
STOP_LEVEL = Sev.SEV2
OWNER_HAS = timedelta(minutes=10)


def for_level(level: int, program: Program | None) -> EscalationPolicy | None:
    """Return the policy for a level: the program's own, else the general one, else None."""
    fitting = EscalationPolicy.objects.filter(active=True, levels__contains=[level])
    own = fitting.filter(program=program).order_by("pk").first() if program else None
    return own or fitting.filter(program=None).order_by("pk").first()


@rulebook.names_policies
def in_force() -> dict[str, str]:
    """Return the policies that a threshold rule may name, by key."""
    found = EscalationPolicy.objects.filter(active=True).order_by("name")
    return {str(pk): name for pk, name in found.values_list("pk", "name")}


def named(pk: int | None) -> EscalationPolicy | None:
    """Return a policy by its key; None if there is none, or it is retired."""
    return EscalationPolicy.objects.filter(pk=pk, active=True).first() if pk else None


def for_incident(incident: Incident) -> EscalationPolicy | None:
    """Return the policy for the incident's level and program."""
    return for_level(incident.counts_as, incident.program)


def plan_at(policy: EscalationPolicy | None, level: int) -> Plan:
    """Return a policy as it is now for a level: of what is graver than SEV 4 nothing waits.

    A rule may name a policy for other levels than its own, and one with hours.
    """
    now = plan(policy)
    return now if level in MILD else replace(now, hours=None)


def for_stop(order: StopOrder) -> EscalationPolicy | None:
    """Return the policy that follows after the owner: as for an incident of STOP_LEVEL."""
    return for_level(STOP_LEVEL.value, order.program)


def plan_for_stop(order: StopOrder, policy: EscalationPolicy | None) -> Plan:
    """Return the plan for a stop that is not answered: its owner at once, then the policy."""
    after = plan(policy)
    owner = Step(timedelta(0), (Target("person", person=order.program.owner_id),))
    first, *rest = after.steps or (None,)
    later = (replace(first, wait=max(first.wait, OWNER_HAS)), *rest) if first else ()
    return replace(
        after, name=f"owner of {order.program.slug}, {after.name}", steps=(owner, *later)
    )


def install(using: str, **_: Any) -> None:
    """Make the general policies after `migrate`: a new installation pages people from the start.

    Doing it again changes nothing, and never what people changed or switched off.
    """
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {model._meta.db_table for model in (EscalationTarget, PolicyVersion, Entry)}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        ensure_general_policies(actor=Actor.machine("installation"))


@transaction.atomic
def ensure_general_policies(*, actor: Actor) -> None:
    """Make sure that there is a policy for every level that pages. Keeps what is there."""
    wanted = [
        ("SEV 0 and 1", (0, 1), [(0, "commander"), (0, "privacy_officer"), (5, "executive")]),
        ("SEV 2 and 3", (2, 3), [(0, "commander"), (10, "privacy_officer"), (15, "executive")]),
    ]
    for name, levels, functions in wanted:
        if EscalationPolicy.objects.filter(program=None, levels__overlap=levels).exists():
            continue
        steps = tuple(
            Step(timedelta(minutes=after), (Target("function", function),))
            for after, function in functions
        )
        policymaking.install(Draft(name, levels, steps), actor=actor)
