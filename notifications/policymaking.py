"""Make, change and retire policies. The only module that writes them, their steps and targets.

Runs keep a copy of what their policy was: nothing here changes one that is under way.
"""

from django.db import transaction

from accounts.actors import Actor
from audit import clockwork, history, trail
from incidents import seconding
from notifications import planning, policychecks, reach, readiness
from notifications.models import (
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    PolicyVersion,
)
from notifications.policychecks import Refused
from notifications.policydraft import Draft, Fault

LONGEST_REASON = 500
MOST_POLICIES = 200
_TERMS = (
    *("name", "levels", "program", "fallback", "repeats", "repeat_after_seconds"),
    *("zone", "days", "opens", "closes"),
)


@transaction.atomic
def make(draft: Draft, *, reason: str, actor: Actor) -> EscalationPolicy:
    """Return a new policy, which is in force from now on.

    Raises:
        Refused: with everything that is wrong, field by field; nothing is kept then.
    """
    seconding.one_at_a_time(policychecks.LOCK)
    if EscalationPolicy.objects.filter(active=True).count() >= MOST_POLICIES:
        raise Refused(Fault("name", f"there are {MOST_POLICIES} policies; retire one first."))
    said = _reason(reason)
    check(draft, of=None)
    policy = _make(draft, reason=said, actor=actor)
    readiness.look_now(policy)
    return policy


@transaction.atomic
def install(draft: Draft, *, actor: Actor) -> EscalationPolicy:
    """Make a policy of a new installation, whomever it reaches: there are no people yet."""
    seconding.one_at_a_time(policychecks.LOCK)
    policy = _make(draft, reason="", actor=actor)
    readiness.look_after(policy.pk)
    return policy


def _make(draft: Draft, *, reason: str, actor: Actor) -> EscalationPolicy:
    policy = EscalationPolicy()
    _take(policy, draft)
    history.save_new(policy, actor=actor, why=reason)
    _write_steps(policy, draft, actor=actor)
    _keep(policy, reason=reason, actor=actor)
    _record("policy.made", policy, actor=actor, reason=reason)
    return policy


@transaction.atomic
def change(
    policy: EscalationPolicy, draft: Draft, *, based_on: int, reason: str, actor: Actor
) -> EscalationPolicy:
    """Put a policy on other terms from now on: its next version.

    Args:
        based_on: the version that whoever changes it has read.

    Raises:
        Refused: with everything that is wrong, field by field; or if it is retired, or somebody
            changed it meanwhile.
    """
    policy = _locked(policy)
    if based_on != policy.version:
        sentence = f"somebody has made version {policy.version} meanwhile; read that first."
        raise Refused(Fault("version", sentence))
    said, before = _reason(reason), planning.draft(policy)
    if draft == before:
        raise Refused(Fault("version", "nothing is changed in it."))
    check(draft, of=policy)
    if not policy.versions.exists():
        # One that is older than versions: what it was is kept before it is changed.
        _keep(policy, reason="", actor=Actor.machine("installation"))
    policy.version += 1
    _take(policy, draft)
    history.save(policy, "version", *_TERMS, actor=actor, why=said)
    if draft.steps != before.steps:
        _remove_steps(policy, actor=actor)
        _write_steps(policy, draft, actor=actor)
    _keep(policy, reason=said, actor=actor)
    _record("policy.changed", policy, actor=actor, reason=said)
    readiness.look_now(policy)
    return policy


@transaction.atomic
def retire(policy: EscalationPolicy, *, reason: str, actor: Actor) -> None:
    """End a policy for good. What it began goes on; nothing new begins by it.

    Raises:
        Refused: if it is retired already, or another falls back on it.
    """
    policy = _locked(policy)
    said = _reason(reason)
    leaning = policy.falls_back_here.filter(active=True).order_by("name")
    if names := ", ".join(leaning.values_list("name", flat=True)):
        raise Refused(Fault("policy", f"{names} falls back on it; change that first."))
    policy.active = False
    history.save(policy, "active", actor=actor, why=said)
    _record("policy.retired", policy, actor=actor, reason=said)


def check(draft: Draft, *, of: EscalationPolicy | None) -> None:
    """Look whether a draft could be saved now, as a new policy or as the next version of one.

    Raises:
        Refused: with everything that is wrong, field by field.
    """
    wrong = policychecks.faults(draft, of=of)
    if wrong:
        raise Refused(*wrong)
    if not reach.is_sure(planning.of_draft(draft), clockwork.now()):
        sentence = (
            "nobody would be paged for sure: in no step there is somebody with a verified way. "
            "Name other people, or have those verify a way on their profile."
        )
        raise Refused(Fault("steps", sentence))


def _reason(reason: str) -> str:
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON or "\0" in said:
        raise Refused(Fault("reason", f"say why, in at most {LONGEST_REASON} characters."))
    return said


def _locked(policy: EscalationPolicy) -> EscalationPolicy:
    seconding.one_at_a_time(policychecks.LOCK)
    policy = EscalationPolicy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if not policy.active:
        sentence = f"{policy.name} is retired and is not changed any more."
        raise Refused(Fault("policy", sentence))
    return policy


def _take(policy: EscalationPolicy, draft: Draft) -> None:
    hours = draft.hours
    policy.name, policy.levels = draft.name, sorted(draft.levels)
    policy.program_id, policy.fallback_id = draft.program, draft.fallback
    policy.repeats = draft.repeats
    policy.repeat_after_seconds = int(draft.repeat_after.total_seconds())
    policy.zone, policy.days = (hours.zone, sorted(hours.days)) if hours else ("", [])
    policy.opens, policy.closes = (hours.opens, hours.closes) if hours else (None, None)


def _remove_steps(policy: EscalationPolicy, *, actor: Actor) -> None:
    for step in policy.steps.prefetch_related("targets"):
        for target in step.targets.all():
            history.remove(target, actor=actor)
        history.remove(step, actor=actor)


def _write_steps(policy: EscalationPolicy, draft: Draft, *, actor: Actor) -> None:
    for number, wanted in enumerate(draft.steps):
        step = history.create(
            EscalationStep,
            actor=actor,
            policy=policy,
            number=number,
            after_seconds=int(wanted.wait.total_seconds()),
        )
        for target in wanted.targets:
            history.create(
                EscalationTarget,
                actor=actor,
                step=step,
                kind=target.kind,
                name=target.name,
                person_id=target.person,
                rota_id=target.rota,
                methods=list(target.methods),
            )


def _keep(policy: EscalationPolicy, *, reason: str, actor: Actor) -> None:
    PolicyVersion.objects.create(
        policy=policy,
        number=policy.version,
        document=planning.draft(policy).plain(),
        reason=reason,
        author=actor.user,
    )


def _record(act: str, policy: EscalationPolicy, *, actor: Actor, reason: str) -> None:
    trail.record(
        act,
        policy,
        actor=actor,
        remark=reason,
        name=policy.name,
        version=policy.version,
        levels=policy.levels,
        program=policy.program.slug if policy.program else None,
        sha256=planning.plan(policy).sha256(),
    )
