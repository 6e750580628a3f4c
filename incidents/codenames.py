"""Names for incidents that say nothing about them. Pure."""

import secrets
from collections.abc import Callable

_FIRST = tuple(
    """
    Amber Ashen Autumn Birch Brisk Bronze Calm Cedar Cobalt Copper Coral Crimson Dapple
    Dusky Eastern Ember Fallow Fern Flint Frosty Gentle Gilded Granite Hazel Hollow Indigo
    Ivory Jade Jolly Juniper Kindly Lapis Larch Lilac Linen Lunar Maple Marble Mellow Misty
    Mossy Nimble Northern Ochre Olive Onyx Opal Orchard Pearl Pebble Pine Quartz Quiet Rapid
    Russet Saffron Sandy Sable Silver Slate Southern Sunny Swift Tawny Teal Thistle Tidal
    Topaz Umber Velvet Verdant Violet Walnut Western Wheat Willow Winter Woolen
    """.split()  # noqa: SIM905 - a list of one word a line would be two screens
)
_SECOND = tuple(
    """
    Badger Beaver Bison Bittern Bluebird Bunting Caribou Chamois Cormorant Crane Curlew
    Dipper Dolphin Dormouse Dunlin Egret Eider Falcon Ferret Finch Gannet Gecko Gopher
    Goshawk Grebe Grouse Hare Harrier Hedgehog Heron Hoopoe Ibex Ibis Jackdaw Kestrel
    Kingfisher Kite Lapwing Lark Linnet Lynx Magpie Mallard Marmot Marten Merlin Nightjar
    Nuthatch Oriole Osprey Otter Ouzel Owl Partridge Peregrine Petrel Pipit Plover Puffin
    Quail Raven Redstart Robin Sandpiper Siskin Skylark Snipe Starling Stoat Stork Swallow
    Swift Teal Tern Thrush Turnstone Vole Wagtail Warbler Waxwing Wheatear Whimbrel Wigeon
    Wren
    """.split()  # noqa: SIM905 - a list of one word a line would be two screens
)
_TRIES = 50


def choose(taken: Callable[[str], bool]) -> str:
    """Return a codename that is not taken, such as "Amber Otter".

    With a number once names run short.
    """
    for _ in range(_TRIES):
        name = f"{secrets.choice(_FIRST)} {secrets.choice(_SECOND)}"
        if not taken(name):
            return name
    return f"{name} {secrets.randbelow(9000) + 1000}"


def several(count: int, taken: Callable[[set[str]], set[str]]) -> list[str]:
    """Return so many codenames that are not taken, such as "Amber Otter 4711".

    All with a number: thousands from the past must not use up the short ones.

    Args:
        taken: says which of some names are taken.
    """
    found: dict[str, None] = {}
    while len(found) < count:
        wanted = {_long() for _ in range(count - len(found))} - set(found)
        found |= dict.fromkeys(sorted(wanted - taken(wanted)))
    return list(found)


def _long() -> str:
    number = secrets.randbelow(90_000) + 10_000
    return f"{secrets.choice(_FIRST)} {secrets.choice(_SECOND)} {number}"


def is_one(name: object) -> bool:
    """True for what `choose` and `several` give: two of these words, perhaps a number."""
    words = name.split(" ") if isinstance(name, str) else []
    if len(words) not in (2, 3) or words[0] not in _FIRST or words[1] not in _SECOND:
        return False
    return all(word.isascii() and word.isdecimal() for word in words[2:])
