"""The statements that reckon what an incident or a drill counts for, from the rest of the database.

For incidents.measuring, which keeps what they find.
"""

from incidents.models import LENGTHS

SUMS = ("incidents", "counted", "person_seconds", "met", "missed", "passed", "failed")
COLUMNS = ("incident_id", "drill_id", "day", "program_id", "level", *SUMS, *LENGTHS, "causes")


def _seconds(since: str, until: str) -> str:
    """The statement's words for whole seconds between two moments; NULL if one is not known."""
    # Not greatest(): that passes over NULL.
    spent = f"floor(extract(epoch FROM {until} - ({since})))"
    return f"CASE WHEN {until} < {since} THEN 0 ELSE {spent} END::bigint"


_BEGINS_AND_ENDS = {
    "detect": ("coalesce(e.since, i.occurred_from)", "i.reported_at"),
    "acknowledge": ("i.reported_at", "i.acknowledged_at"),
    "pause": ("i.reported_at", "s.proven_at"),
    "contain": ("i.reported_at", "i.contained_at"),
    "recover": ("i.reported_at", "i.recovered_at"),
}
# Drills are no incidents; what is dismissed or merged into another was none or is counted there.
# Without a time the end of an exposure is not known, without people nobody knows how many.
_EACH_INCIDENT = """
WITH asked AS (
  SELECT * FROM incidents_incident
  WHERE NOT is_drill AND status NOT IN ('dismissed', 'merged')
    {{asked}}),
stopped AS (
  SELECT coalesce(i.duplicate_of_id, i.id) AS incident, min(o.proven_at) AS proven_at
  FROM programs_pause p
  JOIN programs_stoporder o ON o.id = p.order_id AND o.proven_at IS NOT NULL
  JOIN incidents_incident i ON p.holder = 'INC-' || i.number
  WHERE NOT p.is_drill {{stopped}}
  GROUP BY 1),
exposed AS (
  SELECT e.incident_id AS incident, min(e.since) AS since,
    -- As large as the column: several exposures of all people there are would not fit it.
    least(sum(people * greatest(0, extract(epoch FROM e.until - coalesce(e.since,
      least(coalesce(i.occurred_from, i.reported_at), e.until))))), 9223372036854775807)::bigint
      AS person_seconds, bool_or(people IS NOT NULL AND e.until IS NOT NULL) AS is_counted
  FROM incidents_exposure e JOIN asked i ON i.id = e.incident_id,
    LATERAL (SELECT coalesce(e.people_known, e.people_max, e.people_min)::bigint) known(people)
  WHERE true {{exposed}} GROUP BY 1),
owed AS (
  SELECT d.incident_id AS incident,
    count(*) FILTER (WHERE d.submitted_at <= d.due_at) AS met,
    count(*) FILTER (WHERE coalesce(d.submitted_at, %(now)s) > d.due_at) AS missed
  FROM incidents_obligation d JOIN asked i ON i.id = d.incident_id
  WHERE d.due_at IS NOT NULL AND d.clock <> 'not_applicable' AND d.state <> 'not_reportable'
    {{owed}}
  GROUP BY 1),
reviewed AS (
  SELECT i.id AS incident, v.causes FROM incidents_review r JOIN asked i ON i.id = r.incident_id
  JOIN incidents_reviewversion v ON v.id = r.published_id AND v.number >= r.counts_from
  WHERE true {{reviewed}})
SELECT i.id AS incident_id, NULL::bigint AS drill_id,
  (i.reported_at AT TIME ZONE 'UTC')::date AS day,
  i.program_id, i.counts_as AS level, 1 AS incidents,
  (coalesce(e.is_counted, false))::int AS counted, coalesce(e.person_seconds, 0) AS person_seconds,
  coalesce(d.met, 0) AS met, coalesce(d.missed, 0) AS missed, 0 AS passed, 0 AS failed,
  {detect} AS detect, {acknowledge} AS acknowledge, {pause} AS pause, {contain} AS contain,
  {recover} AS recover, w.causes
FROM asked i LEFT JOIN stopped s ON s.incident = i.id LEFT JOIN exposed e ON e.incident = i.id
  LEFT JOIN owed d ON d.incident = i.id LEFT JOIN reviewed w ON w.incident = i.id
""".format(**{name: _seconds(*ends) for name, ends in _BEGINS_AND_ENDS.items()})  # noqa: S608
_EACH_DRILL = """
SELECT NULL::bigint AS incident_id, id AS drill_id,
  (coalesce(ended_at, planned_for) AT TIME ZONE 'UTC')::date AS day,
  program_id, NULL::int AS level, 0 AS incidents, 0 AS counted, 0::bigint AS person_seconds,
  0 AS met, 0 AS missed, (state = 'passed')::int AS passed, (state <> 'passed')::int AS failed,
  NULL::bigint AS detect, NULL::bigint AS acknowledge, NULL::bigint AS pause,
  NULL::bigint AS contain, NULL::bigint AS recover, NULL::varchar[] AS causes
FROM incidents_drill WHERE state IN ('passed', 'failed', 'missed') {asked}
"""


def _with(*columns: str) -> str:
    """The statement's words for those alone whose keys are asked for."""
    return f"AND ({' OR '.join(f'{each} = ANY(%(keys)s::bigint[])' for each in columns)})"


# Two texts: "all, or these" in one is planned once for both, and reads all for these.
OF_INCIDENTS = _EACH_INCIDENT.format(
    asked=_with("id"),
    stopped=_with("i.id", "i.duplicate_of_id"),
    exposed=_with("e.incident_id"),
    owed=_with("d.incident_id"),
    reviewed=_with("r.incident_id"),
)
OF_DRILLS = _EACH_DRILL.format(asked=_with("id"))
OF_ALL = (
    _EACH_INCIDENT.format(asked="", stopped="", exposed="", owed="", reviewed=""),
    _EACH_DRILL.format(asked=""),
)
