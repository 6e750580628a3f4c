"""Keep evidence of an incident, and write down who had it in their hands.

The only module that makes Evidence; with incidents.holds the only one that changes it.
"""

from collections.abc import Callable
from typing import IO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import clockwork, history, outbox
from incidents import custody, intake, scanning
from incidents.custody import LONGEST_NOTE, Act
from incidents.intake import Away, Refused
from incidents.models import Evidence, Incident

SCAN = "incidents.scan_evidence"
SCANNER = Actor.machine("malware scanner")
Scan = Evidence.Scan


def add(
    incident: Incident, upload: "File[bytes]", *, note: str = "", sha256: str = "", actor: Actor
) -> Evidence:
    """Keep a file as evidence. Not to be called in a transaction: storing it may take a while.

    Args:
        note: what it shows, or where it is from.
        sha256: what it must have, if the sender knows.

    Raises:
        Refused: if the incident is over or full, has these bytes already, or the file is not taken.
    """
    # Said before anything is stored, and again below, when nobody can change it any more.
    _refuse(incident, note=note, size=upload.size or 0)
    declared = getattr(upload, "content_type", "") or ""
    found = intake.examine(upload, declared=declared, sha256=sha256)
    _refuse_known(incident, found.sha256)
    name = intake.keep(upload, size=found.size)
    try:
        return _add(incident, found, name, note=note.strip(), actor=actor)
    except Refused:
        # Whatever else goes wrong may have been committed: then only the sweep may judge.
        intake.discard(name)
        raise


@transaction.atomic
def _add(
    incident: Incident, found: intake.Examined, name: str, *, note: str, actor: Actor
) -> Evidence:
    incident = custody.lock_incident(incident.pk)
    _refuse(incident, note=note, size=found.size)
    _refuse_known(incident, found.sha256)
    intake.claim(name)
    row: Evidence = history.create(
        Evidence,
        actor=actor,
        incident=incident,
        name=found.name,
        note=note,
        family=found.family.value,
        type=found.type,
        size=found.size,
        sha256=found.sha256,
        file=name,
        added_by=actor.user,
        added_as=actor.name,
        scan=Scan.WAITING if scanning.is_on() else Scan.OFF,
    )
    custody.write(row, Act.ADDED, actor=actor, remark=note, sha256=row.sha256, size=row.size)
    custody.tell(row, _("Evidence added: %(name)s."), actor=actor)
    if scanning.is_on():
        clockwork.schedule(SCAN, key=f"evidence:{row.pk}:scan", payload={"evidence": row.pk})
    outbox.publish("incident.evidence_added", **custody.news(row))
    return row


def _refuse(incident: Incident, *, note: str, size: int) -> None:
    if incident.is_over:
        said = _("%(ref)s is %(status)s; reopen it to add evidence.")
        raise Refused(said % {"ref": incident.ref, "status": incident.get_status_display().lower()})
    if len(note) > LONGEST_NOTE:
        said = _("at most %(n)s characters.") % {"n": LONGEST_NOTE}
        raise Refused(said, field="note", status=422)
    if size > settings.EVIDENCE.largest:
        raise intake.too_large()
    used = usage(incident)
    if used["count"] >= settings.EVIDENCE.most:
        said = _("This incident holds %(n)s files already, and that is the most that it may.")
        raise Refused(said % {"n": used["count"]})
    if used["bytes"] + size > settings.EVIDENCE.total:
        said = _("With this file the incident would hold more than %(mib)s MiB, which is the most.")
        raise Refused(said % {"mib": f"{settings.EVIDENCE.total / 1024**2:g}"})


def _refuse_known(incident: Incident, sha256: str) -> None:
    known = incident.evidence.filter(sha256=sha256).first()
    if known:
        said = _("these bytes are here already: no. %(pk)s, “%(name)s”, added by %(who)s.")
        facts = {"pk": known.pk, "name": known.name, "who": known.added_as}
        raise Refused(said % facts, field="file")


def usage(incident: Incident) -> dict[str, int]:
    """Return how many files the incident holds and how many bytes these are."""
    found = incident.evidence.aggregate(count=Count("pk"), bytes=Sum("size"))
    return {name: number or 0 for name, number in found.items()}


def give_out(evidence: Evidence, *, actor: Actor) -> IO[bytes]:
    """Return the bytes of evidence, checked, after writing down who takes them.

    Not to be called in a transaction: reading may take a while.

    Raises:
        Refused: if it is in quarantine, was changed where it lies, or cannot be read.
    """
    _refuse_quarantined(evidence)
    file = _checked(evidence, actor=actor)
    try:
        _note_download(evidence, actor=actor)
    except BaseException:
        file.close()
        raise
    return file


@transaction.atomic
def _note_download(evidence: Evidence, *, actor: Actor) -> None:
    row = custody.lock(evidence)
    _refuse_quarantined(row)
    _mend(row, actor=actor)
    custody.write(row, Act.DOWNLOADED, actor=actor, sha256=row.sha256)


def _refuse_quarantined(row: Evidence) -> None:
    if row.scan == Scan.FOUND:
        raise Refused(_("The malware scanner found something in it, so it is not given out."))
    if row.scan == Scan.WAITING:
        raise Refused(_("It is in quarantine until the malware scanner has answered."))


def verify(evidence: Evidence, *, actor: Actor) -> bool:
    """Check that the stored bytes are those that were handed in; False if they are not.

    Raises:
        Refused: if the storage does not answer, which says nothing about the bytes.
    """
    try:
        _checked(evidence, actor=actor).close()
    except Refused as refusal:
        if isinstance(refusal.__cause__, Away):
            raise
        return False
    _note_verified(evidence, actor=actor)
    return True


@transaction.atomic
def _note_verified(evidence: Evidence, *, actor: Actor) -> None:
    row = custody.lock(evidence)
    _mend(row, actor=actor)
    custody.write(row, Act.VERIFIED, actor=actor, sha256=row.sha256)


def _checked(evidence: Evidence, *, actor: Actor) -> IO[bytes]:
    try:
        return intake.unchanged(evidence)
    except Away as error:
        raise Refused(_("The file cannot be read just now."), status=503) from error
    except intake.Altered as error:
        _note_damage(evidence, str(error), actor=actor)
        said = _("This is no longer what was handed in, so it is not given out: %(why)s")
        raise Refused(said % {"why": error}) from error


@transaction.atomic
def _note_damage(evidence: Evidence, why: str, *, actor: Actor) -> None:
    row = custody.lock(evidence)
    custody.write(row, Act.DAMAGED, actor=actor, note=why, sha256=row.sha256)
    if row.damaged_at:
        return
    row.damaged_at = timezone.now()
    history.save(row, "damaged_at", actor=actor)
    custody.tell(row, _("Evidence is no longer what was handed in: %(name)s."), actor=actor)
    outbox.publish("incident.evidence_damaged", **custody.news(row))


def _mend(row: Evidence, *, actor: Actor) -> None:
    """Note that it is what it was, as after a restore."""
    if row.damaged_at:
        row.damaged_at = None
        history.save(row, "damaged_at", actor=actor)


def scan(pk: int) -> Callable[[], None]:
    """Have the scanner look at evidence in quarantine; return what to write of it.

    Raises:
        scanning.NoAnswer: if it does not answer; it is asked again later.
    """
    row = Evidence.objects.select_related("incident").get(pk=pk)
    if row.scan != Scan.WAITING:
        return lambda: None
    if row.damaged_at:
        # Not read anew each time: that would be a line in the custody log for each.
        raise scanning.NoAnswer("what is stored is not what was handed in")
    with _checked(row, actor=SCANNER) as file:
        verdict = scanning.ask(file)
    return lambda: _judge(row, verdict)


@transaction.atomic
def _judge(evidence: Evidence, verdict: scanning.Verdict) -> None:
    row = custody.lock(evidence)
    row.scan = Scan.CLEAN if verdict.is_clean else Scan.FOUND
    row.scan_said = verdict.said
    history.save(row, "scan", "scan_said", actor=SCANNER)
    custody.write(row, Act.SCANNED, actor=SCANNER, note=verdict.said, scan=row.scan)
    if not verdict.is_clean:
        custody.tell(
            row, _("The malware scanner found something in evidence: %(name)s."), actor=SCANNER
        )
