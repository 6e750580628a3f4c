"""Read YAML that others wrote: plain data only, of bounded size, nothing said twice. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

DEEPEST = 12
# A file of 1 MiB has fewer; a few lines of aliases to aliases have billions.
MOST_NODES = 500_000


class BadYaml(ValueError):
    """The text is no plain YAML data; the message is a sentence that names the line."""


# YAML 1.1 reads 0500 as 320, and 1:30 as 90.
_OTHERWISE = re.compile(r"[-+]?(0[0-7_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)", re.ASCII)


class _Loader(yaml.SafeLoader):
    """SafeLoader, but for dates and numbers that cannot be, or are others than they look.

    Those stay the text they are.
    """


def _or_text(made: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def construct(loader: Any, node: Any) -> Any:
        if _OTHERWISE.fullmatch(node.value):
            return node.value
        try:
            return made(loader, node)
        except ValueError:
            # 2026-11-31, or more digits than Python reads: a fault of its field, which whoever
            # reads that names, and not of the file around it.
            return node.value

    return construct


_Loader.add_constructor(
    "tag:yaml.org,2002:timestamp", _or_text(yaml.SafeLoader.construct_yaml_timestamp)
)
_Loader.add_constructor("tag:yaml.org,2002:int", _or_text(yaml.SafeLoader.construct_yaml_int))
_Loader.add_constructor("tag:yaml.org,2002:float", _or_text(yaml.SafeLoader.construct_yaml_float))


@dataclass
class _Open:
    """A list or mapping that has begun and not ended. `keys` is None in a list."""

    anchor: str | None
    keys: set[str] | None
    at_key: bool
    nodes: int = 1
    height: int = 1


@dataclass
class _Reading:
    """Where we are in the text, and how large each anchored part is once written out."""

    levels: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[int, int]] = field(default_factory=dict)


def load(text: str) -> Any:
    """Return the mappings, lists, text, numbers, moments, flags and nulls that `text` holds.

    A date that never was, a number too long to read, and one that YAML takes for another than it
    looks (0500, 1:30), come as their text.

    Raises:
        BadYaml: for what yaml.safe_load() refuses, and for what it lets pass: a tag, a key
            given twice (the last one would win in silence), more than 12 levels or
            500,000 nodes once its aliases are written out, or an alias to itself.
    """
    try:
        _refuse_surprises(text)
        return _made(text)
    except BadYaml:
        raise
    except yaml.MarkedYAMLError as fault:
        raise BadYaml(f"{_line(fault.problem_mark)}{fault.problem}") from None
    except (yaml.YAMLError, ValueError) as fault:
        raise BadYaml(" ".join(str(fault).split())) from None


def _made(text: str) -> Any:
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _refuse_surprises(text: str) -> None:
    # Over the events: building nodes already recurses to the depth refused here.
    reading = _Reading()
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            _end(event, reading)
        elif isinstance(event, yaml.NodeEvent):
            _begin(event, reading)


def _begin(event: yaml.NodeEvent, reading: _Reading) -> None:
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise BadYaml(f"{_line(event.start_mark)}tags ({tag}) are not allowed")
    if reading.levels:
        _take_place(event, reading.levels[-1])
    if isinstance(event, yaml.CollectionStartEvent):
        mapping = isinstance(event, yaml.MappingStartEvent)
        reading.levels.append(_Open(event.anchor, set() if mapping else None, at_key=mapping))
        _grow(event, reading, nodes=0, height=0)
    elif isinstance(event, yaml.AliasEvent):
        nodes, height = _anchored(event, reading)
        _grow(event, reading, nodes=nodes, height=height)
    else:
        if event.anchor:
            reading.anchors[event.anchor] = (1, 0)
        _grow(event, reading, nodes=1, height=0)


def _anchored(event: yaml.AliasEvent, reading: _Reading) -> tuple[int, int]:
    if any(level.anchor == event.anchor for level in reading.levels):
        raise BadYaml(f"{_line(event.start_mark)}alias *{event.anchor} is inside itself")
    # An alias to nothing is safe_load's to refuse.
    return reading.anchors.get(event.anchor or "", (1, 0))


def _end(event: yaml.Event, reading: _Reading) -> None:
    level = reading.levels.pop()
    if level.anchor:
        reading.anchors[level.anchor] = (level.nodes, level.height)
    _grow(event, reading, nodes=level.nodes, height=level.height)


def _grow(event: yaml.Event, reading: _Reading, *, nodes: int, height: int) -> None:
    """Count a part into the list or mapping around it."""
    if len(reading.levels) + height > DEEPEST:
        raise BadYaml(f"{_line(event.start_mark)}more than {DEEPEST} levels deep")
    if reading.levels:
        parent = reading.levels[-1]
        parent.nodes += nodes
        parent.height = max(parent.height, height + 1)
        if parent.nodes > MOST_NODES:
            raise BadYaml(f"{_line(event.start_mark)}more than {MOST_NODES} values, written out")


def _take_place(event: yaml.NodeEvent, parent: _Open) -> None:
    """Note a key of the mapping around it, or step over a value."""
    if parent.keys is None:
        return
    if parent.at_key:
        if not isinstance(event, yaml.ScalarEvent):
            raise BadYaml(f"{_line(event.start_mark)}a key must be a word")
        if event.value in parent.keys:
            raise BadYaml(f"{_line(event.start_mark)}{event.value!r} is given twice")
        parent.keys.add(event.value)
    parent.at_key = not parent.at_key


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""
