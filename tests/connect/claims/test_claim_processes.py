"""Receipts that go onto cards by two server processes, and by one that is killed in the middle."""

import signal
from collections import Counter
from contextlib import ExitStack

import pytest
from sqlalchemy import func, select

from punchcard.connect.claims.models import ReceiptClaim
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.tables import ENTRIES
from tests.connect.claims.receipt_driver import ReceiptDriver
from tests.support.claim_process import ClaimPlan, claiming
from tests.support.drivers.till import TillDriver
from tests.support.warm_module import go


@pytest.fixture
def clock() -> ManualClock:
    """Stop the clock now, as the processes have it."""
    return ManualClock(SystemClock().now())


def entries(database: Database) -> dict[str, int]:
    """Return how often each receipt number stands in the ledger."""
    query = select(ENTRIES.c.reference, func.count()).where(ENTRIES.c.actor_kind == "claim")
    with database.read_connection() as connection:
        rows = connection.execute(query.group_by(ENTRIES.c.reference)).all()
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_servers_give_each_receipt_once_and_a_card_three_a_day(
    database: Database, alice: TillDriver, driver: ReceiptDriver, settings: Settings
) -> None:
    program = alice.program(type="points")
    cards = [alice.card_of_before(program) for _ in range(4)]
    key = driver.key(program)
    shared = [driver.signed(key, f"shared-{number}") for number in range(6)]
    many = [driver.signed(key, f"many-{number}") for number in range(8)]
    plans = [
        ClaimPlan(
            settings.database_url,
            settings.secret_key,
            (
                *((text, cards[own]) for text in shared),
                *((text, cards[2]) for text in many[own::2]),
            ),
        )
        for own in (0, 1)
    ]
    with ExitStack() as stack:
        servers = [stack.enter_context(claiming(plan)) for plan in plans]
        go(*servers)
        told = [server.stdout.read().split() for server in servers if server.stdout]
        assert [server.wait() for server in servers] == [0, 0]

    given = entries(database)
    assert set(given.values()) == {1}
    first = Counter(told[0][:6] + told[1][:6])
    # Whoever comes first has it, and each has three a day: all six are on cards, or were refused.
    assert first["taken"] == sum(name.startswith("shared") for name in given)
    assert set(first) <= {"taken", "receipt_already_used", "too_many_receipts_today"}
    second = Counter(told[0][6:] + told[1][6:])
    assert second == {"taken": 3, "too_many_receipts_today": 5}
    with database.read() as session:
        per_card = session.execute(
            select(ReceiptClaim.card_id, func.count())
            .where(ReceiptClaim.state == "claimed")
            .group_by(ReceiptClaim.card_id)
        ).all()
    assert max(count for _, count in per_card) == 3


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_server_that_is_killed_loses_no_receipt_and_doubles_none(
    database: Database, alice: TillDriver, driver: ReceiptDriver, settings: Settings, dies: str
) -> None:
    program = alice.program(type="points")
    card, other = alice.card_of_before(program), alice.card_of_before(program)
    text = driver.signed(driver.key(program))
    plan = ClaimPlan(settings.database_url, settings.secret_key, ((text, card),), dies=dies)
    with claiming(plan) as server:
        go(server)
        assert server.wait() == -signal.SIGKILL
    assert driver.row().state == "taking"
    assert entries(database) == ({"R-1": 1} if dies == "after" else {})

    assert driver.tried(text, other) == "receipt_already_used"
    assert driver.row().state == "claimed"
    assert entries(database) == {"R-1": 1}
    assert driver.take(text, card).card.points == 12
