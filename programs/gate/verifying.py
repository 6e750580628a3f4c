"""Answers where records come in: the sheet to judge stamps by, and the refused ones counted."""

from typing import Any

from accounts.actors import Actor
from accounts.throttle import Throttle
from programs import stamps
from programs.gate import answers, clock, questions
from programs.gate.answers import Answer, Refused
from programs.gate.call import Call
from programs.gate.door import Door
from programs.gate.figures import Figures
from programs.gate.ledger import Ledger, Report
from programs.gate.registry import IngestKey, Registry
from programs.gate.sheets import Sheets
from programs.stamps import Sheet
from programs.violations import Old, Tally

# Each report may cost a look into the database, before which leases wait.
REPORTS, REPORTS_PER_SECOND = 20, 5.0


class Verifying:
    def __init__(
        self, *, door: Door, registry: Registry, sheets: Sheets, ledger: Ledger, figures: Figures
    ) -> None:
        self._door = door
        self._registry = registry
        self._sheets = sheets
        self._ledger = ledger
        self._throttle = Throttle(burst=REPORTS, per_second=REPORTS_PER_SECOND)
        self._counted = figures.refused
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

    async def refused(self, call: Call) -> Answer:
        """Count stamps that were refused; the answer comes after it is stored.

        Raises:
            Refused: 429 for too many reports with one key, 503 if it cannot be stored, and so on.
        """
        key = self._door.admit_verifier(call)
        if not self._throttle.allow(key.key_id, now=clock.now()):
            raise _too_many()
        named, said = questions.refused_stamps(await call.json_body(most=questions.LARGEST_REFUSED))
        program = self._door.program_of(key, named=named)
        sheet = self._sheets.of(program).sheet(self._registry.time(clock.now()))
        found = [old for each in said if (old := _signed(sheet, each))]
        report = Report(program.id, found, by=_reporter(key))
        tally = await self._ledger.count(report) if found else Tally()
        told = {
            "violations": tally.violations,
            "late": tally.late,
            "ignored": len(said) - tally.counted,
        }
        for what, number in told.items():
            self._counted.labels(what).inc(number)
        return Answer.of({"counted": tally.counted, **told})


def _signed(sheet: Sheet, text: Any) -> Old | None:
    """Return what a stamp says that a collector of the program signed; None for all others.

    Whether its generation is over is the database's to say: this copy may not know yet.
    """
    try:
        stamp = stamps.read(text)
    except stamps.Malformed:
        return None
    standing = sheet.collectors.get(stamp.collector)
    if stamp.program != sheet.program or standing is None or not stamp.is_signed(sheet.root):
        return None
    return Old.of(stamp, collector_id=standing.collector_id, text=text)


def _reporter(key: IngestKey) -> Actor:
    return Actor(name=f"verifier {key.label}", via="gate")


def _too_many() -> Refused:
    return Refused(
        429,
        "Too many reports came with this key; send up to 500 stamps in each.",
        why="throttled",
        headers=[(b"retry-after", b"1")],
    )
