"""Receipts of orders, put on cards by one process while another works on what becomes of them."""

import signal
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select

from punchcard.connect.claims.claim_keeper import settle_begun
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.integrations.event_work import follow_receipt, work_on_event
from punchcard.connect.integrations.models import IntegrationOrder
from punchcard.db.outbox import RetryLater
from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from punchcard.loyalty.tables import ENTRIES
from tests.connect.claims.receipt_driver import ReceiptDriver
from tests.connect.integrations.web_shop import WebShop, connected
from tests.faults.test_order_kill import told
from tests.support.books import audited
from tests.support.claim_process import ClaimPlan, claiming
from tests.support.drivers.till import TillDriver, till_driver_at
from tests.support.order_process import OrderPlan, started
from tests.support.warm_module import go

PAID_BACK = [{"id": 1, "total": "-9.35"}]
COUNTED, LEFT = 1935, 1935 - 616


def shop_at(alice: TillDriver, shop: WebShop) -> WebShop:
    """Return the same shop over another process's connection."""
    return WebShop(alice, shop.kind, shop.id, shop.address, shop.secret)


def unmatched_orders(alice: TillDriver, orders: int) -> tuple[WebShop, list[CardId], list[str]]:
    """Have a shop tell orders of nobody; returns a card for each, and the codes of receipts."""
    program = alice.program(type="points", currency="USD")
    cards = [alice.card(program) for _ in range(orders)]
    shop = connected(alice, program)
    for number in range(orders):
        assert shop.tells(told(number, 1, billing={})).state == "unmatched"
    with alice.database.read() as session:
        query = select(ReceiptClaim.code).join(
            IntegrationOrder, IntegrationOrder.claim_id == ReceiptClaim.id
        )
        codes = session.scalars(query.order_by(IntegrationOrder.foreign_id)).all()
    return shop, cards, [str(code) for code in codes]


def settled(shop: WebShop, settings: Settings) -> None:
    """Let the worker do all that is left, as it does by and by."""
    driver = ReceiptDriver(shop.alice, settings)
    settle_begun(driver.claimer(), shop.alice.clock.now() + timedelta(minutes=2))
    with shop.alice.database.read() as session:
        claims = session.scalars(select(ReceiptClaim.id)).all()
    for claim_id in claims:
        follow_receipt(shop.work, claim_id)
    shop.works()


def check(shop: WebShop, cards: list[CardId], *, left: int) -> list[CardId]:
    """Check that each order is on its card once at most, less what was paid back; returns on which.

    It is never on two: each receipt was only ever shown with one card.
    """
    given = []
    for card in cards:
        with shop.alice.database.read_connection() as connection:
            rows = connection.execute(
                select(ENTRIES.c.type, ENTRIES.c.amount_minor).where(
                    ENTRIES.c.card_id == card, ENTRIES.c.amount_minor.is_not(None)
                )
            ).all()
        earned = [row.amount_minor for row in rows if row.type == "points_earned"]
        back = [row.amount_minor for row in rows if row.type == "points_refunded"]
        assert len(earned) + len(back) == len(rows)
        assert len(earned) <= 1
        assert sum(earned) - sum(back) == (left if earned else 0)
        assert shop.points(card) == (left // 100 if earned else 0)
        given += [card] * len(earned)
    audited(shop.alice.database)
    return given


@pytest.mark.parametrize("is_cancelled", [False, True])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_receipts_used_while_their_orders_are_paid_back_end_right(
    database_url: str, settings: Settings, is_cancelled: bool
) -> None:
    orders = 6
    with till_driver_at(database_url) as alice:
        shop, cards, codes = unmatched_orders(alice, orders)
        status = {"status": "cancelled"} if is_cancelled else {}
        more = {"billing": {}, "refunds": PAID_BACK, **status}
        events = [str(shop.sends(told(number, 2, **more))) for number in range(orders)]

    receipts = tuple(zip(codes, cards, strict=True))
    with ExitStack() as stack:
        servers = [
            stack.enter_context(claiming(ClaimPlan(database_url, settings.secret_key, one)))
            for one in (receipts, receipts[::-1])
        ]
        worker = started(OrderPlan(database_url, events[::-1]))
        go(*servers)
        assert [server.wait() for server in servers] == [0, 0]
        assert worker.wait() == 0

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        again = shop_at(next_one, shop)
        settled(again, settings)
        given = check(again, cards, left=0 if is_cancelled else LEFT)
        # A receipt whose order is cancelled before anybody uses it is withdrawn.
        assert given == cards or is_cancelled


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_server_killed_amid_the_receipt_of_an_order_loses_and_doubles_nothing(
    database_url: str, settings: Settings, dies: str
) -> None:
    with till_driver_at(database_url) as alice:
        shop, [card], [code] = unmatched_orders(alice, 1)

    plan = ClaimPlan(database_url, settings.secret_key, ((code, card),), dies=dies)
    with claiming(plan) as server:
        go(server)
        assert server.wait() == -signal.SIGKILL

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        again = shop_at(next_one, shop)
        event = again.sends(told(0, 2, billing={}, refunds=PAID_BACK))
        assert event is not None
        with pytest.raises(RetryLater):
            work_on_event(again.work, event)
        settled(again, settings)
        assert again.bookings() == [("earn", "booked", COUNTED), ("refund", "booked", 616)]
        assert check(again, [card], left=LEFT) == [card]


def test_a_worker_killed_while_an_order_follows_its_receipt_doubles_nothing(
    database_url: str, settings: Settings
) -> None:
    with till_driver_at(database_url) as alice:
        shop, [card], [code] = unmatched_orders(alice, 1)
        ReceiptDriver(alice, settings).take(code, card)
        event = str(shop.sends(told(0, 2, billing={}, refunds=PAID_BACK)))

    process = started(OrderPlan(database_url, [event], bookings=1))
    assert process.wait() == -signal.SIGKILL

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        again = shop_at(next_one, shop)
        assert again.points(card) == LEFT // 100
        settled(again, settings)
        assert check(again, [card], left=LEFT) == [card]
