"""Who has not answered a stop, and who violates it: what somebody must look into. Reads only."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from programs.models import HookCall, StopOrder, StopProof

# As many names as a message has; of the rest it says how many they are.
_NAMED = 5


@dataclass(frozen=True)
class Silence:
    """Names of collectors and of other systems. Nothing of it: `nobody` is true."""

    violating: tuple[str, ...]
    collectors: tuple[str, ...]
    systems: tuple[str, ...]

    @property
    def nobody(self) -> bool:
        return not (self.violating or self.collectors or self.systems)

    def sentences(self) -> list[str]:
        """What is silent, the worst first, in words that may leave the house."""
        said = []
        if self.violating:
            said.append(f"Violates the stop: {_listed(self.violating)}.")
        if self.collectors:
            said.append(
                f"Did not answer and ran out with its lease: {_listed(self.collectors)}. What it"
                " sends is refused; that it captures nothing is not known."
            )
        if self.systems:
            said.append(f"Has not confirmed in its time: {_listed(self.systems)}.")
        return said


def about(order: StopOrder) -> Silence:
    """Return who is silent after an order, as far as it is known now."""
    proofs = order.proofs.order_by("collector__name")
    # What had run out before the order was no longer there to answer it.
    unheard = Q(state=StopProof.State.EXPIRED, settled_at__gt=F("order__ordered_at"))
    late = Q(late_at__isnull=False) | Q(state=HookCall.State.FAILED)
    systems = order.calls.unconfirmed().filter(late).order_by("name", "event")
    return Silence(
        violating=_names(proofs.filter(state=StopProof.State.VIOLATION)),
        collectors=_names(proofs.filter(unheard)),
        systems=tuple(f"{name} ({event})" for name, event in systems.values_list("name", "event")),
    )


def _names(proofs: QuerySet[StopProof]) -> tuple[str, ...]:
    return tuple(proofs.values_list("collector__name", flat=True))


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
