"""What the engine does for incidents."""

from typing import Any

from audit import clockwork, outbox
from incidents import firing, grants, news


@clockwork.within_transaction("incidents.fire_rule")
def fire_rule(payload: dict[str, Any]) -> None:
    firing.fire_due(payload["firing"])


@clockwork.within_transaction("incidents.end_access")
def end_access(payload: dict[str, Any]) -> None:
    grants.run_out(payload["grant"])


@outbox.on("program.stop_proven", name="incidents.tell_of_proof")
def tell_of_proof(event: dict[str, Any]) -> None:
    news.stop_settled(event["order"], proven=True)


@outbox.on("program.stop_not_proven", name="incidents.tell_of_missing_proof")
def tell_of_missing_proof(event: dict[str, Any]) -> None:
    news.stop_settled(event["order"], proven=False)


@outbox.on("program.pause_lifted", name="incidents.tell_of_lifting")
def tell_of_lifting(event: dict[str, Any]) -> None:
    news.pause_lifted(event["pause"])
