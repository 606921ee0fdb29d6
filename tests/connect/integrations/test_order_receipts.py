"""An order that is nobody's leaves a receipt: whoever bought puts it on a card, and it is once."""

from typing import Any

import pytest
from sqlalchemy import select

from punchcard.connect.claims.claim_keeper import forget_claims, settle_begun
from punchcard.connect.claims.errors import ReceiptClaimTaken
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.receipt_claimer import ORDER_CLAIMED
from punchcard.connect.claims.vocabulary import ClaimSource, ClaimState
from punchcard.connect.integrations import event_service
from punchcard.connect.integrations.errors import IntegrationEventSettled
from punchcard.connect.integrations.event_work import follow_receipt, work_on_event
from punchcard.connect.integrations.models import IntegrationEvent
from punchcard.db.outbox import OutboxRow, RetryLater
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, ProgramId, ReceiptClaimId
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.models import LoyaltyCard, LoyaltyTransaction
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.vocabulary import ActorKind, CardStatus
from tests.connect.claims.receipt_driver import ReceiptDriver
from tests.connect.integrations.orders import DONE, FAILED, UNMATCHED, order, refund
from tests.connect.integrations.web_shop import WebShop, connected
from tests.support.drivers.till import TillDriver

OPEN, WITHDRAWN = ClaimState.OPEN, ClaimState.WITHDRAWN


@pytest.fixture
def driver(alice: TillDriver, settings: Settings) -> ReceiptDriver:
    """Return what makes receipts and puts them on cards."""
    return ReceiptDriver(alice, settings)


@pytest.fixture
def card(alice: TillDriver, program: ProgramId) -> CardId:
    """Give somebody a card whose address nobody has confirmed."""
    return alice.card(program)


def receipts(shop: WebShop) -> list[ReceiptClaim]:
    """Return the receipts that there are, oldest first."""
    with shop.alice.database.read() as session:
        return list(session.scalars(select(ReceiptClaim).order_by(ReceiptClaim.id)))


def receipt(shop: WebShop) -> ReceiptClaim:
    """Return the only receipt."""
    [found] = receipts(shop)
    return found


def claimed(shop: WebShop, driver: ReceiptDriver, card: CardId) -> None:
    """Put the only receipt on a card, as its page does."""
    code = receipt(shop).code
    assert code is not None
    driver.take(code, card)


def follows(shop: WebShop) -> list[str]:
    """Let orders follow their receipts, as the worker does; returns whose receipts they were."""
    with shop.alice.database.write() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.topic == ORDER_CLAIMED)).all()
        keys = [row.key for row in rows]
        for row in rows:
            session.delete(row)
    for key in keys:
        follow_receipt(shop.work, ReceiptClaimId(key))
    return keys


def gives(shop: WebShop, event: IntegrationEvent, card: CardId) -> None:
    """Give an event's order to a card by hand."""
    with shop.alice.database.write() as session:
        event_service.assign_event(
            session, shop.act(), shop.alice.vendor_id, shop.id, event.id, card=card
        )


def history(shop: WebShop, card: CardId) -> list[tuple[str, str, int | None]]:
    """Return a card's purchases and what was paid back: by whom, what, and minor units."""
    with shop.alice.database.read() as session:
        rows = session.scalars(
            select(LoyaltyTransaction)
            .where(
                LoyaltyTransaction.card_id == card,
                LoyaltyTransaction.actor_kind.in_((ActorKind.CLAIM, ActorKind.INTEGRATION)),
            )
            .order_by(LoyaltyTransaction.sequence)
        )
        return [(str(row.actor_kind), str(row.type), row.amount_minor) for row in rows]


def busy(_operation: object) -> None:
    """Answer as a till that is busy."""
    raise TillBusy


def test_an_order_of_nobody_leaves_one_receipt_however_often_it_is_told(
    shop: WebShop, program: ProgramId
) -> None:
    for second in (1, 2, 2):
        assert shop.tells(order(second)).state is UNMATCHED

    left = receipt(shop)
    assert (left.source, left.state, left.amount_minor) == (ClaimSource.ORDER, OPEN, 1935)
    assert left.reference == f"woocommerce:{shop.id[-8:]}:727"
    assert (left.program_id, left.stamps) == (program, None)
    assert (left.actor_kind, left.actor_id) == (ActorKind.INTEGRATION, shop.id)
    assert shop.order().claim_id == left.id


def test_orders_that_have_a_card_or_come_to_nothing_leave_none(shop: WebShop, john: CardId) -> None:
    shop.tells(order(id=1))
    shop.tells(order(id=2, billing={}, status="pending", date_paid_gmt=None))
    shop.tells(order(id=3, billing={}, status="cancelled"))

    assert receipts(shop) == []
    shop.tells(order(6, id=2, billing={}))
    assert receipt(shop).amount_minor == 1935


def test_an_order_follows_its_receipt_onto_the_card_and_earns_nothing_more(
    shop: WebShop, driver: ReceiptDriver, card: CardId
) -> None:
    first = shop.tells(order(1))
    claimed(shop, driver, card)
    assert follows(shop) == [receipt(shop).id]

    follow_receipt(shop.work, receipt(shop).id)
    assert shop.order().card_id == card
    assert shop.event(first.id).state is DONE
    assert shop.bookings() == [("earn", "booked", 1935)]
    assert shop.tells(order(2, status="completed")).state is DONE
    assert shop.points(card) == 19
    with pytest.raises(IntegrationEventSettled):
        gives(shop, first, card)


def test_what_is_paid_back_after_the_receipt_was_used_is_taken_off_that_card(
    shop: WebShop, driver: ReceiptDriver, card: CardId
) -> None:
    shop.tells(order(1))
    claimed(shop, driver, card)
    follows(shop)

    shop.tells(order(2, refunds=[refund(1, "9.35")]))
    shop.tells(order(3, refunds=[refund(1, "9.35")], status="cancelled"))

    assert history(shop, card) == [
        ("claim", "points_earned", 1935),
        ("integration", "points_refunded", 616),
        ("integration", "points_refunded", 1319),
    ]
    assert shop.points(card) == 0


def test_an_update_that_comes_before_the_worker_finds_the_card_as_well(
    shop: WebShop, driver: ReceiptDriver, card: CardId
) -> None:
    shop.tells(order(1))
    claimed(shop, driver, card)

    assert shop.tells(order(2, total="49.35")).state is DONE
    assert len(follows(shop)) == 1

    assert shop.points(card) == 39
    assert shop.bookings() == [("earn", "booked", 1935), ("earn", "booked", 2000)]


def test_a_refund_of_before_lowers_the_receipt_and_a_cancelled_order_withdraws_it(
    shop: WebShop, driver: ReceiptDriver, card: CardId
) -> None:
    shop.tells(order(1))
    shop.tells(order(2, refunds=[refund(1, "9.35")]))
    assert (receipt(shop).state, receipt(shop).amount_minor) == (OPEN, 1319)

    shop.tells(order(3, status="cancelled", refunds=[refund(1, "9.35")]))
    assert receipt(shop).state is WITHDRAWN
    assert driver.tried(str(receipt(shop).code), card) == "receipt_withdrawn"

    # What is told late changes nothing; what is taken up again counts again, on the same receipt.
    shop.tells(order(1))
    assert receipt(shop).state is WITHDRAWN
    shop.tells(order(4, refunds=[refund(1, "9.35")]))
    claimed(shop, driver, card)
    assert shop.points(card) == 13


def test_a_receipt_that_a_person_withdrew_stays_withdrawn(
    shop: WebShop, driver: ReceiptDriver
) -> None:
    shop.tells(order(1))
    driver.withdraw(receipt(shop))

    shop.tells(order(2, total="49.35"))

    assert receipt(shop).state is WITHDRAWN


def test_an_order_that_is_given_to_a_card_by_hand_withdraws_its_receipt(
    shop: WebShop, driver: ReceiptDriver, card: CardId
) -> None:
    event = shop.tells(order(1))

    gives(shop, event, card)
    shop.works()

    assert receipt(shop).state is WITHDRAWN
    assert driver.tried(str(receipt(shop).code), card) == "receipt_withdrawn"
    assert history(shop, card) == [("integration", "points_earned", 1935)]


def test_an_order_whose_customer_has_a_card_by_now_withdraws_its_receipt(
    alice: TillDriver, program: ProgramId, shop: WebShop
) -> None:
    shop.tells(order(1))
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))

    assert shop.tells(order(2)).state is DONE

    assert receipt(shop).state is WITHDRAWN
    assert shop.points(card) == 19


def test_while_a_receipt_is_on_its_way_its_order_waits(
    shop: WebShop,
    driver: ReceiptDriver,
    card: CardId,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = shop.tells(order(1))
    with monkeypatch.context() as patched:
        patched.setattr(shop.alice.till, "submit", busy)
        with pytest.raises(TillBusy):
            claimed(shop, driver, card)
    assert receipt(shop).state is ClaimState.TAKING
    with pytest.raises(ReceiptClaimTaken):
        gives(shop, event, card)
    cancelled = shop.sends(order(2, status="cancelled"))
    assert cancelled is not None
    with pytest.raises(RetryLater):
        work_on_event(shop.work, cancelled)

    clock.advance(minutes=2)
    assert settle_begun(driver.claimer(), clock.now()) == 1
    shop.works()

    assert shop.event(cancelled).state is DONE
    assert [amount for _, _, amount in history(shop, card)] == [1935, 1935]
    assert shop.points(card) == 0


def test_an_order_leaves_no_second_receipt_once_the_first_is_forgotten(
    shop: WebShop, driver: ReceiptDriver, clock: ManualClock
) -> None:
    shop.tells(order(1))
    clock.advance(days=400)
    with shop.alice.database.write() as session:
        forget_claims(session, clock.now(), days=90, limit=10)
        forget_claims(session, clock.now(), days=90, limit=10)
    assert receipts(shop) == []

    assert shop.tells(order(2)).state is UNMATCHED

    assert receipts(shop) == []


def test_an_order_below_the_minimum_leaves_a_receipt_once_it_grows(
    alice: TillDriver,
) -> None:
    program = alice.program(type="points", currency="USD", minimum_purchase_minor=3000)
    shop = connected(alice, program)
    assert shop.tells(order(1)).state is UNMATCHED
    assert receipts(shop) == []

    shop.tells(order(2, total="49.35"))

    assert receipt(shop).amount_minor == 3935


@pytest.mark.parametrize(
    ("type_", "rules", "stamps"),
    [
        ("stamps", None, 1),
        ("stamps", [{"sku": "Bar3", "stamps": 2}], 2),
        ("stamps", [{"sku": "other", "stamps": 2}], None),
        ("hybrid", [{"sku": "Bar3", "stamps": 2}], 2),
        ("hybrid", [{"sku": "other", "stamps": 2}], 0),
    ],
)
def test_a_receipt_gives_the_stamps_that_its_order_would(
    alice: TillDriver, driver: ReceiptDriver, type_: str, rules: Any, stamps: int | None
) -> None:
    program = alice.program(type=type_, currency="USD", stamps_per_item=rules, max_daily_stamps=9)
    shop = connected(alice, program)
    card = alice.card(program)
    shop.tells(order(1))
    if stamps is None:
        assert receipts(shop) == []
        return

    claimed(shop, driver, card)
    follows(shop)

    assert shop.stamps(card) == stamps
    assert shop.points(card) == (19 if type_ == "hybrid" else 0)
    shop.tells(order(2, status="cancelled"))
    assert (shop.stamps(card), shop.points(card)) == (0, 0)


def test_a_number_that_the_shop_used_itself_leaves_the_order_to_a_person(
    alice: TillDriver, shop: WebShop, card: CardId
) -> None:
    reference = f"woocommerce:{shop.id[-8:]}:727"
    alice.till.submit(alice.earn(card, 1935, reference=reference))

    assert shop.tells(order(1)).state is UNMATCHED

    assert receipts(shop) == []


def test_what_is_refused_of_an_order_is_told_once_it_has_followed(
    alice: TillDriver, driver: ReceiptDriver, shop: WebShop, card: CardId
) -> None:
    event = shop.tells(order(1))
    claimed(shop, driver, card)
    with alice.database.write() as session:
        session.get_one(LoyaltyCard, card).status = CardStatus.BLOCKED
    later = shop.sends(order(2, total="49.35"))
    assert later is not None

    shop.works()

    assert (shop.event(later).state, shop.event(later).reason) == (FAILED, "card_blocked")
    follows(shop)
    assert shop.event(event.id).state is DONE
    assert shop.points(card) == 19


def test_receipts_that_no_order_left_lead_to_none(
    shop: WebShop, driver: ReceiptDriver, card: CardId
) -> None:
    made = driver.made("R-9")

    driver.take(str(made.code), card)

    assert follows(shop) == []
    follow_receipt(shop.work, made.id)
    assert shop.points(card) == 12
