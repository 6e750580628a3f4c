"""An invented company for a first look: people, programs, collectors, an incident, a year."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import Scope, User
from audit import credentials, people
from config import attested, demo_clocks, demo_paging, demo_past, demo_rota, demo_watch
from incidents import codenames, exposures, lifecycle, reporting, roles, timeline
from incidents.models import Accessed, Audience, Incident, Role, Status, StillOpen, Whose
from notifications import policies
from programs import attestation, collectors, terms
from programs import lifecycle as program_lifecycle
from programs.controlset import Duty
from programs.evidence import Shown
from programs.models import Collector, Program, State

SEED = Actor(name="demo", via="command")
KEYSTROKES = "keystroke-study"
FILE = "demo.json"

DUTIES = {
    Duty.PROGRAM_OWNER: "owner",
    Duty.PRIVACY_OFFICER: "privacy",
    Duty.LEGAL: "legal",
    Duty.SECURITY: "security",
    Duty.DATA_STEWARD: "security",
    Duty.HR: "people",
    Duty.AUDITOR: "auditor",
}
# Of no importance to the gate, so that every state is there to look at.
UNATTESTED = ("G14", "G24")

# username, first name, last name, what the sign-in is for, functions
PEOPLE: tuple[tuple[str, str, str, str, tuple[Function, ...]], ...] = (
    ("reporter", "Rita", "Osei", "Reporter", ()),
    ("responder", "Sam", "Lindqvist", "Responder", (Function.RESPONDER,)),
    ("commander", "Ada", "Obi", "Incident commander", (Function.COMMANDER, Function.RESPONDER)),
    ("privacy", "Noor", "Haddad", "Privacy officer", (Function.PRIVACY_OFFICER,)),
    ("legal", "Lena", "Moreau", "Legal counsel", (Function.LEGAL,)),
    ("executive", "Eva", "Tanaka", "Executive", (Function.EXECUTIVE,)),
    ("owner", "Otto", "Brandt", "Program owner", (Function.PROGRAM_OWNER,)),
    ("auditor", "Ari", "Novak", "Auditor", (Function.AUDITOR,)),
    ("operator", "Omar", "Reyes", "Operator", (Function.OPERATOR,)),
    ("security", "Sia", "Park", "Security", (Function.SECURITY, Function.DATA_STEWARD)),
    ("people", "Hana", "Weiss", "Human resources", (Function.HR,)),
)

PROGRAMS: tuple[dict[str, Any], ...] = (
    {
        "slug": KEYSTROKES,
        "name": "Keystroke study",
        "purpose": "Learn how people write at work, to train a model that helps them.",
        "categories": ["keystrokes", "mouse_movements", "conversations", "transcripts"],
        "declared_audience": "The twelve people of the study team",
        "declared_audience_size": 12,
        "participants": 70_000,
        "jurisdictions": ["EU", "US-CA", "US-NY"],
        "has_processors": False,
    },
    {
        "slug": "call-transcripts",
        "name": "Call transcripts",
        "purpose": "Find what customers ask for most.",
        "categories": ["transcripts", "contact_details"],
        "declared_audience": "The support analytics team",
        "declared_audience_size": 40,
        "participants": 90,
        "jurisdictions": ["EU"],
    },
    {
        "slug": "writing-model",
        "name": "Writing model training",
        "purpose": "Train the writing assistant on what the keystroke study collects.",
        "categories": ["keystrokes"],
        "declared_audience": "The model team",
        "declared_audience_size": 9,
        "participants": 70_000,
    },
    {
        "slug": "screen-study",
        "name": "Screen study",
        "purpose": "See which tools people switch between.",
        "categories": ["screenshots"],
        "declared_audience": "Nobody yet",
    },
)


@dataclass
class SignIn:
    """One line of what `make run` prints."""

    role: str
    username: str
    password: str


@dataclass
class Machine:
    """A collector to start, and the file it writes to."""

    name: str
    program: str
    token: str
    file: str


def seed(var: Path) -> dict[str, object]:
    """Make the demo once; return its sign-ins and tokens, which are kept in `var/demo.json`.

    Secrets cannot be read back from the database. Where the file is lost, people
    get a new password and collectors new keys.
    """
    kept = var / FILE
    if kept.exists() and Program.objects.filter(slug=KEYSTROKES).exists():
        known: dict[str, object] = json.loads(kept.read_text(encoding="utf-8"))
        _scan()
        return known
    password = _password()
    with transaction.atomic():
        signs = [_person(entry, password) for entry in PEOPLE]
        policies.ensure_general_policies(actor=SEED)
        if not Program.objects.filter(slug=KEYSTROKES).exists():
            _programs()
            _incident()
            demo_clocks.seed(_who("privacy"))
            demo_past.seed(_who("privacy"))
            demo_rota.seed(SEED)
            demo_paging.seed(Program.objects.get(slug=KEYSTROKES), actor=SEED)
        machines = [_machine(each, var) for each in Collector.objects.order_by("name")]
        token = _token()
    made: dict[str, object] = {
        "sign_ins": [asdict(sign) for sign in signs],
        "collectors": [asdict(machine) for machine in machines],
        "api_token": token,
    }
    _keep(kept, made)
    return made


def _password() -> str:
    words = codenames.choose(lambda _: False).lower().split()
    return "-".join([*words, *codenames.choose(lambda _: False).lower().split()]) + str(
        secrets.randbelow(90) + 10
    )


def _keep(path: Path, made: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(made, indent=2), encoding="utf-8")


def _person(entry: tuple[str, str, str, str, tuple[Function, ...]], password: str) -> SignIn:
    username, first, last, role, functions = entry
    person = User.objects.filter(username=username).first()
    if person is None:
        people.add(
            username,
            email=f"{username}@demo.example",
            password=password,
            first_name=first,
            last_name=last,
            functions=functions,
            actor=SEED,
        )
    else:
        people.set_password(person, password, actor=SEED)
    return SignIn(role, username, password)


def _who(username: str) -> Actor:
    return Actor.person(User.objects.get(username=username), via="command")


def _programs() -> None:
    owner = User.objects.get(username="owner")
    study, calls, model, _screens, practice = (
        program_lifecycle.draft(owner=owner, actor=SEED, **fields)
        for fields in (*PROGRAMS, demo_watch.PROGRAM)
    )
    model.derived_from.add(study)
    _dataset(study, "keystroke-lake", "Keystroke lake", "s3://demo-lake/keystrokes")
    _dataset(calls, "call-texts", "Call texts", "s3://demo-calls/texts")
    _dataset(practice, **demo_watch.DATASET)
    for program in (study, calls, model, practice):
        _controls(program)
        approved = program_lifecycle.approve(program, actor=_who("privacy"))
        program_lifecycle.start(approved, actor=_who("owner"))
    lake = study.datasets.get()
    for name in ("laptop-1", "laptop-2", "laptop-3"):
        collectors.register(study, name=name, dataset=lake, actor=_who("owner"))
    demo_watch.seed(practice, owner=_who("owner"))


def _controls(program: Program) -> None:
    by = {duty: _who(name) for duty, name in DUTIES.items()}
    shown = Shown(
        note="As kept in the demo's wiki.", link=f"https://wiki.demo.example/{program.slug}"
    )
    access_review = replace(shown, as_of=timezone.now() - timedelta(days=80))
    attested.attest_all(program, by=by, shown=shown, older={"G12": access_review}, but=UNATTESTED)
    pseudonyms = attestation.control_of("G14")
    attestation.attest(program, pseudonyms, shown, actor=by[Duty.PROGRAM_OWNER])


def _scan() -> None:
    """Stand in for a scanner at each start: what it shows counts for a day."""
    scan = attestation.control_of("G11")
    shown = Shown(note="Nobody too many. The demo scans nothing; it says so at each start.")
    for program in Program.objects.filter(started_at__isnull=False).exclude(state=State.RETIRED):
        attestation.attest_by_machine(program, scan, shown, actor=attested.SCANNER)


def _dataset(program: Program, slug: str, name: str, store: str) -> None:
    read_by = program.declared_audience
    told = {"slug": slug, "name": name, "store": store, "declared_audience": read_by}
    terms.add_dataset(program, **told, actor=SEED)


def _incident() -> None:
    """One incident of yesterday that is being handled, so that no page is empty."""
    calls = Program.objects.get(slug="call-transcripts")
    reporter = User.objects.get(username="reporter")
    incident = reporting.file_report(
        reporting.Report(
            title="A link to twelve call texts was shared with the wrong team",
            program=calls,
            dataset=calls.datasets.get(),
            audience=Audience.FEW,
            still_open=StillOpen.NO,
            occurred_from=timezone.now() - timedelta(hours=20),
            reference="HELP-4711",
        ),
        reporter=reporter,
        actor=Actor.person(reporter, via="command"),
    ).incident
    commander = _who("commander")
    assert commander.user
    lifecycle.acknowledge(incident, actor=commander)
    lifecycle.move(incident, Status.TRIAGING, actor=commander)
    roles.give(incident, Role.COMMANDER, person=commander.user, actor=commander)
    lifecycle.move(incident, Status.ACTIVE, actor=commander)
    timeline.write(
        incident,
        "update",
        "The link was withdrawn. Eleven of twelve recipients confirmed that they did not open it.",
        actor=commander,
    )
    _exposure(incident, by=commander)


def _exposure(incident: Incident, *, by: Actor) -> None:
    now = timezone.now()
    said = exposures.Said(
        dataset=incident.dataset,
        what="Twelve call texts",
        kinds=("transcripts",),
        whose=Whose.CUSTOMERS,
        people_min=12,
        people_known=12,
        people_max=24,
        effective_audience=Audience.FEW,
        since=now - timedelta(hours=20),
        until=now - timedelta(hours=2),
        since_is_estimate=True,
        accessed=Accessed.ACCESSED,
        accessed_source="The log of the file share.",
        location="share://team-7/call-texts/week-46",
    )
    exposures.add(incident, said, actor=by)


def _machine(collector: Collector, var: Path) -> Machine:
    _key, text = collectors.issue_key(collector, actor=SEED)
    path = var / "collected" / f"{collector.name}.log"
    return Machine(collector.name, collector.program.slug, text, str(path))


def _token() -> str:
    _row, text = credentials.issue(
        User.objects.get(username="responder"),
        label="demo",
        scopes=[Scope.REPORT, Scope.READ, Scope.RESPOND, Scope.PAUSE],
        expires_at=timezone.now() + timedelta(days=30),
        actor=SEED,
    )
    return text
