"""What Google shows of the test's cards, and what is still to be told."""

from collections.abc import Callable

from sqlalchemy import select

from punchcard.context import Context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.worker.loop import Worker
from tests.wallets.google_account import Google

OpenCards = Callable[[int], list[CardId]]
"""Opens so many cards whose holders ask for Google's link; returns their ids."""


def shown(google: Google) -> list[str]:
    """Return the balance on each card that Google has."""
    found = google.fake.objects.values()
    return sorted(str(one["loyaltyPoints"]["balance"]["string"]) for one in found)


def waiting(context: Context) -> list[OutboxRow]:
    """Return the work that the worker has not done yet."""
    with context.database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def work_until_done(worker: Worker, clock: ManualClock, rounds: int = 60) -> None:
    """Let the worker work once a minute, for so many minutes."""
    for _ in range(rounds):
        worker.do_work()
        clock.advance(seconds=60)
