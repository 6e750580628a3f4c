"""The legal clocks of an incident, each duty by itself, and the list of them all."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import (
    access,
    changes,
    filings,
    legalcase,
    legalevents,
    legalwords,
    looks,
    obligations,
)
from incidents.access import Level
from incidents.forms import legal as forms
from incidents.forms import narrowing
from incidents.forms.narrowing import ClocksForm
from incidents.models import APPROVALS, Incident, LegalEvent, Obligation
from incidents.obligations import Change
from incidents.views.room import May
from programs.forms import PanelForm

PER_PAGE = 50


@require_safe
def index(request: SignedInRequest, number: int) -> HttpResponse:
    """Every clock of an incident, the facts and moments that they count from."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    return _page(request, incident)


def _page(
    request: SignedInRequest,
    incident: Incident,
    *,
    form: PanelForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may, stated = May.of(request, incident), legalcase.facts_of(incident)
    is_facts, is_event = isinstance(form, forms.FactsForm), isinstance(form, forms.EventForm)
    context: dict[str, Any] = {
        "incident": incident,
        "may": may,
        # Clocks run on after it is closed, unless nothing is owed for it at all.
        "may_state": may.take_part and incident.status not in obligations.WITHOUT,
        "rows": incident.obligations.all(),
        "facts": stated,
        "told": legalwords.told(stated.facts, legalcase.rules().atlas) if stated else [],
        "events": _named(legalcase.events_of(incident).select_related("set_by")),
        "signal": legalcase.signal_of(incident, legalcase.moments_of(incident)),
        "signal_words": legalwords.event(legalcase.SIGNAL),
        "aware_words": legalwords.event(legalevents.AWARE),
        "past_events": _named(incident.legal_events.exclude(superseded_by=None)),
        "version": legalcase.rules().version,
        "facts_form": form if is_facts else forms.FactsForm(incident=incident),
        "event_form": form if is_event else forms.EventForm(),
        "form": form,
    }
    return render(request, "incidents/clocks.html", context, status=status)


def _named(rows: Iterable[LegalEvent]) -> list[tuple[LegalEvent, str]]:
    """Each moment with what its event is called."""
    return [(row, legalwords.event(row.kind)) for row in rows]


@require_POST
def facts(request: SignedInRequest, number: int) -> HttpResponse:
    """State the facts that clocks depend on."""
    incident = access.get_incident(request.user, number, to=Level.CONTRIBUTE)
    form = forms.FactsForm(request.POST, incident=incident)

    def state() -> list[Change]:
        reason = form.cleaned_data["reason"]
        return legalevents.state_facts(
            incident, form.facts(), reason=reason, actor=actor_of(request)
        )

    return _stated(request, incident, form, state)


@require_POST
def event(request: SignedInRequest, number: int) -> HttpResponse:
    """Set or correct a moment from which clocks count."""
    incident = access.get_incident(request.user, number, to=Level.CONTRIBUTE)
    form = forms.EventForm(request.POST)

    def put() -> list[Change]:
        said = form.cleaned_data
        return legalevents.set_event(
            incident,
            said["kind"],
            said["moment"],
            rationale=said["rationale"],
            actor=actor_of(request),
        )

    return _stated(request, incident, form, put)


def _stated(
    request: SignedInRequest, incident: Incident, form: PanelForm, act: Callable[[], list[Change]]
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, incident, form=form, status=422)
    try:
        found = act()
    except legalevents.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, incident, form=form, status=409)
    said = " ".join(change.sentence for change in found) or _("No clock changed.")
    messages.success(request, _("Stated. %(changes)s") % {"changes": said})
    return redirect("incidents:clocks", number=incident.number)


@require_safe
def one(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """One duty: when it is due and why, what was decided, and what proves it."""
    incident, row = _find(request, number, pk)
    looks.note(incident, request.user, via="page")
    return _one(request, incident, row)


def _find(request: SignedInRequest, number: int, pk: int) -> tuple[Incident, Obligation]:
    incident = access.get_incident(request.user, number)
    rows = incident.obligations.select_related(
        *("incident", "decided_by", "drafted_by", "approved_by", "submitted_by", "confirmed_by"),
        *("proof", "follows", "filed_text__draft"),
    )
    return incident, get_object_or_404(rows, pk=pk)


def _one(
    request: SignedInRequest,
    incident: Incident,
    row: Obligation,
    *,
    form: PanelForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    rule = legalcase.rules().rules.get(row.rule)
    usual = {how: _form(how, incident) for how in ACTS if how != "approve"}
    context = {
        "incident": incident,
        "row": row,
        "rule": rule,
        "due_by_now": obligations.due_by_now(row),
        "may_file": filings.may(request.user, incident),
        "drafts": row.drafts.prefetch_related("versions__approvals"),
        "needed": APPROVALS,
        "own_draft": row.drafted_by == request.user,
        "next": _NEXT.get(Obligation.State(row.state), ()),
        "forms": usual | ({form.at: form} if form else {}),
        "changes": changes.of(incident, reader=request.user, only=row),
        "refusal": refusal,
        "form": form,
    }
    return render(request, "incidents/clock.html", context, status=status)


State = Obligation.State
# What can be done next, in the order of the page.
_NEXT: dict[Obligation.State, tuple[str, ...]] = {
    State.TO_BE_DETERMINED: ("decide",),
    State.REPORTABLE: ("draft", "decide"),
    State.NOT_REPORTABLE: ("decide",),
    State.DRAFTED: ("approve", "draft", "decide"),
    State.APPROVED: ("submit", "draft", "decide"),
    State.SUBMITTED: ("confirm",),
}


def _form(how: str, incident: Incident, data: Any = None) -> PanelForm:
    if how == "submit":
        return forms.SubmitForm(data, incident=incident)
    kinds: dict[str, type[PanelForm]] = {
        "decide": forms.DecisionForm,
        "draft": forms.DraftForm,
        "approve": PanelForm,
        "confirm": forms.ConfirmForm,
    }
    return kinds[how](data)


def _decide(row: Obligation, form: Any, actor: Any) -> None:
    said = form.cleaned_data
    yes = said["reportable"] == "yes"
    filings.decide(row, reportable=yes, reason=said["decision"], actor=actor)


ACTS: dict[str, Callable[[Obligation, Any, Any], object]] = {
    "decide": _decide,
    "draft": lambda row, form, actor: filings.draft(
        row, where=form.cleaned_data["draft"], actor=actor
    ),
    "approve": lambda row, _form, actor: filings.approve(row, actor=actor),
    "submit": lambda row, form, actor: filings.submit(row, form.sent(), actor=actor),
    "confirm": lambda row, form, actor: filings.confirm(
        row, receipt=form.cleaned_data["receipt"], actor=actor
    ),
}


@require_POST
def act(request: SignedInRequest, number: int, pk: int, how: str) -> HttpResponse:
    """Do one thing to a duty: decide, draft, approve, submit, confirm."""
    incident, row = _find(request, number, pk)
    if not filings.may(request.user, incident):
        raise PermissionDenied(_("Privacy officers and counsel do this."))
    form = _form(how, incident, request.POST)
    if not form.is_valid():
        return _one(request, incident, row, form=form, status=422)
    try:
        ACTS[how](row, form, actor_of(request))
    except filings.Refused as refusal:
        _incident, row = _find(request, number, pk)
        if how == "approve":
            return _one(request, incident, row, refusal=str(refusal), status=409)
        form.blame(str(refusal))
        return _one(request, incident, row, form=form, status=409)
    messages.success(request, _("Done."))
    return redirect("incidents:clock", number=number, pk=pk)


@require_safe
def everywhere(request: SignedInRequest) -> HttpResponse:
    """The duties of all incidents that the reader may know of, what ends first on top."""
    form = ClocksForm(request.GET, auto_id="clocks-%s")
    wanted = form.wanted()
    found = obligations.seen_by(request.user, drills=wanted == narrowing.DRILLS)
    if wanted == narrowing.OVERDUE:
        found = found.still_owed().filter(due_at__lt=timezone.now())
    elif wanted == narrowing.OWED:
        found = found.still_owed()
    elif wanted in Obligation.State.values:
        found = found.filter(state=wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "which": wanted}
    return render(request, "incidents/obligations.html", context)
