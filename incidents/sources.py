"""What each monitor's key is sent, and how it is read. The only module that writes Source."""

from collections.abc import Mapping

from django.db import transaction

from accounts.actors import Actor
from audit import history, trail
from incidents import mapping as paths
from incidents.envelopes import Shape
from incidents.models import Source
from programs.models import ProgramKey

Kind = Source.Kind


class Refused(Exception):
    """A source cannot be so; the message names the field and what is allowed."""


def of(key: ProgramKey) -> Source | None:
    """Return what somebody said of what is sent with a key."""
    return Source.objects.filter(key=key).first()


def shape_of(key: ProgramKey) -> Shape:
    """Return what is sent with a key; any known shape if nobody said."""
    source = of(key)
    if source is None:
        return Shape()
    return Shape(source.kind, source.must_sign, source.mapping)


def checked(kind: str, *, must_sign: bool, mapping: Mapping[str, str]) -> Shape:
    """Return the shape that somebody described.

    Raises:
        Refused: if no mapping is given where one is needed, or a path in it cannot be read.
    """
    wanted = {target: path.strip() for target, path in mapping.items() if path.strip()}
    if kind != Kind.MAPPED:
        # Alertmanager has no way to sign, so a source of it that must would take nothing.
        if kind == Kind.ALERTMANAGER and must_sign:
            raise Refused("must_sign: Alertmanager cannot sign; its key in the header has to do.")
        return Shape(kind, must_sign or kind == Kind.STANDARD)
    if not wanted:
        raise Refused("title: write at least one path, such as $.alert.name.")
    try:
        paths.check(wanted)
    except paths.BadPath as error:
        raise Refused(str(error)) from error
    return Shape(kind, must_sign, wanted)


@transaction.atomic
def describe(key: ProgramKey, shape: Shape, *, actor: Actor) -> Source:
    """Say what is sent with a key from now on.

    Raises:
        Refused: if the key is not one of a monitor, or was withdrawn.
    """
    key = ProgramKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if key.kind != ProgramKey.Kind.MONITOR or key.revoked_at:
        raise Refused("Only a monitor's key that was not withdrawn is sent anything.")
    known = of(key)
    source = known or Source(key=key)
    source.kind, source.must_sign = shape.kind, shape.must_sign
    source.mapping = dict(shape.paths)
    if known is None:
        history.save_new(source, actor=actor)
    else:
        history.save(source, "kind", "must_sign", "mapping", actor=actor)
    trail.record(
        "program.source_described",
        key.program,
        actor=actor,
        key=key.key_id,
        kind=shape.kind,
        must_sign=shape.must_sign,
    )
    return source
