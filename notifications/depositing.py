"""Send checkpoints of the record outside: by mail, by webhook, to a time-stamping authority."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.utils.translation import gettext as _

from audit import checkpoints, clockwork, deposits, outbox
from audit.models import Checkpoint, Deposit
from notifications import channels, outbound, stamping
from notifications.models import Method

MAIL, POST, STAMP = (
    "notifications.mail_checkpoint",
    "notifications.post_checkpoint",
    "notifications.stamp_checkpoint",
)
Place = Deposit.Place


@outbox.on("record.sealed", name="notifications.deposit_checkpoint")
def plan(event: dict[str, Any]) -> None:
    """Schedule what goes where: each by webhook, the first of an hour or a day elsewhere."""
    checkpoint = Checkpoint.objects.get(number=event["number"])
    asked = event.get("asked", False)
    clockwork.schedule_all(list(_wishes(checkpoint, asked=asked)))


def _wishes(checkpoint: Checkpoint, *, asked: bool) -> Iterator[clockwork.Wish]:
    record = settings.RECORD
    day, hour = f"{checkpoint.made_at:%Y-%m-%d}", f"{checkpoint.made_at:%Y-%m-%dT%H}"
    each = f"{checkpoint.number}"
    for place, address in enumerate(record.webhooks):
        yield _wish(POST, f"post:{each}:{place}", checkpoint, address)
    for place, address in enumerate(record.mail):
        yield _wish(MAIL, f"mail:{each if asked else day}:{place}", checkpoint, address)
    if record.stamp_url:
        yield _wish(STAMP, f"stamp:{each if asked else hour}", checkpoint, record.stamp_url)


def _wish(kind: str, key: str, checkpoint: Checkpoint, where: str) -> clockwork.Wish:
    payload = {"number": checkpoint.number, "where": where, "lane": "checkpoints"}
    return clockwork.Wish(kind, f"deposit:{key}", payload, priority=8)


def _host(url: str) -> str:
    # A path may hold a secret, and is of no use to whoever reads where a copy lies.
    return urlsplit(url).netloc


@clockwork.outward(MAIL, attempts=30, way=Method.EMAIL)
def mail(payload: dict[str, Any]) -> Callable[[], None]:
    checkpoint = Checkpoint.objects.get(number=payload["number"])
    said = checkpoints.read(checkpoint.text)
    facts = {"n": said.number, "size": said.size, "at": said.made_at, "by": said.made_by}
    words = _(
        "Checkpoint %(n)s of the record of %(by)s, made %(at)s over %(size)s entries. Keep this"
        " mail: it shows later that nothing of them was changed or removed. The line below is the"
        " checkpoint itself."
    )
    channels.send(
        Method.EMAIL,
        channels.Message(
            key=f"checkpoint-{said.number}",
            address=payload["where"],
            secret="",
            thread="record",
            subject=f"[Andon] {_('Checkpoint %(n)s of the record') % facts}",
            text=f"{words % facts}\n\n{checkpoint.text}\n",
            data={},
        ),
    )
    return lambda: deposits.note(checkpoint, Place.MAIL, payload["where"])


@clockwork.outward(POST, attempts=30)
def post(payload: dict[str, Any]) -> Callable[[], None]:
    checkpoint = Checkpoint.objects.get(number=payload["number"])
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": f"checkpoint-{checkpoint.number}",
    }
    status = outbound.post(payload["where"], body=checkpoint.text, headers=headers)
    if not 200 <= status < 300:
        raise outbound.NotReached(f"answered {status}")
    return lambda: deposits.note(checkpoint, Place.WEBHOOK, _host(payload["where"]))


@clockwork.outward(STAMP, attempts=30)
def stamp(payload: dict[str, Any]) -> Callable[[], None]:
    checkpoint = Checkpoint.objects.get(number=payload["number"])
    nonce = secrets.randbits(63)
    asked = requests.Request(
        "POST",
        payload["where"],
        headers={"User-Agent": "Andon", "Content-Type": stamping.TYPE},
        data=stamping.question(checkpoint.text, nonce=nonce),
    ).prepare()
    answer, said = outbound.exchange(asked, until=outbound.in_time(), most=stamping.MOST)
    if answer.status_code != 200:
        raise outbound.NotReached(f"answered {answer.status_code}")
    token = stamping.checked(said, checkpoint.text, nonce=nonce)
    return lambda: deposits.note(checkpoint, Place.STAMP, _host(payload["where"]), token=token)
