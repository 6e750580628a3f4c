"""Who acts: a person or a part of Andon, and by which door.

Passed to every change, never taken from a thread.
"""

from dataclasses import dataclass

from accounts.models import User


@dataclass(frozen=True)
class Actor:
    """The author of a change. `user` is None where a rule or a process acted."""

    name: str
    via: str
    user: User | None = None

    @classmethod
    def person(cls, user: User, *, via: str) -> "Actor":
        """A signed-in person, by `page`, `api`, `command`, `link`, `pagerduty` or `slack`."""
        return cls(name=user.name, via=via, user=user)

    @classmethod
    def machine(cls, name: str) -> "Actor":
        """A part of Andon that acts by rule: `engine`, `gate`, `rule T2`."""
        return cls(name=name, via="engine")

    def __str__(self) -> str:
        return self.name
