"""What the engine does for incidents."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, outbox
from audit.models import Due
from incidents import (
    assessmentdue,
    breadth,
    bundles,
    carrying,
    clockreminders,
    drills,
    evidence,
    firing,
    glass,
    grants,
    importing,
    intake,
    items,
    knocks,
    lateness,
    measuring,
    news,
    promises,
    reclocking,
    recounting,
    rethinking,
    reviews,
    ripening,
    tasking,
    watched,
)


@clockwork.within_transaction("incidents.fire_rule")
def fire_rule(payload: dict[str, Any]) -> None:
    firing.fire_due(payload["firing"])


@clockwork.within_transaction(ripening.AGAIN)
def ask_rules_again(payload: dict[str, Any]) -> None:
    firing.again(payload["incident"])


@clockwork.within_transaction(carrying.RECKON)
def reckon_by_rule(payload: dict[str, Any]) -> None:
    firing.reckon(payload["firing"])


# Outward, as it must not hold a transaction open while it compares.
@clockwork.outward(rethinking.ROUND)
def pass_of_rules(payload: dict[str, Any]) -> Callable[[], None]:
    return rethinking.take_batch(payload)


@clockwork.within_transaction("incidents.end_access")
def end_access(payload: dict[str, Any]) -> None:
    grants.run_out(payload["grant"])


@outbox.on("access.asked", name="incidents.take_up_request")
def take_up_request(event: dict[str, Any]) -> None:
    person = User.objects.get(pk=event["person"])
    actor = Actor.person(person, via=event["via"])
    knocks.take_up(event["number"], reason=event["reason"], actor=actor)


@clockwork.within_transaction("incidents.glass_not_reviewed")
def glass_not_reviewed(payload: dict[str, Any]) -> None:
    glass.remind(payload["glass"])


@clockwork.within_transaction(tasking.REMIND)
def remind_of_task(payload: dict[str, Any]) -> None:
    tasking.remind(payload["task"], payload["due"])


@clockwork.within_transaction(lateness.LATE)
def step_late(payload: dict[str, Any]) -> None:
    lateness.tell(payload["step"])


@clockwork.within_transaction(lateness.STILL_LATE)
def step_still_late(payload: dict[str, Any]) -> None:
    lateness.tell_up(payload["step"])


@clockwork.within_transaction(promises.REMIND)
def remind_of_update(payload: dict[str, Any]) -> None:
    promises.remind(
        payload["incident"],
        promised=payload["promised"],
        since=payload["since"],
        number=payload["number"],
    )


@clockwork.within_transaction(clockreminders.REMIND)
def remind_of_clock(payload: dict[str, Any]) -> None:
    clockreminders.remind(
        payload["obligation"],
        due=payload["due"],
        percent=payload["percent"],
        since=payload["since"],
    )


@clockwork.within_transaction(assessmentdue.REMIND)
def remind_of_assessment(payload: dict[str, Any]) -> None:
    assessmentdue.remind(
        payload["incident"],
        by=payload["by"],
        since=payload["since"],
        round_=payload["round"],
        percent=payload["percent"],
    )


@clockwork.within_transaction(reclocking.RECKON)
def reckon_anew(payload: dict[str, Any]) -> None:
    reclocking.reckon_batch(
        payload["version"], after=payload["after"], round_=payload.get("round", 0)
    )


@outbox.on("incident.recovered", name="incidents.begin_review")
def begin_review(event: dict[str, Any]) -> None:
    reviews.begin(event["incident"])


@clockwork.within_transaction(reviews.REMIND)
def remind_of_review(payload: dict[str, Any]) -> None:
    number = payload["number"]
    # What was planned before it was said is the one ahead if it is the first.
    reviews.remind(payload["review"], number, ahead=payload.get("ahead", number == 0))


@clockwork.within_transaction(items.REMIND)
def remind_of_item(payload: dict[str, Any]) -> None:
    items.remind(payload["item"], payload["number"])


@clockwork.within_transaction(importing.WORK)
def import_part(payload: dict[str, Any]) -> None:
    importing.work(payload["run"], payload["part"])


@clockwork.within_transaction("incidents.begin_drill")
def begin_drill(payload: dict[str, Any]) -> None:
    drills.begin(payload["drill"])


@clockwork.within_transaction("incidents.end_drill")
def end_drill(payload: dict[str, Any]) -> None:
    drills.end(payload["drill"])


# A scanner that is away is asked for four weeks; until it answers the file stays in quarantine.
@clockwork.outward(evidence.SCAN, attempts=4000)
def scan_evidence(payload: dict[str, Any]) -> Callable[[], None]:
    return evidence.scan(payload["evidence"])


@clockwork.outward(intake.SWEEP, attempts=4000)
def sweep_evidence(payload: dict[str, Any]) -> Callable[[], None]:
    intake.sweep(payload["file"])
    return lambda: None


@outbox.on("program.stop_proven", name="incidents.end_the_drill")
def end_the_drill(event: dict[str, Any]) -> None:
    drills.settle(event["order"])


@outbox.on("program.stop_not_proven", name="incidents.fail_the_drill")
def fail_the_drill(event: dict[str, Any]) -> None:
    drills.settle(event["order"])


@outbox.on("program.stop_proven", name="incidents.tell_of_proof")
def tell_of_proof(event: dict[str, Any]) -> None:
    news.stop_settled(event["order"], proven=True)


@outbox.on("program.stop_not_proven", name="incidents.tell_of_missing_proof")
def tell_of_missing_proof(event: dict[str, Any]) -> None:
    news.stop_settled(event["order"], proven=False)


@outbox.on("program.pause_lifted", name="incidents.tell_of_lifting")
def tell_of_lifting(event: dict[str, Any]) -> None:
    news.pause_lifted(event["pause"])


@outbox.on("program.audience_exceeded", name="incidents.file_drift")
def file_drift(event: dict[str, Any]) -> None:
    watched.exceeded(event["drift"], news=event["news"], snapshot_pk=event["snapshot"])


@outbox.on("program.audience_restored", name="incidents.close_drift")
def close_drift(event: dict[str, Any]) -> None:
    watched.restored(event["drift"], snapshot_pk=event["snapshot"])


@outbox.on("program.audience_elsewhere", name="incidents.tell_it_looks_elsewhere")
def tell_it_looks_elsewhere(event: dict[str, Any]) -> None:
    watched.looks_elsewhere(event["drift"], snapshot_pk=event["snapshot"])


@outbox.on("program.audience_checked", name="incidents.tell_of_check")
def tell_of_check(event: dict[str, Any]) -> None:
    watched.checked(event["drift"], number=int(event["news"]), snapshot_pk=event["snapshot"])


@outbox.on("program.breadth", name="incidents.narrow_with_program")
def narrow_with_program(event: dict[str, Any]) -> None:
    if not event["wide"]:
        breadth.narrow(event["program"], round_=clockwork.now().isoformat())


@clockwork.within_transaction(breadth.NARROW)
def narrow_breadth(payload: dict[str, Any]) -> None:
    breadth.narrow(payload["program"], round_=payload["round"], after=payload["after"])


def _refigure(event: dict[str, Any]) -> None:
    measuring.refigure_with_root(event["incident"])


# What is reported has a level at once, so that its report need not be heard of beside.
for _topic in (
    *("incident.severity_set", "incident.acknowledged", "incident.contained"),
    *("incident.recovered", "incident.active", "incident.dismissed", "incident.merged"),
    *("incident.exposure_added", "incident.exposure_corrected"),
    *("incident.legal_event", "incident.facts_stated", "incident.obligation_changed"),
    *("incident.clock_due", "review.published"),
):
    outbox.on(_topic, name=measuring.REFIGURE)(_refigure)


@outbox.on("program.stop_proven", name="incidents.refigure_stopped")
def refigure_stopped(event: dict[str, Any]) -> None:
    measuring.refigure(incidents=measuring.stopped_by(event["order"]))


@outbox.on("drill.ended", name="incidents.refigure_drill")
def refigure_drill(event: dict[str, Any]) -> None:
    measuring.refigure(drills=[event["drill"]])


@clockwork.within_transaction(recounting.RECOUNT)
def recount_figures(payload: dict[str, Any]) -> None:
    recounting.take_part(payload)


# Up to bundles.MOST_BYTES are read, measured and stored, some of it over a network.
@clockwork.outward(bundles.MAKE, attempts=4, longest=timedelta(hours=2))
def make_bundle(payload: dict[str, Any]) -> Callable[[], None]:
    return bundles.make(payload["bundle"])


@clockwork.outward(bundles.REMOVE, attempts=4000)
def remove_bundle(payload: dict[str, Any]) -> Callable[[], None]:
    return bundles.remove(payload["bundle"])


@clockwork.when_dead
def give_up_bundle(due: Due) -> None:
    if due.kind == bundles.MAKE:
        bundles.give_up(due.payload["bundle"])
