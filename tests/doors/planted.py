"""What stands in the world beside the incident, with none of its words."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.functions import Function
from audit import deposits, sealing
from audit.models import Checkpoint, Deposit
from incidents import (
    library,
    rulemaking,
    rulesets,
    wallboards,
)
from notifications import (
    calendars,
    concerns,
    connecting,
    covers,
    policies,
    rooms,
    runs,
    subscribing,
    swaps,
)
from notifications.calendars import Terms
from notifications.covers import Cover
from notifications.models import News
from programs.models import Program, WatchSource
from programs.watch import declaring, looking, watching
from severity import inforce
from tests import make


def sealed() -> int:
    """A checkpoint of the record with a time stamp."""
    said = sealing.seal()
    assert said
    row = Checkpoint.objects.get(number=said.number)
    deposits.note(row, Deposit.Place.STAMP, "stamps.example", token=b"stamp")
    return said.number


def board(person: Any) -> int:
    terms = wallboards.Terms("Hall", "90", None, 5)
    board, _text = wallboards.make(terms, actor=make.actor(person))
    return int(board.pk)


def subscribed(person: Any) -> None:
    wish = subscribing.Wish(News.values)
    subscribing.subscribe(person, wish, actor=make.actor(person))


def connection(world: Any) -> dict[str, Any]:
    operator = make.actor(world.people["operator"].person)
    made = connecting.make("pagerduty", "Ours", ["s" * 32], actor=operator)
    room = rooms.make("Channel", "pagerduty", "r" * 32, terms=rooms.Terms(step=9), actor=operator)
    return {"connection": made.pk, "room": room.pk}


def rota(owner: Any) -> dict[str, Any]:
    rota, deputy = make.rota(owner), make.reachable(Function.RESPONDER)
    layer = make.layer(rota, owner, zone="UTC")
    until = timezone.now() + timedelta(hours=9)
    swap = swaps.ask(
        rota,
        Cover(deputy, until, "", until - timedelta(hours=8)),
        actor=make.actor(owner),
    )
    made = covers.take(rota, Cover(deputy, until, "Away"), actor=make.actor(owner))
    calendar = calendars.add(
        rota, Terms("Team", 50), "https://calendar.example/a.ics", actor=make.actor(owner)
    )
    return {
        "rota": rota.pk,
        "calendar": calendar.pk,
        "layer": layer.pk,
        "override": made.pk,
        "swap": swap.pk,
        "do": "accept",
    }


def runbook(author: Any) -> dict[str, Any]:
    """A version of a shipped runbook that waits for a second person."""
    book = library.in_force()[0].id
    said = library.last(book) | {"title": "Changed"}
    now = library.version_now(book)
    row = library.propose(book, said, reason="r", based_on=now, actor=author)
    return {"runbook": book, "version": row.number}


def threshold(author: Any) -> dict[str, Any]:
    """Versions of a threshold rule and of the severity rules that wait for a second person."""
    said = {"name": "Watch", "why": "we learned", "when": {"levels": [5]}, "mode": "automatic"}
    said |= {"actions": [{"do": "require_review"}]}
    row = rulemaking.propose("watch", said, reason="r", based_on="", actor=author)
    text = inforce.text_of("2026.11-1").replace('version: "2026.11-1"', 'version: "2026.12-1"')
    written = rulesets.propose(text, reason="r", based_on="2026.11-1", actor=author)
    return {"rule": row.rule, "rule_version": row.number, "rule_set": written.version}


def watched(program: Program) -> dict[str, Any]:
    """A dataset, and a look at who reads it that finds what was declared."""
    by, dataset = make.actor(program.owner), make.dataset(program)
    declaring.declare(dataset, declaring.Terms(people=["ana"]), reason="r", actor=by)
    terms = watching.Terms(name="Lake", kind=WatchSource.Kind.LIST)
    source = watching.add(dataset, terms, actor=by)
    row = looking.receive(source, b"principal,grant\nana,share\n", actor=by)
    return {"dataset": dataset.slug, "watch_source": source.pk, "look": row.pk}


def page_of_stop(order: Any) -> int:
    plan, about = policies.plan_for_stop(order, None), concerns.AStop(order)
    with transaction.atomic():
        run = runs.begin(about, plan, policy=None, order=order, cause="silence", level=2)
        runs.page(run, about, plan.steps[0].targets, by="step 1")
    return run.pages.first().pk
