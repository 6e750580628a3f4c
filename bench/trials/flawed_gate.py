"""`manage.py run_gate` with a flaw planted, which the trials must find; see their `--flaw`."""

import sys
from collections.abc import Callable
from typing import Any

import django


def _staleness() -> None:
    """It never asks how old what it knows is."""
    from programs.gate import holdings
    from programs.gate.registry import Registry

    Registry.fresh = lambda _self, _now: True
    holdings._MARGIN_SECONDS = 1_000


def _proof() -> None:
    """Whoever acknowledges first proves the stop for all."""
    from programs import stops
    from programs.models import StopOrder

    def hasty(stop: StopOrder, *, actor: Any, last: bool = False) -> None:
        del last
        if stop.proof != StopOrder.Proof.PROVEN:
            stops._become(stop, stops.tally(stop), 0, proven=True, actor=actor)

    stops.settle = hasty


def _sheets() -> None:
    """A verifier is given for ever what was true when it first asked."""
    from programs.gate.sheets import Sheets

    rightly, drawn = Sheets.of, {}

    def first(sheets: Sheets, program: Any) -> Any:
        return drawn.setdefault(program.id, rightly(sheets, program))

    Sheets.of = first


FLAWS: dict[str, Callable[[], None]] = {
    "staleness": _staleness,
    "proof": _proof,
    "sheets": _sheets,
}


def main() -> None:
    django.setup()
    from django.core.management import call_command

    FLAWS[sys.argv[1]]()
    call_command("run_gate", *sys.argv[2:])


if __name__ == "__main__":
    main()
