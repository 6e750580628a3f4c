"""What the record tells of incidents and of who may see them, for whoever compares it with rows."""

from collections.abc import Iterable

from audit import live
from audit.live import Act, Comparison, Said
from incidents.grants import IMPLIES
from incidents.models import AccessGrant, Incident, Status

_REPORTED, _IMPORTED, _SET = "incident.reported", "incident.imported", "severity.set"
_GRANTED, _ENDED = "access.granted", "access.ended"
_MOVES = {f"incident.{status}": status.value for status in Status}


def _incident(acts: Iterable[Act]) -> Said:
    now: Said = {}
    for act in acts:
        row = now.setdefault("", {})
        if "level" in act.facts:
            level = act.facts["level"]
            row |= {"counts_as": level, "sev": None if act.facts.get("undetermined") else level}
        if act.action in _MOVES:
            row["status"] = _MOVES[act.action]
        elif "status" in act.facts:
            row["status"] = act.facts["status"]
    return now


def _open(acts: Iterable[Act]) -> set[tuple[str, str]]:
    # A grant that is made for longer closes the one before it without a word: last act counts.
    held = {(str(act.facts.get("to")), str(act.facts.get("level"))): act.action for act in acts}
    return {grant for grant, action in held.items() if action == _GRANTED}


def _grants(acts: Iterable[Act]) -> Said:
    return {f"{to} {level}": {} for to, level in _open(acts)}


def _permissions(acts: Iterable[Act]) -> Said:
    return {
        f"{to} {implied}_incident": {}
        for to, level in _open(acts)
        for implied in IMPLIES.get(level, ())
    }


_PERMITTED = """
    SELECT o.content_object_id AS subject_id, '{0}:' || o.{1}_id || ' ' || p.codename
      FROM incidents_incident{1}permission AS o JOIN auth_permission AS p ON p.id = o.permission_id
"""
live.compare(
    Comparison(
        model="incidents.Incident",
        fields=("counts_as", "sev", "status"),
        subject="incidents.incident",
        acts=frozenset({_REPORTED, _IMPORTED, _SET, *_MOVES}),
        rows="SELECT id AS subject_id, '', counts_as, sev, status FROM incidents_incident",
        said=_incident,
    ),
    Comparison(
        model="incidents.AccessGrant",
        subject="incidents.incident",
        acts=frozenset({_GRANTED, _ENDED}),
        rows="SELECT incident_id AS subject_id, coalesce('person:' || person_id,"
        " 'team:' || team_id) || ' ' || level FROM incidents_accessgrant WHERE ended_at IS NULL",
        said=_grants,
    ),
    # What access is checked by: a row here opens an incident without any grant.
    Comparison(
        model="incidents.IncidentPermission",
        subject="incidents.incident",
        acts=frozenset({_GRANTED, _ENDED}),
        rows=" UNION ALL ".join(
            _PERMITTED.format(*each) for each in (("person", "user"), ("team", "group"))
        ),
        said=_permissions,
    ),
)
live.compare_history(Incident, AccessGrant)
