"""Related incidents and tasks: name, end, add, change, settle."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import access, looks, meanwhile, relations, tasking
from incidents.forms.tracking import RelateForm, SettleForm, TaskChangeForm, TaskForm
from incidents.models import AccessGrant, Task
from incidents.views.acting import carry_out
from programs.forms import PanelForm

CONTRIBUTE = AccessGrant.Level.CONTRIBUTE


@require_POST
def relate(request: SignedInRequest, number: int) -> HttpResponse:
    """Name an incident that this one has to do with."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = RelateForm(request.POST)

    def act() -> None:
        said = form.cleaned_data
        other = relations.find(request.user, said["number"])
        relations.relate(incident, other, said["kind"], actor=actor_of(request))

    return carry_out(request, incident, act, at="related", said=_("Related."), form=form)


@require_POST
def unrelate(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """End a relation. One to an incident that the reader may not know of is missing."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    found = [seen for seen in relations.of(request.user, incident) if seen.relation.pk == pk]
    if not found:
        raise Http404(_("No such incident."))
    row = found[0].relation
    return carry_out(
        request,
        incident,
        lambda: relations.unrelate(row, actor=actor_of(request)),
        at="related",
        said=_("No longer related."),
    )


@require_POST
def add_task(request: SignedInRequest, number: int) -> HttpResponse:
    """Write down what is to be done."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = TaskForm(request.POST)

    def act() -> None:
        tasking.add(incident, **form.cleaned_data, actor=actor_of(request))

    return carry_out(request, incident, act, at="tasks", said=_("Task added."), form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def task(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """One task; by POST changed."""
    if request.method != "POST":
        row = _find(request, number, pk, to=AccessGrant.Level.VIEW)
        looks.note(row.incident, request.user, via="page")
        return _page(request, row)
    row = _find(request, number, pk)
    read = meanwhile.as_sent(row, request.POST.get("based_on", ""))
    form = TaskChangeForm(request.POST, read=read)

    def act() -> object:
        return tasking.change(row, form.said(), actor=actor_of(request), read=form.read)

    return _try(request, row, form, act, said=_("Changed."))


@require_POST
def settle(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Say that a task is done, dropped or open again."""
    row = _find(request, number, pk)
    form = SettleForm(request.POST)

    def act() -> object:
        said = form.cleaned_data
        return tasking.settle(row, said["to"], note=said["note"], actor=actor_of(request))

    return _try(request, row, form, act, said=_("Noted."))


def _find(request: SignedInRequest, number: int, pk: int, *, to: str = CONTRIBUTE) -> Task:
    incident = access.get_incident(request.user, number, to=to)
    rows = incident.tasks.select_related("incident", "owner", "settled_by")
    row: Task = get_object_or_404(rows, pk=pk)
    return row


def _try(
    request: SignedInRequest,
    row: Task,
    form: PanelForm,
    act: Callable[[], object],
    *,
    said: str,
) -> HttpResponse:
    status, anew = 422, None
    if form.is_valid():
        try:
            act()
        except (tasking.Refused, meanwhile.Clash) as refusal:
            if isinstance(refusal, meanwhile.Clash) and isinstance(form, TaskChangeForm):
                row = _find(request, row.incident.number, row.pk)
                anew = TaskChangeForm.anew(row, form.said(), form.read)
            form.blame(str(refusal))
            status = 409
        else:
            messages.success(request, said)
            return redirect("incidents:detail", number=row.incident.number)
    return _page(request, row, form=form, anew=anew, status=status)


def _page(
    request: SignedInRequest,
    row: Task,
    *,
    form: PanelForm | None = None,
    anew: TaskChangeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    incident = row.incident
    held = access.may_which(request.user, incident)
    context: dict[str, Any] = {
        "incident": incident,
        "task": row,
        "people": access.viewers(incident),
        "may_change": CONTRIBUTE in held and not incident.is_over,
        "form": form,
        "task_form": anew or (form if isinstance(form, TaskForm) else TaskChangeForm(read=row)),
        "settle_form": form if isinstance(form, SettleForm) else SettleForm(),
    }
    return render(request, "incidents/task.html", context, status=status)
