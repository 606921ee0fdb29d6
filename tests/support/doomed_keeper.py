"""A worker's process that keeps something and is killed when the till has done so many batches.

Run with `python -m tests.support.doomed_keeper` and a JSON of `Duty`.
"""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime

from punchcard.db.database import Database
from punchcard.engage.automation_keeper import AutomationKeeper
from punchcard.engage.referral_keeper import ReferralKeeper
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.secrets import Keyring
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.jobs.due_keeper import DueKeeper
from punchcard.loyalty.jobs.reservation_keeper import ReservationKeeper
from tests.support.doomed_import import DoomedTill
from tests.support.drivers.till import SEALER
from tests.support.warm_module import ended


@dataclass(frozen=True)
class Duty:
    """What is kept, at which moment, and after how many batches the process is killed."""

    url: str
    keeper: str
    at: str
    batches: int


def dies_keeping(duty: Duty) -> int:
    """Run such a process to its end; returns how it ended."""
    words = json.dumps(asdict(duty))
    return ended("tests.support.doomed_keeper", words)


def work(duty: Duty) -> None:
    """Keep it as long as it lasts."""
    clock, ids = ManualClock(datetime.fromisoformat(duty.at)), SystemIds(SystemClock())
    with closing(Database(duty.url)) as database:
        till = DoomedTill(database, clock=clock, ids=ids, sealer=SEALER)
        till.batches = duty.batches
        till.start()
        former = FormerContacts(Keyring("a secret of 32 characters at least"))
        keepers: dict[str, Callable[[], None]] = {
            "reservations": ReservationKeeper(database, clock, till).take_turn,
            "due": DueKeeper(database, clock, till, Settings()).take_turn,
            "automations": AutomationKeeper(database, clock, ids, till).take_turn,
            "referrals": ReferralKeeper(database, clock, ids, till, former).take_turn,
        }
        keepers[duty.keeper]()


if __name__ == "__main__":
    work(Duty(**json.loads(sys.argv[1])))
