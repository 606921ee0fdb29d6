"""A worker's process that works on an import and is killed when the till has done so many batches.

Run with `python -m tests.support.doomed_import` and a JSON of `Doom`. What the till has done then
is in the ledger; that it was done is written down nowhere.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Final

from punchcard.connect.imports.turns import take_turn
from punchcard.connect.imports.work import ImportWork
from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import ImportId, SystemIds
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.till import Till
from tests.support.drivers.till import SEALER
from tests.support.warm_module import ended

BATCH: Final = 256
"""Of a list the till does so many operations in one transaction."""


@dataclass(frozen=True)
class Doom:
    """Which import is worked on, and after how many batches the process is killed."""

    url: str
    import_id: ImportId
    batches: int


class DoomedTill(Till):
    """A till whose process does not live to see what became of its last batch."""

    batches = 0

    def submit_all(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Do operations as a till does; the last that are done are answered to nobody."""
        outcomes: list[Outcome] = []
        for start in range(0, len(operations), BATCH):
            outcomes += super().submit_all(operations[start : start + BATCH])
            self.batches -= 1
            if not self.batches:
                os.kill(os.getpid(), signal.SIGKILL)
        return outcomes


def dies(doom: Doom) -> int:
    """Run such a process to its end; returns how it ended."""
    words = json.dumps(asdict(doom))
    return ended("tests.support.doomed_import", words)


def work(doom: Doom) -> None:
    """Work on the import as long as it lasts."""
    clock = SystemClock()
    ids = SystemIds(clock)
    with closing(Database(doom.url)) as database:
        till = DoomedTill(database, clock=clock, ids=ids, sealer=SEALER, list_limit=BATCH)
        till.batches = doom.batches
        till.start()
        take_turn(ImportWork(database, till, clock, ids), doom.import_id)


if __name__ == "__main__":
    work(Doom(**json.loads(sys.argv[1])))
