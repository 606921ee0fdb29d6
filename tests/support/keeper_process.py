"""A worker process of its own that does what automations or referrals do at one moment.

Run with `python -m tests.support.keeper_process URL MOMENT KEEPER`; it begins when it is told a
line, so that several begin together.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from punchcard.db.database import Database
from punchcard.engage.automation_keeper import AutomationKeeper
from punchcard.engage.referral_keeper import ReferralKeeper
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.cards.former_contacts import FormerContacts
from tests.support.drivers.till import open_till
from tests.support.warm_module import TalkingProcess, go, talking


@contextmanager
def running_keepers(
    url: str, at: datetime, number: int, keeper: str = "automations"
) -> Iterator[list[TalkingProcess]]:
    """Start processes that are ready to work; they are killed when the block ends."""
    words = (url, at.isoformat(), keeper)
    with ExitStack() as stack:
        started = [
            stack.enter_context(talking("tests.support.keeper_process", *words))
            for _ in range(number)
        ]
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started


def begin_together(processes: list[TalkingProcess]) -> None:
    """Let all work at once, and wait until each is done."""
    go(*processes)
    assert [process.wait() for process in processes] == [0] * len(processes)


def work(url: str, at: datetime, name: str) -> None:
    """Do all that is due at a moment."""
    clock, ids = ManualClock(at), SystemIds(SystemClock())
    database = Database(url)
    with open_till(database, clock=clock, ids=ids) as till:
        former = FormerContacts(Keyring("a secret of 32 characters at least"))
        take_turn: Callable[[], None] = {
            "automations": AutomationKeeper(database, clock, ids, till).take_turn,
            "referrals": ReferralKeeper(database, clock, ids, till, former).take_turn,
        }[name]
        print("ready", flush=True)  # noqa: T201 what the test waits for
        sys.stdin.readline()
        take_turn()
    database.close()


if __name__ == "__main__":
    work(sys.argv[1], datetime.fromisoformat(sys.argv[2]), sys.argv[3])
