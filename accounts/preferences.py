"""How a person wants Andon to look and to name them.

The only module that writes these fields of a User after it was made.
"""

from typing import Any

from django.db import transaction

from accounts.models import User

FIELDS = ("first_name", "last_name", "zone", "theme", "shortcuts")


@transaction.atomic
def change(person: User, **wanted: Any) -> User:
    """Save a person's own preferences; keeps what is not named.

    Raises:
        TypeError: if it names anything but FIELDS: nobody changes their own rights here.
    """
    strange = set(wanted) - set(FIELDS)
    if strange:
        raise TypeError(f"{', '.join(sorted(strange))} cannot be changed as a preference")
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    for name, value in wanted.items():
        setattr(person, name, value)
    # As audit.history signs a row; accounts stands below it and cannot import it.
    person._history_user = person  # type: ignore[attr-defined]
    person._change_reason = "page"  # type: ignore[attr-defined]
    person.save(update_fields=list(wanted))
    return person
