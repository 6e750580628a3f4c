"""Every call of the API that a token opens, by its scope, and what each wants to be sent."""

from accounts.models import Scope

OPERATIONS = [
    ("GET", "/incidents", Scope.READ),
    ("POST", "/incidents", Scope.REPORT),
    ("GET", "/incidents/{ref}", Scope.READ),
    ("GET", "/incidents/{ref}/timeline", Scope.READ),
    ("POST", "/incidents/{ref}/severity", Scope.RESPOND),
    ("POST", "/incidents/{ref}/status", Scope.RESPOND),
    ("POST", "/incidents/{ref}/updates", Scope.RESPOND),
    ("POST", "/incidents/{ref}/acknowledge", Scope.RESPOND),
    ("POST", "/incidents/{ref}/hand-over", Scope.RESPOND),
    ("POST", "/incidents/{ref}/snooze", Scope.RESPOND),
    ("POST", "/incidents/{ref}/escalate", Scope.RESPOND),
    ("POST", "/incidents/{ref}/page-person", Scope.RESPOND),
    ("GET", "/rotas", Scope.READ),
    ("GET", "/rotas/{rota}/on-call", Scope.READ),
    ("POST", "/rotas/{rota}/overrides", Scope.RESPOND),
    ("GET", "/policies", Scope.READ),
    ("POST", "/policies", Scope.POLICIES),
    ("GET", "/policies/dry-run", Scope.READ),
    ("GET", "/policies/{id}", Scope.READ),
    ("PUT", "/policies/{id}", Scope.POLICIES),
    ("POST", "/policies/{id}/retire", Scope.POLICIES),
    ("GET", "/thresholds", Scope.READ),
    ("GET", "/thresholds/firings", Scope.READ),
    ("GET", "/thresholds/{rule}", Scope.READ),
    ("POST", "/thresholds/{rule}", Scope.RULES),
    ("POST", "/thresholds/{rule}/publish", Scope.RULES),
    ("GET", "/incidents/{ref}/rules", Scope.READ),
    ("GET", "/incidents/{ref}/pages", Scope.READ),
    ("GET", "/incidents/{ref}/obligations", Scope.READ),
    ("GET", "/register", Scope.READ),
    ("POST", "/incidents/{ref}/legal-events", Scope.RESPOND),
    ("POST", "/incidents/{ref}/legal-facts", Scope.RESPOND),
    ("GET", "/incidents/{ref}/evidence", Scope.READ),
    ("POST", "/incidents/{ref}/evidence", Scope.RESPOND),
    ("GET", "/incidents/{ref}/exposures", Scope.READ),
    ("POST", "/incidents/{ref}/timeline/{entry}/correct", Scope.RESPOND),
    ("POST", "/incidents/{ref}/timeline/{entry}/pin", Scope.RESPOND),
    ("GET", "/incidents/{ref}/steps", Scope.READ),
    ("POST", "/incidents/{ref}/steps/{step}", Scope.RESPOND),
    ("POST", "/incidents/{ref}/steps/{step}/assign", Scope.RESPOND),
    ("GET", "/incidents/{ref}/tasks", Scope.READ),
    ("POST", "/incidents/{ref}/tasks", Scope.RESPOND),
    ("POST", "/incidents/{ref}/tasks/{task}", Scope.RESPOND),
    ("POST", "/incidents/{ref}/tasks/{task}/settle", Scope.RESPOND),
    ("GET", "/incidents/{ref}/relations", Scope.READ),
    ("POST", "/incidents/{ref}/relations", Scope.RESPOND),
    ("POST", "/incidents/{ref}/relations/{relation}/end", Scope.RESPOND),
    ("GET", "/incidents/{ref}/access", Scope.READ),
    ("POST", "/incidents/{ref}/access", Scope.RESPOND),
    ("POST", "/incidents/{ref}/access/{grant}/end", Scope.RESPOND),
    ("GET", "/incidents/{ref}/roles", Scope.READ),
    ("POST", "/incidents/{ref}/roles", Scope.RESPOND),
    ("POST", "/incidents/{ref}/roles/{role}/leave", Scope.RESPOND),
    ("GET", "/incidents/{ref}/evidence/{evidence}/file", Scope.RESPOND),
    ("POST", "/incidents/{ref}/evidence/{evidence}/hold", Scope.RESPOND),
    ("POST", "/incidents/{ref}/exposures", Scope.RESPOND),
    ("POST", "/incidents/{ref}/exposures/{exposure}", Scope.RESPOND),
    ("POST", "/incidents/{ref}/exposures/{exposure}/verify", Scope.RESPOND),
    ("GET", "/deliveries", Scope.READ),
    ("GET", "/incidents/{ref}/broadcasts", Scope.READ),
    ("POST", "/incidents/{ref}/broadcasts", Scope.RESPOND),
    ("POST", "/incidents/{ref}/broadcasts/{broadcast}/approve", Scope.RESPOND),
    ("POST", "/incidents/{ref}/broadcasts/{broadcast}/return", Scope.RESPOND),
    ("GET", "/programs", Scope.READ),
    ("GET", "/programs/{slug}", Scope.READ),
    ("GET", "/programs/{slug}/proof", Scope.READ),
    ("POST", "/programs/{slug}/pause", Scope.PAUSE),
    ("POST", "/stamps/verify", Scope.READ),
    ("GET", "/programs/{slug}/controls", Scope.READ),
    ("POST", "/programs/{slug}/controls/{control}/attest", Scope.ATTEST),
]
# Opened by a key of a program and not by a person's token; tests/api/test_cord.py tries the door.
BY_KEY = {("POST", "/cord/{key}")}
# Opened by the signature of a service: test_replies.py, test_slackbot.py.
BY_SIGNATURE = {("POST", f"/services/{name}/{{ident}}") for name in ("pagerduty", "slack")}
# Whoever was sent the address may say what it is for: its last part is the token.
BY_ADDRESS = {("POST", "/confirmations/{token}")}
BODIES = {
    "correct": {"text": "x"},
    "steps/1": {"to": "skipped", "note": "x"},
    "assign": {"person": None},
    "tasks": {"title": "x"},
    "settle": {"to": "done"},
    "relations": {"incident": "INC-1"},
    "access": {"person": "x", "level": "view", "reason": "x"},
    "roles": {"role": "scribe", "person": "x"},
    "hold": {"held": True, "reason": "x"},
    "exposures": {"what": "x"},
    "exposures/1": {"reason": "x"},
    "verify": {"how": "x"},
    "legal-events": {"kind": "suspected", "rationale": "x"},
    "legal-facts": {"facts": {}, "reason": "x"},
    "stamps/verify": {"program": "none", "stamps": []},
    "severity": {"level": 1, "reason": "x"},
    "status": {"to": "triaging"},
    "updates": {"text": "x"},
    "incidents": {"title": "x"},
    "attest": {"passed": True, "note": "x"},
    "hand-over": {"person": "x", "reason": "x"},
    "page-person": {"person": "x", "reason": "x"},
    "snooze": {"minutes": 1, "reason": "x"},
    "escalate": {"reason": "x"},
    "broadcasts": {"subject": "x", "text": "x", "subscribers": True},
    "approve": {"version": 1},
    "return": {"version": 1, "words": "x"},
}
# What a path names, each by the number of one that is not there.
PARTS = {"control": "T01"} | dict.fromkeys(
    ("id", "rota", "broadcast", "entry", "step", "task", "relation", "grant", "role", "evidence"), 1
)


def body_of(path: str) -> object:
    """What passes the check of the shape, so that it is the door that answers."""
    parts = path.split("/")
    return BODIES.get("/".join(parts[-2:]), BODIES.get(parts[-1], {}))
