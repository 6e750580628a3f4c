"""Issue, recognise and withdraw the keys of a program that no collector holds.

The only module that writes ProgramKey.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts import secrets
from accounts.actors import Actor
from accounts.secrets import Presented
from audit import history, trail
from programs import lifecycle, signing
from programs.models import Program, ProgramKey, State
from severity.ladder import Sev

USUAL_LIFE = timedelta(days=365)
LONGEST_LABEL = 80
_USE_IS_NOTED_EACH = timedelta(minutes=1)


class Refused(Exception):
    """The key cannot be made so; the message names the field and what is allowed."""


class Unknown(Exception):
    """No key opens this; the message is a sentence for the caller."""


def issue_for_monitor(
    program: Program, *, label: str, worst: Sev, actor: Actor
) -> tuple[ProgramKey, str]:
    """Return a new key of a monitor and its text, which is shown this once.

    Args:
        worst: the most severe level that the monitor's word may have.

    Raises:
        Refused: if the program has ended, the label is odd or taken, or no person asks.
    """
    return _issue(program, ProgramKey.Kind.MONITOR, label, worst=worst, actor=actor)


def issue_for_ingest(program: Program, *, label: str, actor: Actor) -> tuple[ProgramKey, str]:
    """Return a new key of where records come in, and its text, which is shown this once.

    Raises:
        Refused: as for a monitor.
    """
    return _issue(program, ProgramKey.Kind.INGEST, label, worst=None, actor=actor)


@transaction.atomic
def _issue(
    program: Program, kind: ProgramKey.Kind, label: str, *, worst: Sev | None, actor: Actor
) -> tuple[ProgramKey, str]:
    # Two that are called alike could not be told apart in the story of an incident.
    program = lifecycle.lock(program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and takes no keys.")
    if actor.user is None:
        raise Refused("Only a person can issue a key, as somebody must answer for it.")
    if not label.strip() or len(label) > LONGEST_LABEL or not label.isprintable():
        raise Refused(f"label: give a name of at most {LONGEST_LABEL} printable characters.")
    if of(program).filter(label=label, revoked_at=None).exists():
        raise Refused(f"label: {program.slug} has a key {label!r} already; withdraw it first.")
    minted = secrets.mint(kind)
    key: ProgramKey = history.create(
        ProgramKey,
        actor=actor,
        program=program,
        kind=kind,
        label=label,
        worst=None if worst is None else worst.value,
        issued_by=actor.user,
        key_id=minted.key_id,
        secret_hash=minted.secret_hash,
        expires_at=timezone.now() + USUAL_LIFE,
    )
    secret = trail.digest_of(key.secret_hash)
    _record("program.key_issued", key, actor, secret=secret)
    return key, minted.text


@transaction.atomic
def withdraw(key: ProgramKey, *, actor: Actor) -> None:
    """End a key at once; the gates learn of it within a second. Safe to call again."""
    key = ProgramKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if key.revoked_at:
        return
    key.revoked_at = timezone.now()
    history.save(key, "revoked_at", actor=actor)
    _record("program.key_withdrawn", key, actor)


def _record(act: str, key: ProgramKey, actor: Actor, **facts: Any) -> None:
    facts |= {"key": key.key_id, "kind": key.kind, "label": key.label}
    trail.record(act, key.program, actor=actor, **facts)


def of(program: Program, *kinds: ProgramKey.Kind) -> QuerySet[ProgramKey]:
    """Return the keys of a program, of all kinds or of these, the withdrawn ones last."""
    wanted = program.keys.filter(kind__in=kinds) if kinds else program.keys.all()
    return wanted.order_by("-revoked_at", "label", "-created_at")


def recognise(presented: Presented | None, kind: str) -> ProgramKey:
    """Return the key of this kind whose text was presented.

    Raises:
        Unknown: if there is none, or it ended. What is not known and what is wrong get
            the same sentence.
    """
    if presented is None or presented.kind != kind:
        raise Unknown(f"Send 'Authorization: Bearer {secrets.PREFIX}_{kind}_…' with a key.")
    key = _find(presented.key_id, kind)
    if key is None or not secrets.matches(presented, key.secret_hash):
        raise Unknown("This key is not known.")
    return _used(key)


def signed_by(key_id: str, *, body: bytes, headers: Mapping[str, str]) -> ProgramKey:
    """Return the monitor's key whose webhook secret signed this, at most 5 minutes ago.

    Args:
        headers: `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks.

    Raises:
        Unknown: if there is no such key, it ended, or the signature is not its.
    """
    key = _find(key_id, ProgramKey.Kind.MONITOR)
    try:
        # Checked even where there is no key, so that time does not tell which there are.
        Webhook(webhook_secret(key_id)).verify(body, dict(headers), json_parse=False)
    # ValueError: no Base64, no UTF-8, or a signature of another form.
    except (WebhookVerificationError, ValueError) as error:
        raise Unknown("The webhook's signature, key or time is not right.") from error
    if key is None:
        raise Unknown("The webhook's signature, key or time is not right.")
    return _used(key)


def webhook_secret(key_id: str) -> str:
    """Return the secret with which a monitor signs its webhooks; derived, stored nowhere."""
    master = signing.master_from(settings.SECRET_KEY)
    return "whsec_" + base64.b64encode(signing.webhook_key(master, key_id=key_id)).decode()


def _find(key_id: str, kind: str) -> ProgramKey | None:
    # From the path of a request anything may come, NUL included.
    if not key_id.isalnum():
        return None
    keys = ProgramKey.objects.select_related("program", "issued_by")
    return keys.filter(key_id=key_id, kind=kind).first()


def _used(key: ProgramKey) -> ProgramKey:
    now = timezone.now()
    if not key.usable(now):
        what = "was withdrawn" if key.revoked_at else "has expired"
        raise Unknown(f"This key {what}. Ask for a new one.")
    _note_use(key, now)
    return key


def _note_use(key: ProgramKey, now: datetime) -> None:
    if key.last_used_at is None or now - key.last_used_at > _USE_IS_NOTED_EACH:
        ProgramKey.objects.filter(pk=key.pk).update(last_used_at=now)
