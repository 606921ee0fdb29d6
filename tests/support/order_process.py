"""A worker's process that works on events of integrations, and is killed after so many bookings.

Run with `python -m tests.support.order_process` and a JSON of `OrderPlan`. What its till has booked
then is in the ledger; that it was booked is written down nowhere.
"""

import json
import os
import signal
import sys
from contextlib import closing
from dataclasses import asdict, dataclass

from punchcard.connect.integrations.event_work import IntegrationWork, work_on_event
from punchcard.connect.integrations.secrets import IntegrationSecrets
from punchcard.db.database import Database
from punchcard.db.outbox import RetryLater
from punchcard.kit.clock import SystemClock
from punchcard.kit.ids import IntegrationEventId, SystemIds
from punchcard.kit.secrets import Keyring
from punchcard.kit.settings import Settings
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from tests.support import warm_module
from tests.support.drivers.till import SEALER
from tests.support.warm_interpreter import WarmProcess


@dataclass(frozen=True)
class OrderPlan:
    """Which events are worked on, in this order, and after how many bookings the process dies."""

    url: str
    event_ids: list[str]
    bookings: int | None = None


class OrderTill(Till):
    """A till whose process does not live to see what became of its last booking."""

    left: int | None = None

    def submit(self, operation: Operation) -> Receipt:
        """Do an operation as a till does; the last that is done is answered to nobody."""
        receipt = super().submit(operation)
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return receipt


def started(plan: OrderPlan) -> WarmProcess:
    """Start such a process."""
    return warm_module.started("tests.support.order_process", json.dumps(asdict(plan)))


def work(plan: OrderPlan) -> None:
    """Work on the events as long as it lasts."""
    clock = SystemClock()
    ids = SystemIds(clock)
    secrets = IntegrationSecrets(Keyring("a secret of 32 characters at least"))
    with closing(Database(plan.url)) as database:
        till = OrderTill(database, clock=clock, ids=ids, sealer=SEALER)
        till.left = plan.bookings
        till.start()
        orders = IntegrationWork(database, till, clock, ids, secrets, Settings())
        for event_id in plan.event_ids:
            _until_done(orders, IntegrationEventId(event_id))
        till.close()


def _until_done(orders: IntegrationWork, event_id: IntegrationEventId) -> None:
    while True:
        try:
            work_on_event(orders, event_id)
        except RetryLater:
            continue
        return


if __name__ == "__main__":
    work(OrderPlan(**json.loads(sys.argv[1])))
