"""Write the texts of filings and notices, version by version, and approve each by two.

The only module that makes Draft, DraftVersion and DraftApproval.
"""

from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import outbox, trail
from incidents import access, draftfacts, drafttexts, embargo, filings, obligations, timeline
from incidents.access import Level
from incidents.models import (
    APPROVALS,
    Draft,
    DraftApproval,
    DraftVersion,
    Incident,
    Obligation,
    TimelineEntry,
)

LONGEST = 50_000
MOST = 100


class Refused(Exception):
    """This cannot be done to the draft; the message names the field and what is allowed."""


def may_approve(user: User, incident: Incident) -> bool:
    """True for who files for the incident, and for who manages it."""
    return filings.may(user, incident) or access.may(user, Level.MANAGE, incident)


@transaction.atomic
def begin(
    incident: Incident, kind: str, *, obligation: Obligation | None = None, actor: Actor
) -> DraftVersion:
    """Begin a text with what is known now, each thing that is not known marked.

    Raises:
        Refused: if the kind is none, the duty is another incident's, nothing is owed for it, or
            the text would say where data lie.
    """
    incident = _lock(incident.pk, actor)
    if kind not in Draft.Kind.values:
        allowed = ", ".join(Draft.Kind.values)
        raise Refused(f"kind: {kind!r} is none of: {allowed}.")
    if obligation and obligation.incident_id != incident.pk:
        raise Refused(_("obligation: must be one of the same incident."))
    if incident.drafts.count() >= MOST:
        raise Refused(_("This incident has %(n)s drafts, and that is the most.") % {"n": MOST})
    assert actor.user
    draft = Draft.objects.create(
        incident=incident, kind=kind, obligation=obligation, begun_by=actor.user
    )
    return _next(draft, _made(incident, kind), made_of=drafttexts.current().version, actor=actor)


def _made(incident: Incident, kind: str) -> str:
    return drafttexts.fill(kind, draftfacts.of(incident, kind))


@transaction.atomic
def make_anew(draft: Draft, *, based_on: int, actor: Actor) -> DraftVersion:
    """Make the next version of what is known now; what people wrote stays in the ones before.

    Raises:
        Refused: as `write` does.
    """
    incident = _lock(draft.incident_id, actor)
    text = _made(incident, draft.kind)
    _check(draft, text, based_on)
    return _next(draft, text, made_of=drafttexts.current().version, actor=actor)


@transaction.atomic
def write(draft: Draft, text: str, *, based_on: int, actor: Actor) -> DraftVersion:
    """Write the next version. Nobody has approved it.

    Args:
        based_on: the number of the version that the writer read.

    Raises:
        Refused: if the person may not, there is no text or too much, nothing is changed, it says
            where data lie, or somebody wrote another version meanwhile.
    """
    _lock(draft.incident_id, actor)
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip() + "\n"
    _check(draft, text, based_on)
    return _next(draft, text, made_of="", actor=actor)


def _check(draft: Draft, text: str, based_on: int) -> None:
    if not text.strip() or len(text) > LONGEST or "\0" in text:
        raise Refused(_("text: is needed, in at most %(n)s characters.") % {"n": LONGEST})
    last = draft.versions.select_related("author").first()
    if last and last.number != based_on:
        facts = {"who": last.author.name, "n": last.number}
        raise Refused(_("%(who)s wrote version %(n)s meanwhile; read it first.") % facts)
    if last and last.text == text:
        raise Refused(_("text: nothing was changed."))


def _next(draft: Draft, text: str, *, made_of: str, actor: Actor) -> DraftVersion:
    assert actor.user
    _refuse_a_place(draft.incident, text)
    last = draft.versions.first()
    version = DraftVersion.objects.create(
        draft=draft,
        number=last.number + 1 if last else 1,
        text=text,
        made_of=made_of,
        author=actor.user,
    )
    _tell(version, "draft.written", _("written"), actor)
    return version


@transaction.atomic
def approve(version: DraftVersion, *, actor: Actor) -> DraftVersion:
    """Approve the last version. It is approved when two have who did not write it.

    Raises:
        Refused: if the person may not, wrote it, approved it already, something newer is there, or
            it says where data lie; for a filing, if it does not apply, or if neither of the two
            may approve filings.
    """
    draft = version.draft
    incident = Incident.objects.select_for_update(no_key=True).get(pk=draft.incident_id)
    if actor.user is None or not may_approve(actor.user, incident):
        raise Refused(_("Only who files for the incident, or manages it, approves its drafts."))
    _refuse_if_nothing_is_owed(incident)
    _refuse_unless_open(version, actor.user)
    # It may have become known since it was written.
    _refuse_a_place(incident, version.text)
    DraftApproval.objects.create(version=version, person=actor.user)
    count = version.approvals.count()
    words = _("approved, %(n)s of %(all)s") % {"n": count, "all": APPROVALS}
    _tell(version, "draft.approved", words, actor, approvals=count)
    if count == APPROVALS and draft.obligation:
        try:
            filings.take_up(draft.obligation, version, actor=actor)
        except filings.Refused as refusal:
            raise Refused(str(refusal)) from refusal
    return version


def _refuse_unless_open(version: DraftVersion, person: User) -> None:
    """Refuse what this person cannot approve, or not now."""
    last = version.draft.versions.first()
    assert last
    if last.number != version.number:
        raise Refused(_("Version %(n)s was written meanwhile; read it first.") % {"n": last.number})
    if version.author_id == person.pk:
        raise Refused(_("You wrote this version; two others must approve it."))
    if version.approvals.filter(person=person).exists():
        raise Refused(_("You approved it already; another person must as well."))
    if version.approvals.count() >= APPROVALS:
        raise Refused(_("Two people approved it already."))


def take_out(version: DraftVersion) -> str:
    """Return the text of a version as it leaves the house.

    Raises:
        Refused: if it says where data lie whose fix is not verified.
    """
    _refuse_a_place(version.draft.incident, version.text)
    return version.text


def shown(incident: Incident, version: DraftVersion) -> str:
    """Return the text of a version for its pages, where such a place is withheld."""
    return embargo.black_out(incident, version.text)


def _refuse_a_place(incident: Incident, text: str) -> None:
    if embargo.names_a_place(incident, text):
        said = _("text: it says where data lie (%(why)s); write a version without that place.")
        raise Refused(said % {"why": embargo.WITHHELD})


def _lock(incident_pk: int, actor: Actor) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)
    if actor.user is None or not access.may(actor.user, Level.CONTRIBUTE, incident):
        raise Refused(_("Only who contributes to the incident writes its drafts."))
    _refuse_if_nothing_is_owed(incident)
    return incident


def _refuse_if_nothing_is_owed(incident: Incident) -> None:
    if incident.status in obligations.WITHOUT:
        said = _("%(ref)s is %(status)s: nothing is owed for it.")
        facts = {"ref": incident.ref, "status": incident.get_status_display().lower()}
        raise Refused(said % facts)


def _tell(version: DraftVersion, act: str, words: str, actor: Actor, **facts: Any) -> None:
    draft = version.draft
    incident = draft.incident
    trail.record(
        act,
        version,
        actor=actor,
        stream=trail.stream_of(incident),
        kind=draft.kind,
        number=version.number,
        **facts,
    )
    said = _("%(what)s, version %(n)s: %(words)s.")
    text = said % {"what": draft, "n": version.number, "words": words}
    timeline.write(incident, TimelineEntry.Kind.LEGAL, text, actor=actor)
    outbox.publish("incident.draft_changed", incident=incident.pk, draft=draft.pk)


def approved(incident: Incident) -> QuerySet[DraftVersion]:
    """The versions that two people approved, the newest first."""
    rows = DraftVersion.objects.filter(draft__incident=incident).select_related("draft")
    counted = rows.annotate(count=Count("approvals"))
    return counted.filter(count__gte=APPROVALS).order_by("-pk")
