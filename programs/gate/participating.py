"""Answers `/v1/subjects`: who takes no part, as tags, and what a participant chooses.

The only place of the gate that sees a pseudonym; it keeps none and logs none.
"""

from functools import partial

from accounts.throttle import Throttle
from programs import participation, signing
from programs.gate import answers, clock, questions
from programs.gate.answers import Answer, Refused
from programs.gate.call import Call
from programs.gate.door import Door
from programs.gate.feed import Feed
from programs.gate.ledger import Ledger
from programs.gate.questions import Chosen
from programs.gate.registry import Registry
from programs.gate.subjects import Listed

# A kiosk may send a whole class at once; then one a second. Each choice is news for everyone.
CHOICES = 100


class Participating:
    def __init__(
        self, *, door: Door, registry: Registry, ledger: Ledger, feed: Feed, master: bytes
    ) -> None:
        self._door = door
        self._registry = registry
        self._ledger = ledger
        self._feed = feed
        self._master = master
        self._throttle = Throttle(burst=CHOICES)

    async def answer(self, call: Call) -> Answer:
        """Tell the list, or store a choice.

        Raises:
            Refused: 503 while the list is not known, and so on.
        """
        return await (self._list(call) if call.method == "GET" else self._choose(call))

    async def _list(self, call: Call) -> Answer:
        key = self._door.admit(call)
        named = call.parameter("program")
        if named is None:
            raise answers.wrong("program", "the slug of a program, said once in the query")
        program = self._door.program_of(key, named=named)
        listed = self._registry.subjects.current(program.id)
        if listed is None:
            await self._feed.refresh()
            listed = self._registry.subjects.current(program.id)
        if listed is None:
            raise answers.unavailable("The list of choices is changing; ask again in a second.")
        secret = signing.subject_key_for(self._master, program_id=program.id)
        _check_key(listed, secret)
        tag = f'"{signing.print_of(secret)}-{listed.version}"'
        if call.knows(tag):
            return answers.not_modified(tag)
        return answers.listed(
            program,
            listed,
            subject_key=secret.hex(),
            time=self._registry.time(clock.now()),
            tag=tag,
        )

    async def _choose(self, call: Call) -> Answer:
        key = self._door.admit(call)
        chosen = questions.chosen(await call.json_body())
        program = self._door.program_of(key, named=chosen.program)
        if not self._throttle.allow(str(key.collector_id), now=clock.now()):
            raise Refused(
                429,
                "This collector has sent very many choices; send one a second.",
                why="throttled",
                headers=[(b"retry-after", b"1")],
            )
        kept = await self._ledger.choose(_act(program.id, chosen))
        return answers.kept(kept)


def _act(program_id: int, chosen: Chosen) -> "partial[participation.Kept]":
    if chosen.choice == participation.BREAK:
        return partial(participation.take_break, program_id, chosen.subject, seconds=chosen.seconds)
    act = participation.opt_out if chosen.choice == participation.OPT_OUT else participation.go_on
    return partial(act, program_id, chosen.subject)


def _check_key(listed: Listed, key: bytes) -> None:
    # Tags of another key match nobody: whoever opted out would be collected again.
    if set(listed.key_prints) - {signing.print_of(key)}:
        raise answers.unavailable(
            "SECRET_KEY is not the one with which participants' choices were stored;"
            " until it is, nobody takes part."
        )
