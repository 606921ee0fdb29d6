"""Points with dates in a real till: what is kept, what is booked, what the books say."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.errors.balances import NotEnoughPoints
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.till import points_service
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.books import audited
from tests.support.cast import Shop

YEAR = {"kind": "fixed", "months": 12, "round_to": "month_end"}


@pytest.fixture
def by_till(alice: Shop) -> OperationMetadata:
    """Say who asks."""
    return {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}


@pytest.fixture
def till(context: Context) -> Iterator[Till]:
    """Return the till, and look through the books once a test is done."""
    yield context.loyalty.till
    audited(context.database)


def points_shop(alice: Shop, **fields: Any) -> LoyaltyProgram:
    rules = {"type": "points", "status": "active", "pin_policy": "off", "points_expiry": YEAR}
    return shelf.program(alice, **{**rules, **fields})


def kept(context: Context, card_id: str) -> Any:
    with context.database.read_connection() as connection:
        return connection.execute(select(CARDS).where(CARDS.c.id == card_id)).one()


def test_a_card_keeps_its_dated_points_and_the_ledger_tells_them(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    clock.advance(hours=1)
    bought = points_service.earn_points(till, card, amount_minor=1250, **by_till)
    ends = bought.card.expiring[0][1]
    assert (bought.entry["form"], bought.entry["details"]) == (2, {"lots": [[ends, 12]]})
    row = kept(context, card)
    assert row.standing == {"lots": [[ends, 12]]}
    assert row.due_on.isoformat() > ends
    spent = points_service.redeem_points(till, card, reward_id=None, points=12, **by_till)
    assert spent.entry["details"] == {"lots": [[ends, -12]]}
    row = kept(context, card)
    assert (row.standing, row.due_on) == (None, None)


def test_ended_points_cannot_be_spent_though_nobody_booked_them(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    points_service.earn_points(till, card, amount_minor=1250, **by_till)
    clock.advance(days=400)
    with pytest.raises(NotEnoughPoints):
        points_service.redeem_points(till, card, reward_id=None, points=1, **by_till)
    assert kept(context, card).points == 12
    points_service.earn_points(till, card, amount_minor=300, **by_till)
    assert kept(context, card).points == 3


def test_pending_points_are_activated_before_anything_else(
    alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(
        alice, points_shop(alice, points_expiry=None, points_activation_days=14)
    )
    bought = points_service.earn_points(till, card, amount_minor=1250, **by_till)
    assert (bought.card.points, bought.card.points_pending) == (0, 12)
    clock.advance(days=15)
    spent = points_service.redeem_points(till, card, reward_id=None, points=5, **by_till)
    assert (spent.card.points, spent.card.points_pending) == (7, 0)


def test_a_repeated_request_is_answered_with_the_dates_of_then(
    alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    keyed: OperationMetadata = {**by_till, "idempotency_key": "k", "fingerprint": b"f" * 32}
    first = points_service.earn_points(till, card, amount_minor=1250, **keyed)
    points_service.earn_points(till, card, amount_minor=100, **by_till)
    again = points_service.earn_points(till, card, amount_minor=1250, **keyed)
    assert again.is_replay
    assert again.card.expiring == first.card.expiring


def test_a_void_brings_dated_points_back(
    alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    bought = points_service.earn_points(till, card, amount_minor=1250, **by_till)
    spent = points_service.redeem_points(till, card, reward_id=None, points=10, **by_till)
    clock.advance(hours=1)
    back = points_service.void(till, spent.entry["id"], reason="wrong card", **by_till)
    assert back.card.expiring == bought.card.expiring


def test_a_void_of_points_that_were_pending_makes_none_of_nothing(
    alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(
        alice, points_shop(alice, points_expiry=None, points_activation_days=1)
    )
    bought = points_service.earn_points(till, card, amount_minor=1000, **by_till)
    clock.advance(days=2)
    points_service.earn_points(till, card, amount_minor=1000, **by_till)
    clock.advance(days=2)
    points_service.void(till, bought.entry["id"], reason="another guest", **by_till)
    spent = points_service.redeem_points(till, card, reward_id=None, points=5, **by_till)
    back = points_service.void(till, spent.entry["id"], reason="wrong card", **by_till)
    assert (back.card.points, back.card.points_pending) == (10, 0)


def test_a_forged_standing_is_found(
    context: Context, alice: Shop, by_till: OperationMetadata
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    till = context.loyalty.till
    points_service.earn_points(till, card, amount_minor=1250, **by_till)
    with context.database.write() as session:
        forged = {"lots": [["2099-12-31", 12]]}
        session.execute(update(CARDS).where(CARDS.c.id == card).values(standing=forged))
    with context.database.snapshot() as connection:
        [damage] = verify_ledger(connection).damages
    assert damage.what.startswith("the card's standing is")


def test_the_worker_books_what_ended_after_the_days_of_grace(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    cards = [shelf.opened_card(alice, points_shop(alice)) for _ in range(3)]
    for card in cards:
        points_service.earn_points(till, card, amount_minor=1250, **by_till)
    keeper = context.loyalty.due_keeper
    due_on = kept(context, cards[0]).due_on
    midnight = due_on - clock.now().date()
    clock.advance(days=midnight.days + 1)
    assert keeper.book(clock.now())
    assert {kept(context, card).points for card in cards} == {12}
    clock.advance(hours=73)
    assert keeper.book(clock.now())
    assert keeper.book(clock.now())
    assert {kept(context, card).points for card in cards} == {0}
    with context.database.read_connection() as connection:
        types = connection.scalars(select(ENTRIES.c.type)).all()
    assert types.count("points_expired") == 3


def test_passes_are_told_on_the_day_and_once(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    points_service.earn_points(till, card, amount_minor=1250, **by_till)
    keeper = context.loyalty.due_keeper
    assert keeper.announce(clock.now()) == 0
    days = (kept(context, card).due_on - clock.now().date()).days
    clock.advance(days=days - 1)
    assert keeper.announce(clock.now()) == 0
    clock.advance(days=2)
    assert keeper.announce(clock.now()) == 1
    assert keeper.announce(clock.now() + timedelta(hours=1)) == 0


def test_a_turn_that_ends_early_goes_on_at_the_next(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    card = shelf.opened_card(alice, points_shop(alice))
    points_service.earn_points(till, card, amount_minor=1250, **by_till)
    clock.advance(days=500)
    keeper = context.loyalty.due_keeper
    assert not keeper.book(clock.now(), goes_on=lambda: False)
    assert kept(context, card).points == 12
    assert keeper.book(clock.now())
    assert kept(context, card).points == 0
