"""What the API takes and gives of policies, and how that becomes what the domain knows."""

from datetime import datetime, time, timedelta
from typing import Annotated

from django.conf import settings
from django.urls import reverse
from ninja import Schema
from pydantic import Field

from accounts.api import Text
from accounts.asking import Sent
from accounts.models import User
from notifications import planning
from notifications.escalation import Step, Target
from notifications.hours import Hours
from notifications.models import EscalationPolicy, EscalationTarget
from notifications.policydraft import MINUTE, Draft
from notifications.rehearsal import Line, Rehearsal

# What a column of the database, and a length of time, can hold.
Key = Annotated[int, Field(ge=0, le=2**63 - 1)]
Minutes = Annotated[int, Field(ge=0, le=99_999)]
Small = Annotated[int, Field(ge=0, le=999)]


class TargetIO(Sent):
    """Whom a step pages. No `methods`: all ways that a person has."""

    kind: EscalationTarget.Kind
    name: Text = Field("", max_length=80, description="Of a function, a team or a role.")
    person: Text | None = Field(None, max_length=150, description="A user name.")
    rota: Key | None = Field(None, description="The id of a rota, as in its address.")
    methods: list[Text] = Field([], max_length=20)


class StepIO(Sent):
    after_minutes: Minutes = Field(description="After the step before.")
    targets: list[TargetIO] = Field(max_length=50)


class HoursIO(Sent):
    """For SEV 4 and 5 alone: steps wait for these times. Days: 0 is Monday."""

    zone: Text = Field(max_length=64)
    days: list[Small] = Field(max_length=7)
    opens: time
    closes: time


class PolicyIn(Sent):
    name: Text = Field(max_length=200)
    levels: list[Small] = Field(max_length=6)
    program: Text | None = Field(None, max_length=50, description="A slug; null is for all.")
    steps: list[StepIO] = Field(max_length=50)
    repeats: Small = 3
    repeat_after_minutes: Minutes = 5
    fallback: Key | None = Field(None, description="The id of another policy.")
    hours: HoursIO | None = None
    reason: Text = Field(max_length=1000)


class PolicyChangeIn(PolicyIn):
    version: int


class ReasonIn(Sent):
    reason: Text = Field(max_length=1000)


class PolicyOut(Schema):
    id: int
    name: str
    version: int
    active: bool
    levels: list[int]
    program: str | None
    steps: list[StepIO]
    repeats: int
    repeat_after_minutes: int
    fallback: int | None
    hours: HoursIO | None
    sha256: str = Field(description="Of what a run that began now would keep.")
    finding: str = Field(description="What the last look found; empty if all was well.")
    looked_at: datetime | None
    page: str


def draft_of(body: PolicyIn, *, program: int | None) -> Draft:
    """Return what a body asks for. Who is not there has the key 0, which the domain refuses."""
    names = {target.person for step in body.steps for target in step.targets if target.person}
    found = User.objects.filter(username__in=names).values_list("username", "pk")
    keys: dict[str | None, int | None] = {**dict.fromkeys(names, 0), **dict(found), None: None}
    hours = body.hours
    return Draft(
        name=body.name,
        levels=tuple(body.levels),
        steps=tuple(
            Step(
                timedelta(minutes=step.after_minutes),
                tuple(
                    Target(
                        each.kind.value,
                        each.name,
                        keys.get(each.person, 0),
                        tuple(each.methods),
                        each.rota,
                    )
                    for each in step.targets
                ),
            )
            for step in body.steps
        ),
        program=program,
        repeats=body.repeats,
        repeat_after=timedelta(minutes=body.repeat_after_minutes),
        fallback=body.fallback,
        hours=Hours(hours.zone, tuple(hours.days), _plain(hours.opens), _plain(hours.closes))
        if hours
        else None,
    )


def _plain(clock: time) -> time:
    # The zone is said beside it; an offset would contradict it for half of the year.
    return clock.replace(tzinfo=None, second=0, microsecond=0)


def out(policy: EscalationPolicy) -> PolicyOut:
    """Return a policy as the API gives it."""
    plan, hours = planning.plan(policy), planning.plan(policy).hours
    keys = [target.person for step in plan.steps for target in step.targets if target.person]
    persons = {pk: person.username for pk, person in User.objects.in_bulk(keys).items()}
    return PolicyOut(
        id=policy.pk,
        name=policy.name,
        version=policy.version,
        active=policy.active,
        levels=policy.levels,
        program=policy.program.slug if policy.program else None,
        steps=[_step_out(step, persons) for step in plan.steps],
        repeats=policy.repeats,
        repeat_after_minutes=-(-plan.repeat_after // MINUTE),
        fallback=policy.fallback_id,
        hours=HoursIO(
            zone=hours.zone, days=list(hours.days), opens=hours.opens, closes=hours.closes
        )
        if hours
        else None,
        sha256=plan.sha256(),
        finding=policy.finding,
        looked_at=policy.looked_at,
        page=f"{settings.ENVIRONMENT.url}{reverse('policy', args=[policy.pk])}",
    )


def _step_out(step: Step, persons: dict[int, str]) -> StepIO:
    return StepIO(
        after_minutes=-(-step.wait // MINUTE),
        targets=[
            TargetIO(
                kind=EscalationTarget.Kind(each.kind),
                name=each.name,
                person=persons.get(each.person or 0),
                rota=each.rota,
                methods=list(each.methods),
            )
            for each in step.targets
        ],
    )


class ToldOut(Schema):
    person: str
    ways: list[str] = Field(description="By which the person is paged at once.")
    quiet_until: list[datetime] = Field(description="Of ways that are held back.")


class MomentOut(Schema):
    """A step, or how it ends: `unanswered`, or `nobody` if nobody was reached."""

    at: datetime
    step: int
    round: int
    whom: str
    told: list[ToldOut]
    nobody: bool
    needs_roles: bool = Field(description="Who holds a role is known once there is an incident.")
    ending: str | None


class RehearsalOut(Schema):
    level: int
    program: str | None
    at: datetime
    policy: int | None
    version: int | None
    pages: bool = Field(description="The rules page for this level by themselves.")
    nobody: bool = Field(description="Nobody at all would be told.")
    moments: list[MomentOut]
    is_whole: bool = Field(description="Not so: more moments follow.")


def rehearsed(found: Rehearsal) -> RehearsalOut:
    """Return a dry run as the API gives it."""
    return RehearsalOut(
        level=found.level,
        program=found.program.slug if found.program else None,
        at=found.at,
        policy=found.policy.pk if found.policy else None,
        version=found.policy.version if found.policy else None,
        pages=found.pages,
        nobody=found.nobody,
        moments=[_moment(line) for line in found.lines],
        is_whole=found.is_whole,
    )


def _moment(line: Line) -> MomentOut:
    return MomentOut(
        at=line.at,
        step=line.number,
        round=line.round,
        whom=line.whom,
        told=[
            ToldOut(person=each.person.name, ways=each.ways, quiet_until=each.held)
            for each in line.told
        ],
        nobody=line.reaches_nobody,
        needs_roles=line.needs_roles,
        ending=line.ending.value if line.ending else None,
    )
