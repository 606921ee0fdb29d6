"""A server's process that puts receipts on cards, or is killed in the middle of the first.

Run with `python -m tests.support.claim_process` and a JSON of `ClaimPlan`. It says "ready", begins
when it is told a line, and prints a line for each receipt with what came of it.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from punchcard.connect.claims.presented import ReceiptReader
from punchcard.connect.claims.receipt_claimer import ReceiptClaimer
from punchcard.connect.claims.receipt_keys import ReceiptSecrets
from punchcard.db.database import Database
from punchcard.kit.clock import SystemClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from tests.support.drivers.till import SEALER
from tests.support.warm_module import TalkingProcess, talking


@dataclass(frozen=True)
class ClaimPlan:
    """Which receipts go on which cards, and whether the process dies, before the till or after."""

    url: str
    secret_key: str
    receipts: tuple[tuple[str, str], ...]
    dies: str = ""


class DoomedTill(Till):
    """A till whose process does not live to tell what it did."""

    dies = ""

    def submit(self, operation: Operation) -> Receipt:
        """Do one operation as a till does, unless it is time to die."""
        if self.dies == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        receipt = super().submit(operation)
        if self.dies == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt


@contextmanager
def claiming(plan: ClaimPlan) -> Iterator[TalkingProcess]:
    """Start a process that is ready to put receipts on cards; it is killed when the block ends."""
    with talking("tests.support.claim_process", json.dumps(asdict(plan))) as process:
        assert process.stdout.readline() == "ready\n"
        yield process


def work(plan: ClaimPlan) -> None:
    """Do what the plan says."""
    clock = SystemClock()
    ids = SystemIds(clock)
    settings = Settings(
        data_dir=Path(),
        database_url=plan.url,
        secret_key=plan.secret_key,
        pin_pepper="a pepper of 32 characters at least",
    )
    with closing(Database(plan.url)) as database:
        till = DoomedTill(database, clock=clock, ids=ids, sealer=SEALER)
        till.dies = plan.dies
        till.start()
        reader = ReceiptReader(settings, ReceiptSecrets(settings.keys), ids)
        claimer = ReceiptClaimer(
            database=database, till=till, clock=clock, settings=settings, reader=reader
        )
        _say("ready")
        sys.stdin.readline()
        for text, card in plan.receipts:
            try:
                claimer.take(text, CardId(card))
            except DomainError as refusal:
                _say(refusal.code)
            else:
                _say("taken")
        till.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    work(ClaimPlan(**json.loads(sys.argv[1])))
