"""Escalation policies: which there are and what they cover, how each goes, and writing them."""

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from audit import clockwork
from notifications import (
    access,
    ladders,
    planning,
    policymaking,
    policywords,
    reach,
    rehearsal,
    uncovered,
)
from notifications.models import EscalationPolicy
from notifications.policy_editor import Editor
from notifications.policy_forms import DryRunForm
from notifications.policychecks import Refused
from notifications.policydraft import BLANK, LEVELS, Draft

# More than anybody reads at once.
_MOST_VERSIONS = 50


@require_safe
def everything(request: SignedInRequest) -> HttpResponse:
    """List the policies, and what they cover."""
    if not access.may_read(request.user):
        raise Http404
    every = list(access.policies_for(request.user).order_by("name"))
    context = {
        "policies": [ladders.line(policy) for policy in every if policy.active],
        "retired": [policy for policy in every if not policy.active],
        "rows": ladders.coverage(request.user),
        "levels": LEVELS,
        "may_make": access.may_make(request.user),
    }
    return render(request, "notifications/policies.html", context)


@require_safe
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show how a policy goes, and whom it would reach now."""
    return _page(request, access.get_policy(request.user, pk))


def _page(request: SignedInRequest, policy: EscalationPolicy, refusal: str = "") -> HttpResponse:
    plan, now = planning.plan(policy), clockwork.now()
    level = min(policy.levels, default=LEVELS[0])
    context = {
        "policy": policy,
        "line": ladders.line(policy),
        "fallback": access.policies_for(request.user).filter(pk=policy.fallback_id or 0).first(),
        "ladder": ladders.ladder(plan, level, now),
        "hours": policywords.hours_in_words(plan.hours) if plan.hours else "",
        "findings": reach.findings(plan, now) if policy.active else [],
        "gaps": uncovered.coming(policy) if policy.active else [],
        "may_change": access.may_make(request.user) and policy.active,
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "notifications/policy.html", context, status=status)


@require_safe
def history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the versions of a policy, and what each changed."""
    policy = access.get_policy(request.user, pk)
    changes = policywords.history(policy, reader=request.user, most=_MOST_VERSIONS)
    context = {"policy": policy, "changes": changes, "most": _MOST_VERSIONS}
    return render(request, "notifications/policy_history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Write a policy that there was not."""
    if not access.may_read(request.user):
        raise Http404
    if not access.may_make(request.user):
        raise PermissionDenied
    return _write(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write the next version of a policy."""
    return _write(request, access.get_policy(request.user, pk, to_change=True))


def _write(request: SignedInRequest, policy: EscalationPolicy | None) -> HttpResponse:
    user = request.user
    if request.method != "POST":
        draft = planning.draft(policy) if policy else BLANK
        version = policy.version if policy else 0
        editor = Editor.of(draft, version=version, user=user, of=policy)
        return _editor(request, editor, policy)
    editor, act = Editor.sent(request.POST, user=user, of=policy), request.POST.get("act", "")
    if act not in ("save", "preview"):
        # A row was moved: nothing is checked before all of it is there.
        return _editor(request, editor, policy, moved=bool(re.fullmatch(r"\w+-\d+", act)))
    if not editor.is_valid:
        return _editor(request, editor, policy, status=422)
    try:
        if act == "preview":
            policymaking.check(editor.draft(), of=policy)
            return _editor(request, editor, policy, previewed=editor.draft())
        saved = _save(request, editor, policy)
    except Refused as refusal:
        editor.blame(refusal.faults)
        return _editor(request, editor, policy, status=422)
    messages.success(request, _("In force from now on. Runs that are under way stay as they are."))
    return redirect("policy", pk=saved.pk)


def _save(
    request: SignedInRequest, editor: Editor, policy: EscalationPolicy | None
) -> EscalationPolicy:
    reason, actor = editor.whole.cleaned_data["reason"], actor_of(request)
    if policy is None:
        return policymaking.make(editor.draft(), reason=reason, actor=actor)
    return policymaking.change(
        policy, editor.draft(), based_on=editor.based_on, reason=reason, actor=actor
    )


def _editor(
    request: SignedInRequest,
    editor: Editor,
    policy: EscalationPolicy | None,
    *,
    previewed: Draft | None = None,
    moved: bool = False,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "editor": editor,
        "policy": policy,
        "previewed": previewed,
        "moved": moved,
        "wrong": status != 200,
    }
    if previewed:
        plan, level = planning.of_draft(previewed), min(previewed.levels, default=LEVELS[0])
        now = clockwork.now()
        context |= {
            "ladder": ladders.ladder(plan, level, now),
            "findings": reach.findings(plan, now),
        }
    return render(request, "notifications/policy_edit.html", context, status=status)


@require_POST
def retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let nothing begin by a policy any more."""
    policy = access.get_policy(request.user, pk, to_change=True)
    try:
        policymaking.retire(policy, reason=request.POST.get("reason", ""), actor=actor_of(request))
    except Refused as refusal:
        said = refusal.faults[0].sentence
        return _page(request, policy, said[:1].upper() + said[1:])
    messages.success(request, _("It is retired: nothing begins by it any more."))
    return redirect("policies")


@require_safe
def dry_run(request: SignedInRequest) -> HttpResponse:
    """Say who would be told, when, if an incident began at a moment and nobody answered."""
    if not access.may_read(request.user):
        raise Http404
    now = clockwork.now()
    form = DryRunForm(request.GET or None, user=request.user, initial={"level": 1, "moment": now})
    found = None
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        found = rehearsal.rehearse(said["level"], said["program"], said["moment"])
    context = {"form": form, "found": found, "most": rehearsal.MOST}
    status = 422 if form.errors else 200
    return render(request, "notifications/dry_run.html", context, status=status)
