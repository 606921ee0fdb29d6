"""A till's process that stops halfway: its batch is written, and neither kept nor undone.

Run with `python -m tests.support.halfway_process` and a JSON of `Halfway`. It says "halfway" on
standard output and then waits for the end of its standard input.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace

from punchcard.db.database import Database
from punchcard.db.limits import DEFAULT_LIMITS, WorkKind
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import CardId, SystemIds, VendorId
from punchcard.loyalty.programs.rules_loader import ProgramCache
from punchcard.loyalty.till.batch import Batch
from punchcard.loyalty.till.enrolment import TillDependencies
from punchcard.loyalty.till.till import Till
from tests.support.drivers.till import SEALER, TillDriver
from tests.support.warm_module import TalkingProcess, talking


@dataclass(frozen=True)
class Halfway:
    """Which card gets points, and how long PostgreSQL bears the silence."""

    url: str
    vendor_id: VendorId
    card: str
    idle_seconds: float


@contextmanager
def halfway(plan: Halfway) -> Iterator[TalkingProcess]:
    """Run a process until it is halfway; it is killed when the block ends."""
    with talking("tests.support.halfway_process", json.dumps(asdict(plan))) as process:
        assert process.stdout.readline() == "halfway\n"
        yield process


def work(plan: Halfway) -> None:
    """Do what the plan says."""
    clock = SystemClock()
    ids = SystemIds(clock)
    tools = TillDependencies(clock=clock, ids=ids, sealer=SEALER, programs=ProgramCache())
    of_till = replace(DEFAULT_LIMITS.by_work[WorkKind.TILL], idle_seconds=plan.idle_seconds)
    limits = replace(DEFAULT_LIMITS, by_work={**DEFAULT_LIMITS.by_work, WorkKind.TILL: of_till})
    with (
        closing(Database(plan.url, limits=limits)) as database,
        database.write_connection() as connection,
    ):
        till = Till(database, clock=clock, ids=ids, sealer=SEALER)
        operation = TillDriver(database, till, clock, ids, plan.vendor_id).earn(
            CardId(plan.card), 100
        )
        batch = Batch(connection, tools)
        batch.lock([operation])
        batch.run([operation])
        sys.stdout.write("halfway\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    work(Halfway(**json.loads(sys.argv[1])))
