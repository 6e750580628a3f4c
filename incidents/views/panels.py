"""What each panel of the incident page shows. Reads only; the page and htmx get the same panels."""

import re
from typing import Any

from django.conf import settings

from accounts.http import SignedInRequest
from accounts.naming import person_named, team_name
from incidents import (
    access,
    breadth,
    chart,
    duplicates,
    duties,
    exposure,
    glass,
    knocks,
    legalcase,
    looks,
    obligations,
    questions,
    ratings,
    relations,
    scanning,
    story,
    weighing,
)
from incidents.forms import response
from incidents.forms.evidence import UploadForm
from incidents.forms.rating import AskForRatingForm
from incidents.forms.tracking import RelateForm, TaskForm
from incidents.models import (
    SHARED_ROLES,
    AccessGrant,
    Incident,
    Role,
    RuleFiring,
    SeverityProposal,
    Status,
    TimelineEntry,
)
from incidents.questions import Bearing
from incidents.story import Asked
from incidents.views.room import May, Room
from programs.forms import PanelForm
from programs.models import State
from severity import inforce
from severity.changes import sensitivity
from severity.facts import BadFact, Facts
from severity.reading import BadRuleSet
from severity.vocabulary import Action, Scope

Forms = dict[str, PanelForm]
# Keys of entries as well.
_A_NUMBER = re.compile(r"[0-9]{1,18}")
FIRST_FILES = 8
_MOST_LEVELS = 50


def head(room: Room) -> dict[str, Any]:
    """The facts that stay in sight. Live."""
    incident = room.incident
    commands = [held.person for held in room.roles if held.role == Role.COMMANDER]
    return {
        "incident": incident,
        "may": room.may,
        "window": exposure.window(incident, room.exposures),
        "commander": commands[0] if commands else None,
        "line": room.lines.get(incident.program_id or 0),
        "deadline": obligations.next_of(incident, room.duties),
    }


def told(room: Room, asked: Asked) -> dict[str, Any]:
    """The chart and the list. Live."""
    incident = room.incident
    marks = story.happened(incident)
    return {
        "incident": incident,
        "chart": chart.draw(
            incident, marks, exposures=room.exposures, holds=room.pauses, duties=room.duties
        ),
        "story": story.of(incident, asked),
    }


def collection(room: Room) -> dict[str, Any]:
    """Which programs this incident holds, and how far each stop is proven. Live.

    What is a draft is named to who may know of it, and counted for everybody.
    """
    known, lines = room.known, room.lines
    return {
        "incident": room.incident,
        "holds": [(hold, lines[hold.program_id], hold.program_id in known) for hold in room.pauses],
    }


def cord(room: Room, forms: Forms) -> dict[str, Any]:
    program = room.incident.program
    can = room.may.contribute and program is not None and program.state != State.RETIRED
    offered = can and not room.holds
    return {"cord": (forms.get("cord") or response.CordForm()) if offered else None}


def severity(incident: Incident, request: SignedInRequest, forms: Forms) -> dict[str, Any]:
    assessment = incident.assessment
    answers = forms.get("answers") or response.AnswersForm(incident=incident, user=request.user)
    proposal = incident.proposals.filter(state=SeverityProposal.State.OPEN)
    facts: dict[str, Any] = assessment.facts if assessment else {}
    return {
        "assessment": assessment,
        "assumed": facts.get("assumed", []),
        "bearings": _bearings(facts, assessment.rules_version if assessment else ""),
        "assessments": weighing.all_of(incident)[:_MOST_LEVELS],
        "proposal": proposal.select_related("proposed_by").first(),
        "level_form": forms.get("level") or response.LevelForm(),
        "answers_form": answers,
    }


def second_ratings(incident: Incident, forms: Forms) -> dict[str, Any]:
    """Who rated or is to rate it a second time; a level is shown once both are there."""
    rows = ratings.of(incident)
    return {
        "ratings": [(row, ratings.by_rules(row), ratings.differences(row)) for row in rows],
        "has_full": weighing.last_full(incident) is not None,
        "rating_form": forms.get("rating") or AskForRatingForm(),
    }


def _bearings(facts: dict[str, Any], version: str) -> list[Bearing]:
    """What would change the level, by the rules that it rests on; nothing where a person set it."""
    stated = {name: value for name, value in facts.items() if name not in weighing.BESIDE}
    if not stated:
        return []
    try:
        rules = inforce.of(version)
        known = Facts.from_mapping(stated, rules)
    except (BadFact, BadRuleSet):
        return []
    rows = sensitivity(known, rules, unknown=facts.get("unknown", []))
    return questions.in_words(each for each in rows if each.worse or each.milder)


def firings(incident: Incident, forms: Forms) -> dict[str, Any]:
    rows = list(incident.firings.select_related("program", "dataset", "vetoed_by", "allowed_by"))
    waiting = [row for row in rows if row.state == RuleFiring.State.WAITING]
    vetoable = [row for row in waiting if _can_be_vetoed(row)]
    return {
        "firings": rows,
        "vetoable": vetoable,
        "asked": [row for row in rows if row.state == RuleFiring.State.ASKED],
        "allow_form": forms.get("allow") or response.AllowForm(),
        "overdue": [row for row in waiting if row not in vetoable and row.action == Action.PAUSE],
        "veto_form": forms.get("veto") or response.VetoForm(),
    }


def _can_be_vetoed(firing: RuleFiring) -> bool:
    by_floor = firing.action == Action.PAUSE and firing.scope != Scope.PROGRAMS_CONCERNED
    return by_floor or firing.of_house


def evidence(incident: Incident, forms: Forms) -> dict[str, Any]:
    rows = list(incident.evidence.all())
    return {
        "files": rows[:FIRST_FILES],
        "more_files": rows[FIRST_FILES:],
        "used": {"count": len(rows), "bytes": sum(row.size for row in rows)},
        "most": settings.EVIDENCE,
        "scans": scanning.is_on(),
        "upload_form": forms.get("evidence") or UploadForm(),
    }


def merged(incident: Incident, request: SignedInRequest) -> dict[str, Any]:
    """Where a merged incident leads, and what was merged into this one."""
    is_merged = incident.status == Status.MERGED
    return {
        "is_merged": is_merged,
        "leads_to": duplicates.lead(request.user, incident) if is_merged else None,
        "merged_in": [] if is_merged else duplicates.seen(request.user, incident),
        "earlier_awareness": duplicates.earlier_awareness(incident),
    }


def exposed(room: Room) -> dict[str, Any]:
    """What was exposed, in short; never where it lies."""
    return {"exposures": room.exposures}


def clocks(room: Room) -> dict[str, Any]:
    """What is still owed by law, the first to end first, and how much more there is."""
    owed = obligations.owed_of(room.incident, room.duties)
    return {
        "clocks": owed,
        "other_clocks": len(room.duties) - len(owed),
        "facts_stated": legalcase.facts_of(room.incident) is not None,
    }


def related(incident: Incident, request: SignedInRequest, forms: Forms) -> dict[str, Any]:
    return {
        "related": relations.of(request.user, incident),
        "relate_form": forms.get("related") or RelateForm(),
    }


def tasks(incident: Incident, forms: Forms) -> dict[str, Any]:
    rows = list(incident.tasks.select_related("owner", "settled_by"))
    return {
        "tasks": [row for row in rows if row.is_open],
        "settled_tasks": [row for row in rows if not row.is_open],
        "late_tasks": 0 if incident.is_over else sum(row.is_late for row in rows),
        "task_form": forms.get("tasks") or TaskForm(),
    }


def roles(room: Room, forms: Forms) -> dict[str, Any]:
    taken = {assignment.role for assignment in room.roles}
    free = [role for role in duties.WORDS if role not in taken and role not in SHARED_ROLES]
    return {
        "roles": room.roles,
        "free_roles": [(role, duties.WORDS[role]) for role in free],
        "role_form": forms.get("roles") or response.RoleForm(user=room.reader),
    }


def who_sees(incident: Incident, may: May, forms: Forms) -> dict[str, Any]:
    grants = incident.grants.filter(ended_at=None).select_related("person", "team")
    for grant in grants:
        grant.who = grant.person.name if grant.person else team_name(grant.team)  # type: ignore[attr-defined,arg-type]
    bound = forms.get("access")
    to = "no" if incident.restricted else "yes"
    return {
        "breadth_form": forms.get("breadth") or response.BreadthForm(initial={"restricted": to}),
        "may_open": not incident.is_over
        and not breadth.is_restricted(incident.program, incident.counts_as),
        "grants": grants,
        "admit_form": bound
        if isinstance(bound, response.AdmitForm)
        else response.AdmitForm(may_close=may.close),
        "through_glass": glass.open_now(incident),
        "asking": knocks.waiting(incident) if may.manage else [],
        "readers": looks.readers(incident) if may.manage else [],
    }


def why(incident: Incident, request: SignedInRequest, may: May) -> dict[str, Any]:
    """What lets the reader in, and for who manages the incident, anybody who is named."""
    named = request.GET.get("why", "").strip()
    own = access.why(request.user, incident)
    told: dict[str, Any] = {
        "own_reasons": own,
        "can_leave": any(
            isinstance(each, AccessGrant) and each.person_id and not each.by_rule for each in own
        ),
    }
    if named and may.manage:
        told["why"] = named
        person = person_named(named)
        told["why_person"] = person
        told["why_reasons"] = access.why(person, incident) if person else []
    return told


def kinds_of(request: SignedInRequest) -> list[str]:
    """The kinds of entries that the reader asked for; all of them if none."""
    return [kind for kind in request.GET.getlist("kind") if kind in TimelineEntry.Kind.values]


def asked_of(request: SignedInRequest) -> Asked:
    """What of the story the reader asked for. What makes no sense counts as not said."""
    most = story.MOST if "all" in request.GET else _number(request.GET.get("shown", ""))
    older = _number(request.GET.get("older", ""))
    return Asked(kinds_of(request), min(max(most, story.PAGE), story.MOST), older or None)


def _number(said: str) -> int:
    return int(said) if _A_NUMBER.fullmatch(said) else 0
