"""Threshold rules: which are in force, writing and publishing them, and what they did."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import (
    access,
    ledger,
    looks,
    objecting,
    replaying,
    rulebook,
    rulemaking,
    rulewords,
    seconding,
)
from incidents.forms.response import AllowForm
from incidents.forms.thresholds import LedgerForm, RuleForm, initial
from incidents.models import AccessGrant
from incidents.views.acting import carry_out
from severity import inforce
from severity.houserules import BLANK, BadRule, Rule
from severity.models import ThresholdVersion

_MOST_NAMED, _PER_PAGE = 20, 50
_WAITING, _PUBLISHED = ThresholdVersion.State.WAITING, ThresholdVersion.State.PUBLISHED


def _reads(request: SignedInRequest) -> None:
    if not rulebook.may_read(request.user):
        raise PermissionDenied(_("Threshold rules are read by people who have a function."))


def _edits(request: SignedInRequest) -> None:
    if not seconding.may_edit(request.user):
        raise PermissionDenied(
            _("Only incident commanders, privacy officers and security officers write rules.")
        )


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the rules in force, the floor first, and what waits."""
    _reads(request)
    rules, names = rulebook.in_force_for(request.user), rulebook.names()
    rows = rulebook.visible_to(request.user)
    known = {rule.id for rule in rules}
    others = rows.filter(state=_PUBLISHED).exclude(rule__in=known)
    context = {
        "rules_version": inforce.rules().version,
        "floor": [rulewords.floor(each) for each in inforce.rules().thresholds],
        "house": [_line(rule, names) for rule in rules if not rule.of_program],
        "of_programs": [_line(rule, names) for rule in rules if rule.of_program],
        "waiting": rows.filter(state=_WAITING),
        "others": sorted(set(others.values_list("rule", flat=True))),
        "may_edit": seconding.may_edit(request.user),
    }
    return render(request, "incidents/thresholds.html", context)


def _line(rule: Rule, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "rule": rule,
        "asks": rulewords.conditions(rule),
        "does": [rulewords.act(each, names) for each in rule.acts],
        "how": rulewords.mode(rule.mode, rule.minutes * 60),
    }


@require_safe
def one(request: SignedInRequest, rule: str) -> HttpResponse:
    """Show a rule as it is, its versions, what waits, and what it would have acted on."""
    _reads(request)
    return _page(request, rule)


def _page(request: SignedInRequest, rule: str, refusal: str = "") -> HttpResponse:
    rows = list(rulebook.visible_to(request.user).filter(rule=rule).order_by("-number"))
    if not rows:
        raise Http404(_("No such rule."))
    now = next((each for each in rulebook.in_force_for(request.user) if each.id == rule), None)
    waiting = next((row for row in rows if row.state == _WAITING), None)
    shown = _readable(waiting) if waiting else now
    context: dict[str, Any] = {
        "rule": rule,
        "now": _line(now, rulebook.names()) if now else None,
        "versions": rows,
        "waiting": waiting,
        "may_edit": seconding.may_edit(request.user),
        "refusal": refusal,
        **_replayed(request, shown),
    }
    if waiting:
        before = next((row.document for row in rows if row.state == _PUBLISHED), None)
        context |= {
            "changes": rulewords.compare(rule, before, waiting.document),
            "own": waiting.author == request.user,
        }
    status = 409 if refusal else 200
    return render(request, "incidents/threshold.html", context, status=status)


def _readable(row: ThresholdVersion) -> Rule | None:
    try:
        return rulebook.of(row)
    except BadRule:
        return None


def _replayed(request: SignedInRequest, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    found = replaying.replay(rule, request.user)
    return {"replayed": found, "would": found.found[:_MOST_NAMED]}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Write a rule that there was not."""
    _edits(request)
    if request.method != "POST":
        form = RuleForm(initial=initial(BLANK, ""), user=request.user, is_new=True)
        return _editor(request, form, "")
    form = RuleForm(request.POST, user=request.user, is_new=True)
    return _take(request, form, form.data.get("id", "").strip(), is_new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, rule: str) -> HttpResponse:
    """Write the next version of a rule."""
    _edits(request)
    row = rulebook.visible_to(request.user).filter(rule=rule).order_by("-number").first()
    if row is None:
        raise Http404(_("No such rule."))
    if request.method == "POST":
        form = RuleForm(request.POST, user=request.user, is_new=False)
        return _take(request, form, rule, is_new=False)
    newest = rulebook.newest(rule)
    begin = initial((newest or row).document, newest.label if newest else "")
    return _editor(request, RuleForm(initial=begin, user=request.user, is_new=False), rule)


def _take(request: SignedInRequest, form: RuleForm, rule: str, *, is_new: bool) -> HttpResponse:
    form.full_clean()
    if request.POST.get("act") == "preview":
        # Why it is changed need not be known before it is.
        form.errors.pop("reason", None)
    if form.errors:
        return _editor(request, form, rule, status=422)
    if is_new and rulebook.versions(rule).exists():
        form.add_error("id", _("There is such a rule already; choose another short name."))
        return _editor(request, form, rule, status=409)
    try:
        if request.POST.get("act") == "preview":
            previewed = rulemaking.check(rule, form.document(), by=request.user)
            return _editor(request, form, rule, previewed=previewed)
        rulemaking.propose(
            rule,
            form.document(),
            reason=form.cleaned_data["reason"],
            based_on=form.cleaned_data["based_on"],
            effective_from=form.cleaned_data["effective_from"],
            actor=actor_of(request),
        )
    except BadRule as bad:
        form.blame_all(bad)
        return _editor(request, form, rule, status=422)
    except rulemaking.Refused as refusal:
        form.blame(str(refusal))
        return _editor(request, form, rule, status=409)
    messages.success(request, _("Written. A second person must publish it."))
    return redirect("incidents:threshold", rule=rule)


def _editor(
    request: SignedInRequest,
    form: RuleForm,
    rule: str,
    *,
    previewed: Rule | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "rule": rule,
        "is_new": "id" in form.fields,
        "previewed": _line(previewed, rulebook.names()) if previewed else None,
        "wrong": status != 200,
        **_replayed(request, previewed),
    }
    return render(request, "incidents/threshold_edit.html", context, status=status)


@require_POST
def decide(request: SignedInRequest, rule: str, number: int, how: str) -> HttpResponse:
    """Publish or withdraw the version that waits."""
    _edits(request)
    row = get_object_or_404(rulebook.visible_to(request.user), rule=rule, number=number)
    try:
        if how == "publish":
            rulemaking.publish(row, actor=actor_of(request))
        else:
            rulemaking.withdraw(row, actor=actor_of(request))
    except (rulemaking.Refused, BadRule) as refusal:
        return _page(request, rule, str(refusal))
    messages.success(request, _("Published.") if how == "publish" else _("Withdrawn."))
    return redirect("incidents:threshold", rule=rule)


@require_POST
def retire(request: SignedInRequest, rule: str) -> HttpResponse:
    """Propose that a rule counts no more."""
    _edits(request)
    if not rulebook.visible_to(request.user).filter(rule=rule).exists():
        raise Http404(_("No such rule."))
    reason = request.POST.get("reason", "")
    try:
        rulemaking.retire(rule, reason=reason, actor=actor_of(request))
    except rulemaking.Refused as refusal:
        return _page(request, rule, str(refusal))
    messages.success(request, _("Proposed. A second person must publish it."))
    return redirect("incidents:threshold", rule=rule)


@require_safe
def firings(request: SignedInRequest) -> HttpResponse:
    """List what rules did, wait to do and asked, in incidents that the reader may know of."""
    _reads(request)
    form = LedgerForm(request.GET, user=request.user)
    wanted = ledger.Wanted(**form.cleaned_data) if form.is_valid() else ledger.Wanted()
    rows = ledger.firings(request.user, wanted)
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "is_filtered": any(form.cleaned_data.values())}
    status = 422 if form.errors else 200
    return render(request, "incidents/firings.html", context, status=status)


@require_safe
def explain(request: SignedInRequest, number: int) -> HttpResponse:
    """Say of each rule why it acted on an incident, or why it does not."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    told = ledger.explain(incident, request.user)
    context = {
        "incident": incident,
        "acting": [each for each in told if each.applies or each.firings],
        "silent": [each for each in told if not (each.applies or each.firings)],
    }
    return render(request, "incidents/explain.html", context)


@require_POST
def allow(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Let a rule do what it asks for."""
    incident = access.get_incident(request.user, number, to=AccessGrant.Level.MANAGE)
    row = get_object_or_404(incident.firings, pk=pk)
    form = AllowForm(request.POST)

    def agree() -> None:
        reason = form.cleaned_data["reason"]
        objecting.allow(row, reason=reason, actor=actor_of(request))

    return carry_out(request, incident, agree, at="waiting", said=_("Agreed."), form=form)
