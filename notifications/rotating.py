"""Seal everything in the vault anew with its first key. Decides nothing else about these rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from django.apps import apps
from django.db import models, transaction

from notifications import vault

logger = structlog.get_logger(__name__)

BATCH = 200


@dataclass
class Tally:
    """How many texts were sealed anew, were so already, and could not be opened."""

    sealed: int = 0
    fresh: int = 0
    unreadable: int = 0


def rotate() -> Tally:
    """Seal each text with the first key. May be interrupted: the next run does what is left."""
    tally = Tally()
    for model, field in _columns():
        for keys in _batches(model, field):
            _reseal(model, field, keys, tally)
    logger.info("vault_rotated", sealed=tally.sealed, unreadable=tally.unreadable)
    return tally


def _columns() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, vault.SealedField):
                yield model, field.attname


def _batches(model: type[models.Model], field: str) -> Iterator[list[int]]:
    last = 0
    rows = model._default_manager.exclude(**{field: ""}).order_by("pk")
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield keys
        last = keys[-1]


@transaction.atomic
def _reseal(model: type[models.Model], field: str, keys: list[int], tally: Tally) -> None:
    # Locked: an address that somebody changes at this moment must not be put back.
    rows = model._default_manager.filter(pk__in=keys).select_for_update(no_key=True)
    for key, sealed in rows.order_by("pk").values_list("pk", field):
        if vault.is_fresh(sealed):
            tally.fresh += 1
            continue
        try:
            anew = vault.seal(vault.unseal(sealed))
        except vault.Unreadable:
            tally.unreadable += 1
            continue
        # No history: what is said stays the same.
        model._default_manager.filter(pk=key).update(**{field: anew})
        tally.sealed += 1
