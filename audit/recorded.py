"""What the record tells of people, their functions and secrets, to be compared with the rows."""

from collections.abc import Iterable
from typing import Any

from accounts.models import ApiToken, User
from audit import live, teams
from audit.live import Act, Comparison, Said

_ISSUED, _REHASHED = "token.issued", "identity.password_rehashed"
_FUNCTIONS = "person.functions_set"
_PASSWORDS = {
    "person.added",
    *(f"identity.password_{how}" for how in ("changed", "set", "reset")),
    _REHASHED,
}


def _groups(acts: Iterable[Act]) -> Said:
    functions: list[str] = []
    members: set[str] = set()
    for act in acts:
        team = str(act.facts.get("team", ""))
        if act.action == _FUNCTIONS:
            functions = [str(each) for each in act.facts.get("functions", ())]
        elif act.action == teams.JOINED:
            members.add(team)
        else:
            members.discard(team)
    return {name: {} for name in (*functions, *members)}


def _password(acts: Iterable[Act]) -> Said:
    now: dict[str, Any] = {}
    for act in acts:
        if "password" not in act.facts:
            continue
        # Signing in must not make good what somebody put there.
        if act.action == _REHASHED and now.get("password") not in (
            None,
            act.facts.get("instead_of"),
        ):
            continue
        now = {"password": act.facts["password"]}
    return {"": now}


def _token(acts: Iterable[Act]) -> Said:
    now: Said = {}
    for act in acts:
        now[""] = live.named(act, "secret")
    return now


COMPARISONS = (
    Comparison(
        model="accounts.User.functions",
        subject="accounts.user",
        acts=frozenset({_FUNCTIONS, teams.JOINED, teams.LEFT}),
        # Of every group: a team lets in as well.
        rows="SELECT m.user_id AS subject_id, g.name FROM accounts_user_groups AS m"
        " JOIN auth_group AS g ON g.id = m.group_id",
        said=_groups,
    ),
    Comparison(
        model="accounts.User",
        fields=("password",),
        subject="accounts.user",
        acts=frozenset(_PASSWORDS),
        rows=f"SELECT id AS subject_id, '', {live.DIGEST.format('password')} FROM accounts_user",  # noqa: S608
        said=_password,
        is_whole=False,
    ),
    Comparison(
        model="accounts.ApiToken",
        fields=("secret",),
        subject="accounts.apitoken",
        acts=frozenset({_ISSUED}),
        rows=f"SELECT id AS subject_id, '', {live.DIGEST.format('secret_hash')}"  # noqa: S608
        " FROM accounts_apitoken",
        said=_token,
    ),
)
live.compare(*COMPARISONS)
live.compare_history(User, ApiToken)
