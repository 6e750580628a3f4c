"""What was promised, held against what others wrote down. Knows the tables, and no code of Andon.

The witnesses are the receiver's log, what the API promised to those outside, and the database, read
by SQL; times are those of commits, as PostgreSQL noted them.
"""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from bench import stand
from bench.chaos import lateness
from bench.chaos.settling import End

TICK_SECONDS = 0.25
# What was on its way when somebody answered may still arrive: no call lasts longer.
ON_ITS_WAY_SECONDS = 11.0
BOUND_SECONDS = 13.0


@dataclass
class Verdict:
    """`broken` says in sentences which invariant did not hold; `figures` what was counted."""

    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    figures: dict[str, Any] = field(default_factory=dict)

    def hold(self, what: str, holds: bool, says: str) -> None:
        if not holds and len(self.broken[what]) < 20:
            self.broken[what].append(says)
        elif holds:
            self.broken[what] += []


def judge(
    url: str,
    log: Path,
    *,
    end: End,
    accepted: dict[str, str],
    captures: list[int],
    filed: dict[str, float],
) -> Verdict:
    """Return what held and what did not.

    Args:
        url: of the database.
        end: of what is judged.
        log: of the receiver.
        accepted: the incident that the API promised, by the report's key.
        captures: when collectors of the first program captured, in nanoseconds of wall time.
        filed: when the report of an incident was sent, in seconds of wall time.
    """
    verdict = Verdict()
    came = [json.loads(line) for line in log.read_text().splitlines()]
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as database:
        found = _read(database, end)
        _accepted_is_paged(verdict, found, accepted)
        _every_delivery_has_a_cause(verdict, found, came, accepted)
        _each_page_arrives(verdict, found, came)
        _pauses_hold(verdict, database, captures)
        _answers_stop(verdict, found, came)
        _history_is_whole(verdict, found)
        _nothing_waits(verdict, database, end)
        verdict.figures |= lateness.of_steps_and_pages(found, came)
        verdict.figures |= lateness.of_the_latest(found)
        verdict.figures |= lateness.of_first_pages(found, came, filed)
    _record_is_whole(verdict, found)
    return verdict


def _read(database: Any, end: End) -> dict[str, Any]:
    def rows(sql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = database.execute(sql).fetchall()
        return found

    return {
        "incidents": {
            f"INC-{row['number']}": row
            for row in rows("SELECT id, number, status, acknowledged_at FROM incidents_incident")
        },
        "runs": rows(
            "SELECT * FROM notifications_escalation WHERE incident_id IS NOT NULL"
            f" AND id <= {end.last_run}"
        ),
        "later": {
            row["id"]
            for row in rows(f"SELECT id FROM notifications_escalation WHERE id > {end.last_run}")
        },
        "stop_runs": rows("SELECT id FROM notifications_escalation WHERE incident_id IS NULL"),
        "history": rows(
            "SELECT id, taken, generation, state, history_id, acknowledged_at, next_due_at,"
            " pg_xact_commit_timestamp(xmin) AS committed"
            " FROM notifications_historicalescalation ORDER BY id, history_id"
        ),
        "pages": rows("SELECT * FROM notifications_page"),
        "tries": rows("SELECT page_id, count(*) AS n FROM notifications_pageattempt GROUP BY 1"),
        "due": rows(
            "SELECT id, kind, key, state, planned_at, finished_at, attempts, hand_overs, payload"
            " FROM audit_due"
        ),
        "acts": rows("SELECT action, subject, count(*) AS n FROM audit_entry GROUP BY 1, 2"),
    }


def _accepted_is_paged(verdict: Verdict, found: dict[str, Any], accepted: dict[str, str]) -> None:
    """I1: every accepted incident reaches its last step, or a recorded stop."""
    by_incident = defaultdict(list)
    for run in found["runs"]:
        by_incident[run["incident_id"]].append(run)
    lost_steps = 0
    for ref in accepted.values():
        incident = found["incidents"].get(ref)
        verdict.hold("I1", incident is not None, f"{ref} was accepted and is not there")
        if incident is None:
            continue
        runs = by_incident[incident["id"]]
        told = bool(runs) or incident["acknowledged_at"] is not None
        verdict.hold("I1", told, f"{ref} was never paged for")
        for run in runs:
            length = len(run["snapshot"]["steps"]) * (run["snapshot"]["repeats"] + 1)
            ended = run["state"] != "active"
            whole = run["state"] != "exhausted" or run["taken"] == length
            lost_steps += (length - run["taken"]) if not (ended and whole) else 0
            verdict.hold(
                "I1",
                ended and whole,
                f"{ref} is {run['state']} after {run['taken']} of {length} steps",
            )
            answered = run["state"] != "acknowledged" or run["acknowledged_at"] is not None
            verdict.hold("I1", answered, f"{ref} is answered by nobody")
    taken = sum(run["taken"] for run in found["runs"])
    verdict.figures |= {"accepted": len(accepted), "steps": taken, "steps_lost": lost_steps}


def _every_delivery_has_a_cause(
    verdict: Verdict, found: dict[str, Any], came: list[Any], accepted: dict[str, str]
) -> None:
    """I2: nothing is delivered without an accepted cause."""
    refs = set(accepted.values())
    known = {row["id"] for ref, row in found["incidents"].items() if ref in refs}
    caused = {run["id"] for run in found["runs"] if run["incident_id"] in known}
    caused |= {run["id"] for run in found["stop_runs"]} | found["later"]
    keys = {page["key"] for page in found["pages"] if page["escalation_id"] in caused}
    for line in came:
        verdict.hold("I2", line["id"] in keys, f"{line['id']} arrived and has no cause")
        verdict.hold("I2", line["signed"], f"{line['id']} arrived without a good signature")


def _each_page_arrives(verdict: Verdict, found: dict[str, Any], came: list[Any]) -> None:
    """I3: each page that counts as sent was tried and arrived; under one key always the same."""
    taken = Counter(line["id"] for line in came if line["way"] == "good" and line["signed"])
    bodies = defaultdict(set)
    for line in came:
        bodies[line["id"]].add(line["data"])
    tries = {row["page_id"]: row["n"] for row in found["tries"]}
    lost = 0
    for page in found["pages"]:
        if page["method"] != "webhook" or page["escalation_id"] in found["later"]:
            continue
        tried = page["state"] == "dropped" or tries.get(page["id"], 0) >= 1
        verdict.hold("I3", tried, f"{page['key']} is {page['state']} and was never tried")
        arrived = page["state"] != "sent" or taken[page["key"]] >= 1
        lost += not arrived or page["state"] in ("pending", "sending", "failed")
        verdict.hold("I3", arrived, f"{page['key']} counts as sent and never arrived")
        settled = page["state"] in ("sent", "dropped")
        verdict.hold("I3", settled, f"{page['key']} is {page['state']}")
    for key, said in bodies.items():
        verdict.hold("I3", len(said) == 1, f"{key} said {len(said)} different things")
    extra = sum(taken.values()) - len(taken)
    verdict.figures |= {
        "deliveries": len(taken),
        "extra_deliveries": extra,
        "extra_percent": round(100 * extra / max(len(taken), 1), 3),
        "extra_after_key_check": 0 if all(len(said) == 1 for said in bodies.values()) else 1,
        "pages_lost": lost,
        "misbehaved": dict(Counter(line["way"] for line in came if line["way"] != "good")),
    }


def _pauses_hold(verdict: Verdict, database: Any, captures: list[int]) -> None:
    """I4: no lease of a paused program is valid past the pause and its length."""
    late = database.execute(
        "SELECT l.id, p.slug FROM programs_lease l JOIN programs_collector c ON c.id ="
        " l.collector_id JOIN programs_program p ON p.id = c.program_id"
        " JOIN programs_stoporder o ON o.program_id = p.id AND o.generation > l.generation"
        " WHERE l.expires_at > o.ordered_at + make_interval(secs => %s)"
        " AND (l.revoked_at IS NULL OR l.revoked_at > o.ordered_at + make_interval(secs => %s))",
        [BOUND_SECONDS, BOUND_SECONDS],
    ).fetchall()
    verdict.hold("I4", not late, f"leases outlived a pause: {late[:3]}")
    paused = database.execute(
        "SELECT pg_xact_commit_timestamp(o.xmin) AS at, o.ordered_at FROM programs_stoporder o"
        " JOIN programs_program p ON p.id = o.program_id WHERE p.slug = 'chaos-0' ORDER BY o.id"
    ).fetchone()
    if paused:
        end = (paused["ordered_at"].timestamp() + BOUND_SECONDS) * 1e9
        past = sum(at > end for at in captures)
        verdict.hold("I4", not past, f"{past} captures past the bound of the pause")
        verdict.figures["captures"] = len(captures)
        verdict.hold("I4", bool(captures), "nothing was captured before the pause")


def _answers_stop(verdict: Verdict, found: dict[str, Any], came: list[Any]) -> None:
    """I5: no step is taken later than a tick after an answer was committed."""
    answered: dict[int, datetime] = {}
    for row in found["history"]:
        if row["state"] == "acknowledged" and row["id"] not in answered:
            answered[row["id"]] = row["committed"]
    before: dict[int, int] = {}
    for row in found["history"]:
        after = row["id"] in answered and row["committed"] > answered[row["id"]]
        more = row["taken"] > before.get(row["id"], 0)
        verdict.hold("I5", not (after and more), f"run {row['id']} took a step after its answer")
        before[row["id"]] = max(row["taken"], before.get(row["id"], 0))
    run_of = {page["key"]: page["escalation_id"] for page in found["pages"]}
    on_its_way = 0
    first = lateness.first_arrivals(came)
    for key, at in first.items():
        said = answered.get(run_of.get(key, 0))
        if said is None:
            continue
        late = at - said.timestamp()
        on_its_way += late > TICK_SECONDS
        verdict.hold(
            "I5", late <= ON_ITS_WAY_SECONDS, f"{key} arrived {late:.1f} s after an answer"
        )
    verdict.figures |= {"answered": len(answered), "on_their_way_at_the_answer": on_its_way}


def _record_is_whole(verdict: Verdict, found: dict[str, Any]) -> None:
    """I6: the record is what was written, and each change of a run has one entry."""
    command = [sys.executable, "manage.py", "verify_audit", "--json"]
    done = subprocess.run(command, cwd=stand.ROOT, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    verdict.hold("I6", done.returncode == 0, f"verify_audit: {said[-300:]}")
    acts = {(row["action"], row["subject"]): row["n"] for row in found["acts"]}
    for run in found["runs"]:
        subject = f"notifications.escalation:{run['id']}"
        wanted = ["escalation.opened"]
        wanted += [f"escalation.{run['state']}"] if run["state"] != "active" else []
        for act in wanted:
            times = acts.get((act, subject), 0)
            verdict.hold("I6", times == 1, f"{act} stands {times} times for run {run['id']}")


def _history_is_whole(verdict: Verdict, found: dict[str, Any]) -> None:
    """I7: history has each place of each run once, in order, and ends where the row is."""
    rows = defaultdict(list)
    for row in found["history"]:
        rows[row["id"]].append(row)
    for run in found["runs"]:
        seen = rows[run["id"]]
        last = seen[-1] if seen else {}
        same = all(last.get(name) == run[name] for name in ("taken", "state", "generation"))
        verdict.hold("I7", same, f"the history of run {run['id']} does not end where it is")
        steps = [row["taken"] for row in seen]
        whole = sorted(set(steps)) == list(range(run["taken"] + 1)) and steps == sorted(steps)
        verdict.hold("I7", whole, f"the history of run {run['id']} leaves out a step")
        places = Counter(
            (r["taken"], r["generation"], r["state"], r["acknowledged_at"], r["next_due_at"])
            for r in seen
        )
        verdict.hold("I7", max(places.values()) == 1, f"run {run['id']} was saved twice at once")


def _nothing_waits(verdict: Verdict, database: Any, end: End) -> None:
    """I8: nothing that was due by the end waits any more."""
    waits = database.execute(
        "SELECT kind, count(*) AS n FROM audit_due"
        " WHERE state IN ('scheduled', 'enqueued') AND coalesce(planned_at, due_at) < %s"
        " GROUP BY 1",
        [end.at],
    ).fetchall()
    verdict.hold("I8", not waits, f"still waits: {waits}")
    dead = database.execute("SELECT kind FROM audit_due WHERE state = 'dead'").fetchall()
    verdict.hold("I8", not dead, f"given up: {dead[:5]}")
