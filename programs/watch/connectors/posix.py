"""Read who may read files, from the words of getfacl and getent. Pure.

Takes the lines of `getfacl -R -p FOLDER; getent group; getent passwd`, in any order.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from programs.watch.connectors.listed import Builder, decoded
from programs.watch.connectors.taking import Taken, Unreachable, short
from programs.watch.graph import Area, Grant, Kind

OTHERS = "everybody who is let in"
_ROOT = "root"
Acl = tuple[tuple[str, str, str], ...]
# Whom each folder above a file lets pass.
Doors = frozenset[frozenset[str]]


@dataclass
class _Block:
    """What is said of one file or folder."""

    path: str
    owned_by: str = ""
    group: str = ""
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def gaps(self) -> Iterator[str]:
        """What is not said of it, as where the text was cut off."""
        if not (self.owned_by and self.group):
            yield f"{self.path}: its owner or its group is not said."
        said = {kind for kind, name, _rights in self.lines if not name}
        if not said >= {"user", "group", "other"}:
            yield f"{self.path}: its rights are not said in full."

    def effective(self) -> Acl:
        """Who has which rights, with the owner named and the mask applied."""
        mask = next((rights for kind, _name, rights in self.lines if kind == "mask"), None)
        found = []
        for kind, name, rights in self.lines:
            named = kind == "group" or (kind == "user" and name)
            if mask is not None and named:
                rights = "".join(r if r in mask else "-" for r in rights)
            owner = {"user": self.owned_by, "group": self.group}.get(kind, "")
            if kind in ("user", "group", "other"):
                found.append((kind, name or owner, rights))
        return tuple(found)


def read(body: bytes) -> Taken:
    """Read what the two commands say.

    Raises:
        Unreachable: if there is no word of getfacl in it, or a line of it cannot be meant.
    """
    blocks: list[_Block] = []
    built = Builder()
    groups: set[str] = set()
    numbers: dict[str, str] = {}
    primary: list[tuple[str, str]] = []
    for number, whole in enumerate(decoded(body).splitlines(), start=1):
        # What getfacl adds after a mask says nothing that the mask does not.
        line = whole if whole.startswith("#") else whole.partition("#effective:")[0].rstrip()
        words = line.split(":")
        if line.startswith("# file: "):
            blocks.append(_Block(_plain(line.removeprefix("# file: "))))
        elif len(words) == 4 and not line.startswith("default:"):
            groups.add(words[0])
            numbers[words[2]] = words[0]
            _group(built, words[0], words[3])
        elif len(words) == 7:
            _account(built, words[0])
            primary.append((words[0], words[3]))
        else:
            _line(blocks, line, number)
    for name, gid in primary:
        group = numbers.get(gid)
        if group:
            built.join(_account(built, name), _key("group", group))
    return _taken(built, blocks, groups, are_people_said=bool(primary))


def _plain(path: str) -> str:
    return re.sub("/+", "/", path).removesuffix("/") or "/"


def _key(kind: str, name: str) -> str:
    # A user and a group of one name are two.
    return f"{kind} {name}"


def _group(built: Builder, name: str, members: str) -> None:
    key = built.put(_key("group", name), name, Kind.GROUP)
    for member in filter(None, members.split(",")):
        built.join(_account(built, member), key)


def _account(built: Builder, name: str) -> str:
    return built.put(_key("user", name), name, Kind.ACCOUNT)


def _line(blocks: Sequence[_Block], line: str, number: int) -> None:
    if not line.strip():
        return
    if not blocks:
        raise Unreachable(f"file: line {number} is neither getfacl's nor getent's.")
    block = blocks[-1]
    if line.startswith("# owner: "):
        block.owned_by = line.removeprefix("# owner: ").strip()
    elif line.startswith("# group: "):
        block.group = line.removeprefix("# group: ").strip()
    elif not line.startswith(("#", "default:")):
        kind, name, rights = _rights(line, number)
        block.lines.append((kind, name, rights))


def _rights(line: str, number: int) -> tuple[str, str, str]:
    words = line.strip().split(":")
    if len(words) != 3 or words[0] not in ("user", "group", "mask", "other"):
        raise Unreachable(f"file: line {number} is none of getfacl's: {line[:60]!r}.")
    if len(words[2]) != 3 or set(words[2]) - set("rwxXst-"):
        raise Unreachable(f"file: line {number}: {words[2][:20]!r} are no rights.")
    return words[0], words[1], words[2]


def _taken(
    built: Builder, blocks: Sequence[_Block], groups: set[str], *, are_people_said: bool
) -> Taken:
    if not blocks:
        raise Unreachable("file: it holds no word of getfacl; send what `getfacl -R -p` says.")
    built.put(OTHERS, OTHERS, Kind.EVERYONE)
    root = _account(built, _ROOT)
    gaps: list[str] = []
    areas = []
    alike: dict[tuple[Acl, Doors], list[str]] = defaultdict(list)
    passes = _passes(built, blocks, root)
    above = {block.path: _above(block.path, passes) for block in blocks}
    folders = {folder for found in above.values() for folder in found}
    for block in blocks:
        gaps += block.gaps()
        # A folder is a door to its own list of names as well.
        own = [block.path] if block.path in folders else []
        doors = frozenset(passes[each] for each in (*above[block.path], *own))
        alike[block.effective(), doors].append(block.path)
    for (acl, doors), paths in alike.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        where = f"{paths[0][:120]}{more}"
        grants = [Grant(key, f"{why} on {where}") for key, why in _who(built, acl, "r")]
        grants.append(Grant(root, "root reads everything"))
        areas.append(Area(where, grants, tuple(doors)))
        gaps += _unsaid(acl, groups, are_people_said=are_people_said)
    return Taken(built.store(areas), short(sorted(set(gaps))), (), None)


def _passes(built: Builder, blocks: Sequence[_Block], root: str) -> dict[str, frozenset[str]]:
    """Whom each file or folder lets pass; root passes everywhere."""
    found: dict[str, frozenset[str]] = {}
    for block in blocks:
        keys = {key for key, _why in _who(built, block.effective(), "x")}
        # Of one that is said twice both count: nobody knows which is true.
        found[block.path] = found.get(block.path, frozenset()) | keys | {root}
    return found


def _above(path: str, said: Mapping[str, frozenset[str]]) -> list[str]:
    """The folders above a path that are said. Of others nobody knows: they hold nobody back."""
    found, at = [], path
    while "/" in at[1:]:
        at = at.rpartition("/")[0]
        if at in said:
            found.append(at)
    return [*found, "/"] if "/" in said and path[1:] and path.startswith("/") else found


def _unsaid(acl: Acl, groups: set[str], *, are_people_said: bool) -> Iterator[str]:
    """What is not known of who is in the groups that a list of rights names."""
    for kind, name, rights in acl:
        if kind != "group" or not name:
            continue
        if name not in groups:
            yield f"Who is in group {name} is not said; send `getent group` too."
        elif not are_people_said and set(rights.lower()) & {"r", "x"}:
            yield "Whose first group is which is not said; send `getent passwd` too."


def _who(built: Builder, acl: Acl, right: str) -> Iterator[tuple[str, str]]:
    for kind, name, rights in acl:
        if right not in rights.lower():
            continue
        if kind == "other":
            yield built.put(OTHERS, OTHERS, Kind.EVERYONE), f"other has {rights}"
        elif name:
            sort = Kind.ACCOUNT if kind == "user" else Kind.GROUP
            yield built.put(_key(kind, name), name, sort), f"{kind} {name} has {rights}"
