"""The full assessment of an incident by API: what is in force, what answers lead to, file them."""

from datetime import datetime
from typing import Any

from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope, User
from accounts.problems import Problem, responses
from incidents import access, api, assessing, foresight, judgement, logsays
from incidents.assessing import Judged, Worked
from incidents.models import AccessGrant, Incident
from severity import inforce
from severity.facts import MOST_PEOPLE, BadFact
from severity.ladder import Sev
from severity.questions import NAMES, UNKNOWN, Said, scale

router = Router(tags=["incidents"])
_SHOWN = 40


class AssessIn(Sent):
    """One person's answers, as `questions` of GET names them."""

    answers: dict[Text, Text] = Field(
        description="By question one of its answers, or `unknown`. All of them, unless dry_run."
    )
    people_count: int | None = Field(None, ge=0, le=MOST_PEOPLE)
    since: AwareDatetime | None = Field(None, description="From when it was open, if known.")
    until: AwareDatetime | None = Field(None, description="Until when, if it is closed.")
    level: int | None = Field(
        None, ge=0, le=5, description="Set against the rules, by who manages the incident."
    )
    reason: Text = Field(
        "", max_length=assessing.LONGEST_REASON, description="Needed where `level` is another."
    )
    after: int | None = Field(
        None, ge=1, le=LARGEST_KEY, description="`id` of GET: refused if somebody judged it since."
    )
    dry_run: bool = Field(False, description="Say what would follow, and keep nothing.")


class FiresOut(Schema):
    """What one threshold would do. `after_seconds` counts from when the level is set."""

    rule: str
    version: str
    floor: bool
    action: str
    scope: str | None
    mode: str
    after_seconds: int
    why: str


class AssessedOut(Schema):
    """What answers lead to. `kept` is false of a dry run."""

    kept: bool
    waits: bool = Field(description="A second person must confirm it before it counts.")
    proposal: int | None = Field(description="The proposal that waits, if it was kept.")
    level: int
    by_rules: int = Field(description="The level that the rules give; another one is a person's.")
    undetermined: bool
    rules_version: str
    score: str = Field(description="ENISA's SE, exact.")
    index: str = Field(description="The operational index.")
    trace: list[dict[str, Any]] = Field(description="Every term with its input and why.")
    unknown: list[str]
    assumed: list[str] = Field(description="What each unknown was counted as.")
    fires: list[FiresOut] = Field(description="The floor, and the rules that you may read.")
    effects: list[str] = Field(description="The same in sentences, as on the page.")


class LogOut(Schema):
    """What counts of the logs of access of one exposure."""

    exposure: int
    verdict: str | None = Field(
        description="`read`, `none_complete` or `none_incomplete`; null if no log was read."
    )
    complete: bool = Field(description="It shows that nobody else read, as things are now.")
    others: int = Field(description="How many who were not declared read.")
    rows: int = Field(description="How many rows they read.")
    lacks: list[str] = Field(description="Why it does not show that nobody read.")


class LogsOut(Schema):
    """What the logs say together, and the answer to `evidence` that they support."""

    proposed: str = Field(description="A proposal: whoever assesses decides.")
    why: str
    exposures: list[LogOut]


class AssessmentOut(Schema):
    """The assessment in force. `answers` are those stated last, to begin the next one with."""

    id: int
    kind: str
    level: int
    undetermined: bool
    rules_version: str
    score: str | None
    index: str | None
    trace: list[dict[str, Any]]
    reason: str
    assessed_by: str | None = Field(description="A user name; null where it was the rules.")
    assessed_at: datetime
    assess_by: datetime | None = Field(description="Until when it must be assessed in full.")
    overdue: bool
    answers: dict[str, str]
    questions: dict[str, list[str]] = Field(description="The answers that each question takes.")
    logs: LogsOut | None = Field(description="Null if no log of access was read.")


def _logs(incident: Incident) -> LogsOut | None:
    found = logsays.of(incident)
    if found is None:
        return None
    each = [
        LogOut(
            exposure=one.exposure.pk,
            verdict=one.row.verdict if one.row else None,
            complete=one.is_complete,
            others=one.row.readers_count if one.row else 0,
            rows=one.row.unmeant if one.row else 0,
            lacks=one.lacks,
        )
        for one in found.each
    ]
    return LogsOut(proposed=found.proposed.value, why=found.why, exposures=each)


@router.get(
    "/{ref}/assessment",
    auth=Token(Scope.READ),
    url_name="assessment",
    response={200: AssessmentOut, **responses(404)},
)
def get_assessment(request: ApiRequest, ref: str) -> AssessmentOut:
    """What the level rests on, until when it is to be assessed in full, and the questions."""
    incident = api.get(request, ref)
    held = incident.assessment
    assert held
    said, rules = assessing.said_before(incident), inforce.rules()
    return AssessmentOut(
        id=held.pk,
        kind=held.kind,
        level=held.level,
        undetermined=held.undetermined,
        rules_version=held.rules_version,
        score=None if held.score is None else str(held.score),
        index=None if held.index is None else str(held.index),
        trace=held.trace,
        reason=held.reason,
        assessed_by=held.assessor.username if held.assessor else None,
        assessed_at=held.assessed_at,
        assess_by=incident.assess_by,
        overdue=incident.assessment_is_late,
        answers=dict(said.answers) if said else {},
        questions={name: [*scale(name, rules), UNKNOWN] for name in NAMES},
        logs=_logs(incident),
    )


@router.post(
    "/{ref}/assessment",
    auth=Token(Scope.RESPOND),
    url_name="assessment",
    response={200: AssessedOut, 201: AssessedOut, **responses(404, 409)},
)
def assess(request: ApiRequest, ref: str, body: AssessIn) -> Status[AssessedOut]:
    """File a full assessment; with `dry_run` say what it would lead to, and keep nothing.

    A milder level than SEV 0 to 2 is only proposed. Setting another level than the rules' is for
    who manages the incident, and needs a reason.
    """
    incident = api.get(request, ref, to="contribute")
    judged, said, person = _judged(request, incident, body), _said(body), person_of(request)
    last = incident.proposals.order_by("-pk").values_list("pk", flat=True).first() or 0
    try:
        found = _worked(incident, assessing.work_out(incident, said, judged), person)
        if body.dry_run:
            return Status(200, found)
        with api.refusing(judgement.Refused, body):
            judgement.assess(
                incident, said, judged=judged, after=body.after, actor=actor_of(request)
            )
    except BadFact as fault:
        raise _problem(fault) from fault
    # Somebody else may have determined it meanwhile: what was written says whether it waits.
    made = incident.proposals.filter(pk__gt=last, proposed_by=person).first()
    found.kept, found.waits, found.proposal = True, made is not None, made.pk if made else None
    return Status(201, found)


def _judged(request: ApiRequest, incident: Incident, body: AssessIn) -> Judged | None:
    if body.level is None:
        return None
    if not access.may(person_of(request), AccessGrant.Level.MANAGE, incident):
        raise Problem(403, "Only who manages the incident sets another level than the rules'.")
    return Judged(Sev(body.level), body.reason)


def _said(body: AssessIn) -> Said:
    strange = next((name for name in body.answers if name not in NAMES), None)
    if strange is not None:
        field, allowed = f"answers.{strange[:_SHOWN]}", ", ".join(NAMES)
        raise Problem(422, f"{field}: this is no question.", field=field, allowed=allowed)
    missing = [name for name in NAMES if name not in body.answers]
    if missing and not body.dry_run:
        field = f"answers.{missing[0]}"
        allowed = ", ".join([*scale(missing[0], inforce.rules()), UNKNOWN])
        raise Problem(422, f"{field}: must be answered.", field=field, allowed=allowed)
    return Said(body.answers, body.people_count, body.since, body.until)


def _worked(incident: Incident, worked: Worked, reader: User) -> AssessedOut:
    row, level = worked.row(), worked.level
    demands = foresight.demanded(incident, level, undetermined=worked.undetermined, user=reader)
    return AssessedOut(
        kept=False,
        waits=judgement.only_proposes(incident, level),
        proposal=None,
        level=level.value,
        by_rules=worked.weighed.result.sev.value,
        undetermined=worked.undetermined,
        rules_version=row["rules_version"],
        score=row["score"],
        index=row["index"],
        trace=row["trace"],
        unknown=list(worked.weighed.unknown),
        assumed=list(worked.weighed.assumed),
        fires=[
            FiresOut(
                rule=each.rule_id,
                version=each.version,
                floor=not each.of_house,
                action=each.action.value,
                scope=each.scope.value if each.scope else None,
                mode=each.mode.value,
                after_seconds=each.after_seconds,
                why=each.why,
            )
            for each in demands
        ],
        effects=list(foresight.effects(incident, level, undetermined=worked.undetermined)),
    )


def _problem(fault: BadFact) -> Problem:
    """The sentence of a wrong answer, at the field that it was sent in."""
    field = fault.field if fault.field in AssessIn.model_fields else f"answers.{fault.field}"
    words = str(fault).removeprefix(f"{fault.field} ")
    return Problem(422, f"{field}: {words}.", field=field, allowed=fault.allowed)
