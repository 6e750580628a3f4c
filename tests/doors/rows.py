"""Who may come in at which address: one row for each named URL. `docs/permissions.md` is this.

A door that is not here fails the tests, and so does one that lets in anybody else.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from accounts.functions import Function
from programs.access import CONTROLLERS, INSIDERS


@dataclass(frozen=True)
class Who:
    """Those who come in at a door, by their names in the world; the words are for the document.

    `sees` are those who may know of what is behind it: others are told that it is missing.
    """

    words: str
    names: frozenset[str]
    sees: frozenset[str] | None = None


def _who(words: str, *names: str, sees: "Who | None" = None) -> Who:
    return Who(words, frozenset(names), sees.names if sees else None)


BY_RULE = ("privacy_officer", "commander", "legal", "executive")
FUNCTIONS = tuple(function.value for function in Function)
ALL = (
    *("reporter", "owner", "stranger", "superuser", "elsewhere", "let out", "run out"),
    *("view", "contribute", "manage", "close"),
    *FUNCTIONS,
)
VIEW = _who("whoever may read the incident", "view", "contribute", "manage", "close", *BY_RULE)
CONTRIBUTE = _who(
    "whoever may contribute to the incident",
    *("contribute", "manage", "close", "privacy_officer", "commander", "legal"),
    sees=VIEW,
)
MANAGE = _who(
    "whoever may manage the incident",
    *("manage", "close", "privacy_officer", "commander"),
    sees=VIEW,
)
CLOSE = _who("whoever may close the incident", "close", "privacy_officer", sees=VIEW)
# Whoever may not read the other does not learn that there is one.
BOTH = Who(
    "whoever may contribute to this one and read the other",
    frozenset({"commander", "privacy_officer"}),
    sees=frozenset({"commander", "privacy_officer", "view", "executive"}),
)
HOLD = _who(
    "whoever may contribute and has to do with legal holds",
    *("privacy_officer", "commander", "legal"),
    sees=VIEW,
)
REPORTER = _who("whoever reported it", "reporter")
SAVED = _who("whoever saved it", "view")
SIGNED_IN = _who("everybody who is signed in", *ALL)
EVERYBODY = _who("everybody, signed in or not", *ALL, "anonymous", "deactivated")
ON_DUTY = _who(
    "security, commanders, operators, privacy officers, superusers",
    *("security", "commander", "operator", "privacy_officer", "superuser"),
    sees=SIGNED_IN,
)
REVIEWERS = _who("privacy officers and auditors", "privacy_officer", "auditor", sees=SIGNED_IN)
# Every program that collects is known to all: everybody may pull the cord.
RUN = _who("whoever runs the program", "owner", sees=SIGNED_IN)
_INSIDERS = tuple(function.value for function in INSIDERS)
_CONTROLLERS = tuple(function.value for function in CONTROLLERS)
MACHINES = _who("insiders, and whoever runs the program", "owner", *_INSIDERS, sees=SIGNED_IN)
EVIDENCE = _who(
    "insiders, whose duty controls are, and whoever runs the program",
    *("owner", *_INSIDERS, *_CONTROLLERS),
    sees=SIGNED_IN,
)
APPROVE = _who("privacy officers", "privacy_officer", sees=SIGNED_IN)
DRAFT = _who(
    "program owners and privacy officers",
    "program_owner",
    "owner",
    "privacy_officer",
    sees=SIGNED_IN,
)
RECORD = _who(
    "auditors, operators and privacy officers",
    *("auditor", "operator", "privacy_officer"),
    sees=SIGNED_IN,
)
AWARE = _who("privacy officers who may read the incident", "privacy_officer", sees=VIEW)
COUNSEL = _who(
    "privacy officers and counsel who may read the incident, and who has one of these roles there",
    *("privacy_officer", "legal"),
    sees=VIEW,
)
OWN_ROLE = _who(
    "whoever holds the role, and whoever may manage the incident",
    *("contribute", *MANAGE.names),
    sees=VIEW,
)
DUTY = _who(
    "whose duty the control is, and whoever runs the program", "owner", "security", sees=SIGNED_IN
)
MEASURES = _who("whose duty the control is", "security", sees=SIGNED_IN)
DECIDE = _who("who may agree to the control", "owner", "security", sees=SIGNED_IN)
WAIVE = _who(
    "privacy officers, executives and who may agree to the control, never who runs the program",
    *("privacy_officer", "executive", "security"),
    sees=SIGNED_IN,
)
REFUSE = _who(
    "the same, and whoever asked",
    *("owner", "privacy_officer", "executive", "security"),
    sees=SIGNED_IN,
)
GIVES = _who(
    "whoever owns the program, and privacy officers who do not run it",
    *("owner", "privacy_officer"),
    sees=SIGNED_IN,
)
RESUMING = _who(
    "who asked, who runs the program, and whose function lets them agree",
    *("owner", "privacy_officer", "security", "commander", "legal", "executive", "operator"),
    sees=SIGNED_IN,
)
ROTAS = _who("everybody who has a function", "owner", *FUNCTIONS)
MAKE_ROTAS = _who("operators and commanders", "operator", "commander", sees=ROTAS)
KEEP_ROTA = _who(
    "operators, commanders and whoever owns the rota",
    *("operator", "commander", "responder"),
    sees=ROTAS,
)
LEADS = _who("executives", "executive", sees=SIGNED_IN)
TENDS = _who("operators", "operator", sees=SIGNED_IN)
# For everybody else there are no such pages.
KEEPS = _who("operators", "operator")
FUNCTIONED = _who("everybody who has a function", "owner", *FUNCTIONS, sees=SIGNED_IN)
EDITORS = _who(
    "commanders, privacy officers, security",
    *("commander", "privacy_officer", "security"),
    sees=SIGNED_IN,
)


@dataclass(frozen=True)
class Row:
    """One door: who may look, who may act, and which ids of the world its address takes."""

    read: Who | None = None
    act: Who | None = None
    ids: tuple[tuple[str, str], ...] = ()
    # What a form must name to be about anything.
    sends: str = ""

    def body(self, ids: dict[str, Any]) -> dict[str, Any]:
        return {self.sends: ids[_SENT[self.sends]]} if self.sends else {}

    def address(self, ids: dict[str, Any]) -> dict[str, Any]:
        return {name: ids.get(key, key) for name, key in self.ids}


def read(who: Who, **ids: str) -> Row:
    return Row(read=who, ids=tuple(ids.items()))


def act(who: Who, *, sends: str = "", **ids: str) -> Row:
    return Row(act=who, ids=tuple(ids.items()), sends=sends)


def both(who: Who, may_act: Who | None = None, **ids: str) -> Row:
    return Row(read=who, act=may_act or who, ids=tuple(ids.items()))


_B = {"runbook": "runbook"}
_V = _B | {"number": "version"}
_SENT = {"request": "wish", "attestation": "attestation", "waiver": "waiver", "do": "do"}
_OF = {"number": "number"}
_P = {"slug": "slug"}
_C = _P | {"control": "control"}
_A = _P | {"control": "attested"}

ROWS: dict[str, Row] = {
    "board": read(SIGNED_IN),
    "board-live": read(SIGNED_IN),
    "api:openapi-json": read(SIGNED_IN),
    "api:openapi-view": read(SIGNED_IN),
    "profile": both(SIGNED_IN),
    "healthz": read(EVERYBODY),
    "healthz-engine": read(EVERYBODY),
    "readyz": read(EVERYBODY),
    "metrics": read(EVERYBODY),
    "engine": read(TENDS),
    "engine-try-again": act(TENDS, pk="due"),
    "tokens": read(SIGNED_IN),
    "issue-token": both(SIGNED_IN),
    "contacts": both(SIGNED_IN),
    # --- Incidents
    "incidents:report": both(SIGNED_IN),
    "incidents:weigh": act(SIGNED_IN),
    "incidents:receipts": read(SIGNED_IN),
    "incidents:receipt": both(REPORTER, uuid="uuid"),
    "incidents:list": read(SIGNED_IN),
    "incidents:find": read(SIGNED_IN),
    "incidents:save-view": act(SIGNED_IN),
    "incidents:saved-view": both(SAVED, pk="view"),
    "incidents:remove-view": act(SAVED, pk="view"),
    "incidents:export": act(SIGNED_IN),
    "incidents:ask": both(SIGNED_IN),
    "incidents:break-glass": act(ON_DUTY),
    "incidents:broken-glass": read(REVIEWERS),
    "incidents:review-glass": act(REVIEWERS, pk="glass"),
    "incidents:lessons": read(LEADS),
    "incidents:record": read(RECORD),
    "incidents:detail": read(VIEW, **_OF),
    "incidents:live": read(VIEW, **_OF, part="head"),
    "incidents:timeline": read(VIEW, **_OF),
    "incidents:history": read(VIEW, **_OF),
    "incidents:history-csv": read(VIEW, **_OF),
    "incidents:history-json": read(VIEW, **_OF),
    "escalation": read(VIEW, **_OF),
    "incident-deliveries": read(VIEW, **_OF),
    "resend-page": act(MANAGE, **_OF, pk="page"),
    "deliveries": read(TENDS),
    "on-call": both(ROTAS, MAKE_ROTAS),
    "rota": both(ROTAS, KEEP_ROTA, pk="rota"),
    "end-layer": act(KEEP_ROTA, pk="rota", number="layer"),
    "change-layer": both(KEEP_ROTA, pk="rota", number="layer"),
    "change-rota": both(KEEP_ROTA, pk="rota"),
    "retire-rota": act(KEEP_ROTA, pk="rota"),
    "add-calendar": act(KEEP_ROTA, pk="rota"),
    "remove-calendar": act(KEEP_ROTA, pk="rota", number="calendar"),
    "make-feed": act(ROTAS, pk="rota"),
    "make-own-feed": act(ROTAS),
    # Who takes turns may do more than others, as the domain says.
    "cover": act(ROTAS, pk="rota"),
    "withdraw-cover": act(ROTAS, pk="rota", number="override"),
    "ask-swap": act(ROTAS, pk="rota"),
    "answer-swap": act(ROTAS, pk="rota", number="swap", sends="do"),
    "incidents:update": act(CONTRIBUTE, **_OF),
    "incidents:correct": both(CONTRIBUTE, **_OF, pk="entry"),
    "incidents:pin": act(CONTRIBUTE, **_OF, pk="entry"),
    "incidents:unpin": act(CONTRIBUTE, **_OF, pk="entry"),
    "incidents:status": act(MANAGE, **_OF),
    "incidents:pull-cord": act(CONTRIBUTE, **_OF),
    "incidents:step": act(CONTRIBUTE, **_OF, pk="step"),
    "incidents:assign-step": act(CONTRIBUTE, **_OF, pk="step"),
    "incidents:note-step": act(CONTRIBUTE, **_OF, pk="step"),
    "incidents:confirm-gate": act(CONTRIBUTE, **_OF, pk="step"),
    # Whoever may only read may have the right to one of them, such as a legal hold.
    "incidents:run-hook": act(VIEW, **_OF, pk="step"),
    "incidents:attach-runbook": act(MANAGE, **_OF),
    "incidents:merge": both(MANAGE, **_OF),
    "incidents:clocks": read(VIEW, **_OF),
    "incidents:state-facts": act(CONTRIBUTE, **_OF),
    "incidents:set-event": act(CONTRIBUTE, **_OF),
    "incidents:clock": read(VIEW, **_OF, pk="clock"),
    "incidents:act-on-clock": act(COUNSEL, **_OF, pk="clock", how="decide"),
    "incidents:obligations": read(SIGNED_IN),
    "incidents:relate": act(CONTRIBUTE, **_OF),
    "incidents:unrelate": act(BOTH, **_OF, pk="relation"),
    "incidents:add-task": act(CONTRIBUTE, **_OF),
    "incidents:task": both(VIEW, CONTRIBUTE, **_OF, pk="task"),
    "incidents:settle-task": act(CONTRIBUTE, **_OF, pk="task"),
    "incidents:aware": act(AWARE, **_OF),
    "incidents:level": act(MANAGE, **_OF),
    "incidents:answers": act(CONTRIBUTE, **_OF),
    "incidents:confirm": act(MANAGE, **_OF, pk="proposal"),
    "incidents:withdraw": act(MANAGE, **_OF, pk="proposal"),
    "incidents:veto": act(MANAGE, **_OF, pk="firing"),
    "incidents:give-role": act(MANAGE, **_OF),
    "incidents:leave-role": act(OWN_ROLE, **_OF, pk="role"),
    "incidents:admit": act(MANAGE, **_OF),
    "incidents:end-access": act(MANAGE, **_OF, pk="grant"),
    "incidents:leave": act(VIEW, **_OF),
    "incidents:choose-breadth": act(MANAGE, **_OF),
    "incidents:answer-request": act(MANAGE, **_OF, pk="request"),
    "incidents:add-evidence": act(CONTRIBUTE, **_OF),
    "incidents:evidence": read(VIEW, **_OF, pk="evidence"),
    "incidents:evidence-file": read(VIEW, **_OF, pk="evidence"),
    "incidents:check-evidence": act(CONTRIBUTE, **_OF, pk="evidence"),
    "incidents:hold-evidence": act(HOLD, **_OF, pk="evidence"),
    "incidents:release-evidence": act(HOLD, **_OF, pk="evidence"),
    "incidents:exposures": both(VIEW, CONTRIBUTE, **_OF),
    "incidents:exposure": both(VIEW, CONTRIBUTE, **_OF, pk="exposure"),
    "incidents:verify-exposure": act(MANAGE, **_OF, pk="exposure"),
    "acknowledge-incident": act(CONTRIBUTE, **_OF),
    # --- The review
    "incidents:review": read(VIEW, **_OF),
    "incidents:write-review": act(CONTRIBUTE, **_OF),
    "incidents:review-version": read(VIEW, **_OF, pk="written"),
    "incidents:publish-review": act(MANAGE, **_OF, pk="written"),
    "incidents:add-item": act(CONTRIBUTE, **_OF),
    "incidents:change-item": both(CONTRIBUTE, **_OF, pk="item"),
    # Whoever may only read may own one and say that it is done; the domain says who may do what.
    "incidents:item-done": act(VIEW, **_OF, pk="item"),
    "incidents:item-verify": act(VIEW, **_OF, pk="item"),
    "incidents:item-reopen": act(VIEW, **_OF, pk="item"),
    "incidents:item-drop": act(VIEW, **_OF, pk="item"),
    "incidents:items": read(SIGNED_IN),
    # --- Runbooks
    "incidents:runbooks": read(FUNCTIONED),
    "incidents:runbook-new": both(EDITORS),
    "incidents:runbook": read(FUNCTIONED, **_B),
    "incidents:runbook-edit": both(EDITORS, **_B),
    "incidents:runbook-retire": act(EDITORS, **_B),
    "incidents:runbook-version": read(FUNCTIONED, **_V),
    "incidents:runbook-publish": act(EDITORS, **_V),
    "incidents:runbook-withdraw": act(EDITORS, **_V),
    "incidents:runbook-restore": act(EDITORS, **_V),
    # --- Programs
    "programs:list": read(SIGNED_IN),
    "programs:new": both(DRAFT),
    "programs:detail": read(SIGNED_IN, **_P),
    "programs:live": read(SIGNED_IN, **_P, part="stand"),
    "programs:live-stop": read(MACHINES, **_P),
    "programs:pause": act(SIGNED_IN, **_P),
    "programs:approve": act(APPROVE, **_P),
    "programs:start": act(RUN, **_P),
    "programs:retire": act(RUN, **_P),
    "programs:resume": both(EVIDENCE, MACHINES, **_P),
    "programs:withdraw-resume": act(RESUMING, **_P, sends="request"),
    "incidents:approve-resume": act(EVIDENCE, **_P, sends="request"),
    "programs:go-further": act(RUN, **_P),
    "programs:responders": both(MACHINES, APPROVE, **_P),
    "programs:end-responder": act(APPROVE, **_P),
    "programs:choose-breadth": act(APPROVE, **_P),
    "programs:let-run": act(GIVES, **_P),
    "programs:end-run": act(GIVES, **_P),
    "programs:edit": both(RUN, **_P),
    "programs:add-dataset": both(RUN, **_P),
    "programs:control": read(SIGNED_IN, **_C),
    "programs:attest": act(DUTY, **_C),
    "programs:approve-control": act(DECIDE, **_A, sends="attestation"),
    "programs:reject-control": act(DECIDE, **_A, sends="attestation"),
    "programs:revoke-control": act(DUTY, **_C),
    "programs:waive": act(DUTY, **_C),
    "programs:agree-to-waiver": act(WAIVE, **_A, sends="waiver"),
    "programs:refuse-waiver": act(REFUSE, **_A, sends="waiver"),
    "programs:evidence": read(EVIDENCE, **_P, pk="attestation"),
    "programs:issue-monitor-key": act(RUN, **_P),
    "programs:issue-ingest-key": act(RUN, **_P),
    "programs:withdraw-program-key": act(RUN, **_P, pk="key"),
    "programs:register": both(RUN, **_P),
    "programs:collector": read(RUN, **_P, pk="collector"),
    "programs:issue-key": act(RUN, **_P, pk="collector"),
    "programs:withdraw-key": act(RUN, **_P, pk="collector", key="collector_key"),
    "programs:retire-collector": act(RUN, **_P, pk="collector"),
    "programs:stop": read(MACHINES, **_P, generation="generation"),
    "programs:live-one-stop": read(MACHINES, **_P, generation="generation"),
    "programs:proof-json": read(MACHINES, **_P, generation="generation"),
    "programs:proof": read(MACHINES, **_P, generation="generation"),
    "programs:proof-key": read(EVERYBODY),
    "programs:proof-key-pem": read(EVERYBODY),
    "stop-deliveries": read(MACHINES, **_P, generation="generation"),
    "acknowledge-stop": act(MACHINES, **_P, generation="generation"),
    "stop-escalation": read(MACHINES, **_P, generation="generation"),
    "programs:add-hook": both(RUN, **_P),
    "programs:hook": both(MACHINES, RUN, **_P, pk="hook"),
    "programs:renew-hook-secret": act(RUN, **_P, pk="hook"),
    "programs:switch-hook": act(RUN, **_P, pk="hook"),
    "programs:send-hook-again": act(MACHINES, **_P, pk="hook", call="call"),
    "programs:confirm-by-hand": act(MACHINES, **_P, pk="hook", call="call"),
    "incidents:for-participants": read(SIGNED_IN, **_P),
    "incidents:choose": act(SIGNED_IN, **_P),
    "incidents:drills": both(MACHINES, RUN, **_P),
    "incidents:sources": read(SIGNED_IN),
    "incidents:source": both(MACHINES, RUN, **_P, pk="monitor"),
    "incidents:cancel-drill": act(RUN, **_P, pk="drill"),
}

# Open by a secret in the address, which tells who comes; a person's own by their session.
BY_SECRET = {
    "acknowledge",
    "withdraw-token",
    "contact",
    "contact-act",
    "contact-tries",
    "calendar-feed",
    "withdraw-feed",
    "api:pull_cord",
    "api:confirm",
    "api:verify_stamps",
}

# At the end: they are made of what stands above.
_AREAS = "filing judging kept lead policy record rules told watch"
for _area in _AREAS.split():
    _each = import_module(f"tests.doors.{_area}_rows")
    ROWS |= _each.ROWS
    BY_SECRET |= getattr(_each, "BY_SECRET", set())
