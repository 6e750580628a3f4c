"""Tables whose rows stay as they were written, enforced by the database for whoever writes.

`audit.guards` installs the triggers after each migration. They are our own and not
django-pgtrigger's: its triggers step aside for any session that sets a variable.
"""

from typing import Any, TypeVar

from django.db import models
from simple_history.models import HistoricalRecords

Model = TypeVar("Model", bound=type[models.Model])

# Each kept table with the statements that it refuses. TRUNCATE is always among them.
REFUSED: dict[type[models.Model], tuple[str, ...]] = {}


def keep(model: Model, refuse: tuple[str, ...] = ("UPDATE", "DELETE")) -> Model:
    """Have the database refuse these statements on a model's table."""
    REFUSED[model] = refuse
    return model


class KeptHistory(HistoricalRecords):  # type: ignore[misc]
    """simple_history's records on append-only tables.

    People are therefore deactivated, never deleted.
    """

    def create_history_model(self, *args: Any, **kwargs: Any) -> type[models.Model]:
        model: type[models.Model] = super().create_history_model(*args, **kwargs)
        return keep(model)

    def create_history_m2m_model(self, *args: Any, **kwargs: Any) -> type[models.Model]:
        model: type[models.Model] = super().create_history_m2m_model(*args, **kwargs)
        return keep(model)
