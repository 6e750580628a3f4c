"""The small language of `applies_if`: parsed by hand, never evaluated as code. Pure.

either  := both ("or" both)*
both    := single ("and" single)*
single  := "not" single | "(" either ")" | word | word operator value | word "in" "(" values ")"
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from severity.clocks.truth import Count, Truth, all_of, any_of, opposite

LONGEST = 300
DEEPEST = 8
TOKEN = re.compile(r"\s*(?:([a-z][a-z0-9_]*)|(\d{1,11})|(==|!=|>=|<=|>|<|\(|\)|,))", re.ASCII)
RESERVED = {"and", "or", "not", "in"}
COMPARE: Mapping[str, Callable[[float, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class BadCondition(ValueError):
    """The condition cannot be read, or asks for what there is not; the message is a phrase."""


class Known(Protocol):
    """What a condition may ask of a case."""

    def flag(self, name: str) -> Truth: ...
    def word(self, name: str) -> tuple[str | None, str]: ...
    def count(self, name: str) -> Count: ...


@dataclass(frozen=True)
class Vocabulary:
    """The names that a condition may use. The values of a word run from mild to grave."""

    flags: frozenset[str]
    words: Mapping[str, tuple[str, ...]]
    counts: frozenset[str]


class Condition(Protocol):
    def ask(self, case: Known) -> Truth:
        """Answer yes, no or unknown for a case, with why."""
        ...


@dataclass(frozen=True)
class _Flag:
    name: str

    def ask(self, case: Known) -> Truth:
        return case.flag(self.name)


@dataclass(frozen=True)
class _Words:
    """The word is one of `allowed`."""

    name: str
    allowed: frozenset[str]

    def ask(self, case: Known) -> Truth:
        value, because = case.word(self.name)
        return Truth(None if value is None else value in self.allowed, because)


@dataclass(frozen=True)
class _Number:
    name: str
    sign: str
    limit: int

    def ask(self, case: Known) -> Truth:
        count = case.count(self.name)
        asked = f"{count.because} (asked: {self.sign} {self.limit})"
        return Truth(count.compared(COMPARE[self.sign], self.limit), asked)


@dataclass(frozen=True)
class _Not:
    inner: Condition

    def ask(self, case: Known) -> Truth:
        return opposite(self.inner.ask(case))


@dataclass(frozen=True)
class _All:
    parts: tuple[Condition, ...]

    def ask(self, case: Known) -> Truth:
        return all_of(part.ask(case) for part in self.parts)


@dataclass(frozen=True)
class _Any:
    parts: tuple[Condition, ...]

    def ask(self, case: Known) -> Truth:
        return any_of(part.ask(case) for part in self.parts)


def parse(text: str, vocabulary: Vocabulary) -> Condition:
    """Return the condition that `text` states.

    Raises:
        BadCondition: for what is no condition, and for a name, a value or a comparison
            that the vocabulary does not have.
    """
    reader = _Reader(_tokens(text), vocabulary)
    condition = reader.either(depth=0)
    if reader.left:
        raise BadCondition(f"has {reader.left[0]!r} where it should end")
    return condition


def _tokens(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise BadCondition(f"is longer than {LONGEST} characters")
    found, place = [], 0
    end = len(text.rstrip())
    while place < end:
        match = TOKEN.match(text, place)
        if match is None:
            raise BadCondition(f"cannot be read from {text[place:].strip()[:20]!r} on")
        found.append(match.group().strip())
        place = match.end()
    return found


@dataclass
class _Reader:
    left: list[str]
    vocabulary: Vocabulary

    def either(self, *, depth: int) -> Condition:
        if depth > DEEPEST:
            raise BadCondition(f"is more than {DEEPEST} levels deep")
        parts = [self._both(depth)]
        while self._take("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else _Any(tuple(parts))

    def _both(self, depth: int) -> Condition:
        parts = [self._single(depth)]
        while self._take("and"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else _All(tuple(parts))

    def _single(self, depth: int) -> Condition:
        turned = False
        while self._take("not"):
            turned = not turned
        if self._take("("):
            found = self.either(depth=depth + 1)
            self._need(")")
        else:
            found = self._asked()
        return _Not(found) if turned else found

    def _asked(self) -> Condition:
        name = self._next("a name")
        if name in self.vocabulary.flags:
            return _Flag(name)
        if name in self.vocabulary.counts:
            sign = self._sign(name, [*COMPARE])
            return _Number(name, sign, int(self._matching(r"\d+", "a whole number")))
        if name in self.vocabulary.words:
            return self._worded(name)
        known = sorted({*self.vocabulary.flags, *self.vocabulary.counts, *self.vocabulary.words})
        raise BadCondition(f"asks for {name!r}; known: {', '.join(known)}")

    def _worded(self, name: str) -> Condition:
        values = self.vocabulary.words[name]
        sign = self._sign(name, [*COMPARE, "in"])
        if sign == "in":
            return _Words(name, frozenset(self._list(name)))
        place = values.index(self._value(name))
        held = (each for at, each in enumerate(values) if COMPARE[sign](at, place))
        return _Words(name, frozenset(held))

    def _list(self, name: str) -> list[str]:
        self._need("(")
        found = [self._value(name)]
        while self._take(","):
            found.append(self._value(name))
        self._need(")")
        return found

    def _value(self, name: str) -> str:
        value, values = self._next("a value"), self.vocabulary.words[name]
        if value not in values:
            raise BadCondition(f"compares {name} with {value!r}; allowed: {', '.join(values)}")
        return value

    def _sign(self, name: str, signs: list[str]) -> str:
        sign = self._next("a comparison")
        if sign not in signs:
            raise BadCondition(f"has {sign!r} after {name}; allowed: {', '.join(signs)}")
        return sign

    def _matching(self, pattern: str, what: str) -> str:
        token = self._next(what)
        if not re.fullmatch(pattern, token):
            raise BadCondition(f"has {token!r} where {what} should stand")
        return token

    def _next(self, what: str) -> str:
        if not self.left or (what == "a name" and self.left[0] in RESERVED):
            found = repr(self.left[0]) if self.left else "its end"
            raise BadCondition(f"has {found} where {what} should stand")
        return self.left.pop(0)

    def _take(self, token: str) -> bool:
        if self.left and self.left[0] == token:
            del self.left[0]
            return True
        return False

    def _need(self, token: str) -> None:
        if not self._take(token):
            found = repr(self.left[0]) if self.left else "its end"
            raise BadCondition(f"has {found} where {token!r} should stand")
