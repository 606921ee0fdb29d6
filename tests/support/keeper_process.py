"""A worker process of its own that does what automations or referrals do at one moment.

Run with `python -m tests.support.keeper_process URL MOMENT KEEPER`; it begins when it is told a
line, so that several begin together.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from punchcard.db.database import Database
from punchcard.engage.automation_keeper import AutomationKeeper
from punchcard.engage.referral_keeper import ReferralKeeper
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.cards.former_contacts import FormerContacts
from tests.support.drivers.till import open_till


@contextmanager
def running_keepers(
    url: str, at: datetime, number: int, keeper: str = "automations"
) -> Iterator[list["subprocess.Popen[str]"]]:
    """Start processes that are ready to work; they are killed when the block ends."""
    command = [sys.executable, "-m", "tests.support.keeper_process", url, at.isoformat(), keeper]
    with ExitStack() as stack:
        started = []
        for _ in range(number):
            process = stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=Path(__file__).parents[2],
                )
            )
            stack.callback(process.kill)
            started.append(process)
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield started


def begin_together(processes: list["subprocess.Popen[str]"]) -> None:
    """Let all work at once, and wait until each is done."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
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
