"""Read one part of a rule set and refuse what is missing, unknown or of the wrong kind. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)

# Two digits on each side of the point: such a number survives the float of a
# JSON reader unchanged. Neither may a sum have more: the columns that store one have no room.
DECIMAL = re.compile(r"[+-]?\d{1,2}(\.\d{1,2})?", re.ASCII)
LARGEST = Decimal("99.99")


class BadRuleSet(ValueError):
    """A rule set that must not decide anything; the message names the path of the key."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"rule set: {path} {reason}")
        self.path, self.reason = path, reason


class Section:
    """A mapping of the rule set with its path. All `keys` must be there, no others may."""

    def __init__(
        self, data: object, path: str, *, keys: Iterable[str], optional: Iterable[str] = ()
    ) -> None:
        required, allowed = list(keys), [*keys, *optional]
        self.path = path
        if not isinstance(data, Mapping):
            raise BadRuleSet(path or "the whole", f"must be a mapping, not {_kind(data)}")
        for key in data:
            if key not in allowed:
                raise BadRuleSet(self.at(key), f"is not known; allowed here: {', '.join(allowed)}")
        for key in required:
            if key not in data:
                raise BadRuleSet(self.at(key), "is missing")
        self._data: Mapping[str, object] = data

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def at(self, key: object) -> str:
        return f"{self.path}.{key}" if self.path else str(key)

    def section(self, key: str, *, keys: Iterable[str], optional: Iterable[str] = ()) -> "Section":
        return Section(self._data[key], self.at(key), keys=list(keys), optional=optional)

    def sections(
        self, key: str, *, keys: Iterable[str], optional: Iterable[str] = ()
    ) -> list["Section"]:
        names = list(keys)
        return [
            Section(item, f"{self.at(key)}[{place}]", keys=names, optional=optional)
            for place, item in enumerate(self._list(key))
        ]

    def text(self, key: str) -> str:
        return self._text(self._data[key], self.at(key))

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(
            self._text(item, f"{self.at(key)}[{place}]")
            for place, item in enumerate(self._list(key))
        )

    def words_or_none(self, key: str) -> tuple[str, ...]:
        """A list of text that may be empty."""
        return () if self._data[key] == [] else self.texts(key)

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of text: one long list, broken into lines."""
        return tuple(
            tuple(
                self._text(item, f"{self.at(key)}[{place}]")
                for item in (line if isinstance(line, list) else [None])
            )
            for place, line in enumerate(self._list(key))
        )

    def flag(self, key: str) -> bool:
        value = self._data[key]
        if not isinstance(value, bool):
            raise BadRuleSet(self.at(key), f"must be true or false, not {_kind(value)}")
        return value

    def whole(self, key: str, *, least: int, most: int) -> int:
        return self._whole(self._data[key], self.at(key), within=range(least, most + 1))

    def count(self, key: str) -> int:
        """A number of people."""
        return self.whole(key, least=0, most=10**10)

    def wholes(self, key: str, *, least: int, most: int) -> tuple[int, ...]:
        return tuple(
            self._whole(item, f"{self.at(key)}[{place}]", within=range(least, most + 1))
            for place, item in enumerate(self._list(key))
        )

    def decimal(self, key: str) -> Decimal:
        value, path = self._data[key], self.at(key)
        if not isinstance(value, str) or not DECIMAL.fullmatch(value):
            said = f"{_kind(value)} {_told(value)}"
            raise BadRuleSet(path, f'must be a decimal in quotes such as "3.25", not {said}')
        return Decimal(value)

    def word(self, key: str, words: type[Word]) -> Word:
        return self._word(self._data[key], self.at(key), words=words)

    def words(self, key: str, words: type[Word]) -> tuple[Word, ...]:
        return tuple(
            self._word(item, f"{self.at(key)}[{place}]", words=words)
            for place, item in enumerate(self._list(key))
        )

    def names(self) -> Iterator[str]:
        return iter(self._data)

    def is_null(self, key: str) -> bool:
        return self._data[key] is None

    def free(self, key: str) -> Mapping[str, object]:
        """A mapping whose keys the rule set itself chooses."""
        value, path = self._data[key], self.at(key)
        if not isinstance(value, Mapping) or not value:
            raise BadRuleSet(path, f"must be a mapping with an entry, not {_kind(value)}")
        return value

    def _list(self, key: str) -> list[object]:
        value = self._data[key]
        if not isinstance(value, list) or not value:
            raise BadRuleSet(self.at(key), f"must be a list with an entry, not {_kind(value)}")
        return value

    @staticmethod
    def _text(value: object, path: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise BadRuleSet(path, f"must be text, not {_kind(value)}")
        return value.strip()

    @staticmethod
    def _whole(value: object, path: str, *, within: range) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value not in within:
            allowed = f"{within.start} to {within.stop - 1}"
            raise BadRuleSet(path, f"must be a whole number, {allowed}, not {_told(value)}")
        return value

    @staticmethod
    def _word(value: object, path: str, *, words: type[Word]) -> Word:
        if not isinstance(value, str) or value not in words.__members__.values():
            raise BadRuleSet(path, f"is {_told(value)}; allowed: {', '.join(words)}")
        return words(value)


def rising(path: str, points: Iterable[Decimal]) -> None:
    """Refuse a scale that falls: a wider audience or more people would then weigh less."""
    given = list(points)
    if given != sorted(given):
        raise BadRuleSet(path, f"must not fall from one to the next: {', '.join(map(str, given))}")


def _kind(value: object) -> str:
    named = {"str": "text", "int": "a whole number", "float": "a float", "bool": "a flag"}
    kind = type(value).__name__
    return named.get(kind, {"list": "a list", "dict": "a mapping"}.get(kind, kind))


def _told(value: object) -> str:
    try:
        return repr(value)
    except ValueError:
        # Python writes out no whole number of more than 4300 digits.
        return "one too long to show"
