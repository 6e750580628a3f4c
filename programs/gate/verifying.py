"""Answers where records come in: the sheet to judge stamps by, and the refused ones counted."""

from programs.gate import answers, clock
from programs.gate.answers import Answer
from programs.gate.call import Call
from programs.gate.door import Door
from programs.gate.figures import Figures
from programs.gate.registry import Registry
from programs.gate.sheets import Sheets


class Verifying:
    def __init__(self, *, door: Door, registry: Registry, sheets: Sheets, figures: Figures) -> None:
        self._door = door
        self._registry = registry
        self._sheets = sheets
        self._sent = figures.sheets.labels("sent")
        self._same = figures.sheets.labels("same")

    async def sheet(self, call: Call) -> Answer:
        """Return the sheet of the key's program, or 304 to who has it.

        Raises:
            Refused: 503 while the copy is stale, 404 for another program, and so on.
        """
        key = self._door.admit_verifier(call)
        named = call.parameter("program")
        if named is None:
            raise answers.wrong("program", "the slug of a program, said once in the query")
        drawn = self._sheets.of(self._door.program_of(key, named=named))
        if call.knows(drawn.tag):
            self._same.inc()
            return answers.not_modified(drawn.tag)
        self._sent.inc()
        body = drawn.at(self._registry.time(clock.now()))
        return answers.json_bytes(body, tag=drawn.tag)
