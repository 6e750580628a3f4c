"""How late things were, by what the receiver and the database wrote down."""

from typing import Any

LATEST = 20


def of_steps_and_pages(found: dict[str, Any], came: list[Any]) -> dict[str, Any]:
    """Return how late steps were taken and pages arrived, and each of these times, sorted."""
    steps = [
        (row["finished_at"] - row["planned_at"]).total_seconds()
        for row in found["due"]
        if row["kind"] == "notifications.take_step" and row["state"] == "done" and row["planned_at"]
    ]
    planned = {
        row["payload"]["page"]: row["planned_at"]
        for row in found["due"]
        if row["kind"] == "notifications.send_page" and row["planned_at"]
    }
    met_fault = {line["id"] for line in came if line["way"] != "good"}
    first = first_arrivals(came)
    pages = [
        first[page["key"]] - planned[page["id"]].timestamp()
        for page in found["pages"]
        if page["key"] in first and page["key"] not in met_fault and page["id"] in planned
    ]
    return {
        "lateness": {"step": _spread(steps), "page": _spread(pages)},
        "_steps": sorted(max(late, 0.0) for late in steps),
        "_pages": sorted(max(late, 0.0) for late in pages),
    }


def of_the_latest(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was latest, to look for why: how late, begun how often, handed over how often."""
    done = [row for row in found["due"] if row["state"] == "done" and row["planned_at"]]
    done.sort(key=lambda row: row["planned_at"] - row["finished_at"])
    return {
        "latest": [
            {
                "kind": row["kind"],
                "planned": f"{row['planned_at']:%H:%M:%S}",
                "late": round((row["finished_at"] - row["planned_at"]).total_seconds(), 1),
                "attempts": row["attempts"],
                "hand_overs": row["hand_overs"],
            }
            for row in done[:LATEST]
        ]
    }


def of_first_pages(
    found: dict[str, Any], came: list[Any], filed: dict[str, float]
) -> dict[str, Any]:
    """Return how long after a report was sent its first page was with the receiver.

    Without those that somebody answered before: nobody is paged for them until much later.
    """
    answered = {
        ref: row["acknowledged_at"].timestamp()
        for ref, row in found["incidents"].items()
        if row["acknowledged_at"]
    }
    number = {row["id"]: ref for ref, row in found["incidents"].items()}
    about = {run["id"]: number[run["incident_id"]] for run in found["runs"]}
    arrived, soonest = first_arrivals(came), {}
    for page in found["pages"]:
        ref, at = about.get(page["escalation_id"]), arrived.get(page["key"])
        if ref in filed and at:
            soonest[ref] = min(at, soonest.get(ref, at))
    waited = [
        at - filed[ref] for ref, at in soonest.items() if at <= answered.get(ref, float("inf"))
    ]
    return {"first_page": _spread(waited)}


def first_arrivals(came: list[Any]) -> dict[str, float]:
    first: dict[str, float] = {}
    for line in came:
        if line["way"] == "good":
            first[line["id"]] = min(line["at"], first.get(line["id"], line["at"]))
    return first


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    values = sorted(max(value, 0.0) for value in values)
    at = {f"p{p}": values[min(len(values) - 1, int(len(values) * p / 100))] for p in (50, 95, 99)}
    return {name: round(value, 3) for name, value in (at | {"max": values[-1]}).items()}
