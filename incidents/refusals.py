"""Keep why something that was sent was not taken. The only module that writes Refusal."""

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from incidents.models import Refusal
from incidents.models.inbound import LONGEST_WHY
from programs.models import ProgramKey

# For each source. A stranger who sends nonsense fills no table.
MOST = 50


def note(key_id: str, why: str, *, status: int) -> None:
    """Count a refusal for the key of this name; nothing is kept for one that nobody has.

    Args:
        status: of the answer that was given, as in HTTP.
    """
    # From the path of a request anything may come, NUL included.
    key = ProgramKey.objects.filter(key_id=key_id).first() if key_id.isalnum() else None
    if key:
        note_for(key, why, status=status)


@transaction.atomic
def note_for(key: ProgramKey | None, why: str, *, status: int) -> None:
    """Count a refusal; of a mail if there is no key."""
    why, now = why[:LONGEST_WHY], timezone.now()
    known = Refusal.objects.filter(key=key, why=why)
    if known.update(times=F("times") + 1, last_at=now, answer=status):
        return
    row = Refusal(key=key, why=why, answer=status, first_at=now, last_at=now)
    # Two at once: the second is not counted, which harms nobody.
    Refusal.objects.bulk_create([row], ignore_conflicts=True)
    kept = of(key).values_list("pk", flat=True)[:MOST]
    Refusal.objects.filter(key=key).exclude(pk__in=list(kept)).delete()


def of(key: ProgramKey | None) -> QuerySet[Refusal]:
    """The refusals of a source, or of e-mail, the newest first."""
    return Refusal.objects.filter(key=key).order_by("-last_at", "-pk")
