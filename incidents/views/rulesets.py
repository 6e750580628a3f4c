"""The severity rules: which version decides, writing the next, and what it would change."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import rulebook, rulesets, seconding
from incidents.forms.rulesets import RuleSetForm
from severity import inforce
from severity.models import RuleSetVersion
from severity.reading import BadRuleSet
from severity.ruleset import RuleSet

_MOST_NAMED = 50


def _reads(request: SignedInRequest) -> None:
    if not rulebook.may_read(request.user):
        raise PermissionDenied(_("Rule sets are read by people who have a function."))


def _edits(request: SignedInRequest) -> None:
    if not seconding.may_edit(request.user):
        raise PermissionDenied(
            _("Only incident commanders, privacy officers and security officers write rules.")
        )


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the versions: what decides now, what waits, and what decided before."""
    _reads(request)
    context = {
        "now": inforce.rules(),
        "shipped": inforce.shipped(),
        "versions": [(row, inforce.fault_of(row)) for row in rulesets.versions()],
        "may_edit": seconding.may_edit(request.user),
    }
    return render(request, "incidents/rule_sets.html", context)


@require_safe
def one(request: SignedInRequest, version: str) -> HttpResponse:
    """Show a version: its text, what it changed, and whose level would be another by it."""
    _reads(request)
    return _page(request, version)


def _page(request: SignedInRequest, version: str, refusal: str = "") -> HttpResponse:
    row = rulesets.versions().filter(version=version).first()
    rules, fault = _read(version, row)
    text = row.text if row else inforce.text_of(version)
    context: dict[str, Any] = {
        "version": version,
        "sha256": row.sha256 if row else rules and rules.sha256,
        "fault": fault,
        "text": text,
        "row": row,
        "decides": inforce.rules().version == version,
        "may_edit": seconding.may_edit(request.user),
        "own": row is not None and row.author == request.user,
        "refusal": refusal,
    }
    if row:
        context |= _compared(request, row.based_on, rules, text)
    status = 409 if refusal else 200
    return render(request, "incidents/rule_set.html", context, status=status)


def _read(version: str, row: RuleSetVersion | None) -> tuple[RuleSet | None, str]:
    """The rules of a version; or why this release does not read what somebody wrote."""
    try:
        return inforce.of(version), ""
    except BadRuleSet as bad:
        if row is None:
            raise Http404(_("No such version.")) from bad
        return None, str(bad)


def _compared(
    request: SignedInRequest, before: str, after: RuleSet | None, text: str
) -> dict[str, Any]:
    told = {"before": before, "changes": rulesets.changes(before, text), "looked_at": None}
    try:
        old = inforce.of(before)
    except BadRuleSet:
        # Fine when it was published, refused by this release: nothing can be assessed by it.
        return told
    if after is None:
        return told
    moved, looked_at = rulesets.moves(old, after, request.user)
    return told | {
        "moved": moved[:_MOST_NAMED],
        "moved_count": len(moved),
        "looked_at": looked_at,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Write the next version."""
    _edits(request)
    newest = rulesets.newest()
    if request.method != "POST":
        begin = {"text": inforce.text_of(newest), "based_on": newest}
        return _editor(request, RuleSetForm(initial=begin))
    form = RuleSetForm(request.POST, request.FILES)
    looks = request.POST.get("act") == "preview"
    if not (form.can_be_looked_at() if looks else form.is_valid()):
        return _editor(request, form, status=422)
    try:
        if looks:
            rules = rulesets.check(form.written)
            return _editor(request, form, compared=_compared(request, newest, rules, form.written))
        row = rulesets.propose(
            form.written,
            reason=form.cleaned_data["reason"],
            based_on=form.cleaned_data["based_on"],
            effective_from=form.cleaned_data["effective_from"],
            actor=actor_of(request),
        )
    except BadRuleSet as bad:
        form.add_error("text", str(bad))
        return _editor(request, form, status=422)
    except rulesets.Refused as refusal:
        form.blame(str(refusal))
        return _editor(request, form, status=409)
    messages.success(request, _("Written. A second person must publish it."))
    return redirect("incidents:rule-set", version=row.version)


def _editor(
    request: SignedInRequest,
    form: RuleSetForm,
    *,
    compared: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "wrong": status != 200, "compared": compared, **(compared or {})}
    return render(request, "incidents/rule_set_edit.html", context, status=status)


@require_POST
def decide(request: SignedInRequest, version: str, how: str) -> HttpResponse:
    """Publish or withdraw the version that waits."""
    _edits(request)
    row = get_object_or_404(RuleSetVersion, version=version)
    acts: dict[str, tuple[Callable[..., object], str]] = {
        "publish": (rulesets.publish, _("Published.")),
        "withdraw": (rulesets.withdraw, _("Withdrawn.")),
    }
    act, said = acts[how]
    try:
        act(row, actor=actor_of(request))
    except (rulesets.Refused, BadRuleSet) as refusal:
        return _page(request, version, str(refusal))
    messages.success(request, said)
    return redirect("incidents:rule-set", version=version)
