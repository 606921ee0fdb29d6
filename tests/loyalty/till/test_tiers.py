"""Tiers at the till: what is written, what is answered, what the keeper books; the books hold."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from punchcard.context import Context
from punchcard.db.base import table_of
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    EarnPoints,
    OperationMetadata,
    RedeemGrant,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.rules.tiers.tier_form import kept_tiers
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.till.quotes import quote
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind, GrantState
from tests.connect.webhook_shop import endpoint
from tests.loyalty import shelf
from tests.support.books import audited
from tests.support.cast import Shop

_GRANTS = table_of(Grant)


def tiers(**gold: Any) -> list[dict[str, Any]]:
    return [
        {"key": "basic", "name": "Basic", "threshold": 0},
        {"key": "gold", "name": "Gold", "threshold": 100, "earn_factor": "1.500", **gold},
    ]


@pytest.fixture
def by_till(alice: Shop) -> OperationMetadata:
    """Say who asks."""
    return {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}


@pytest.fixture
def till(context: Context, alice: Shop) -> Iterator[Till]:
    """Return the till, and look through the books, and what was told, once a test is done."""
    endpoint(alice)
    yield context.loyalty.till
    audited(context.database)


def tiered(alice: Shop, **fields: Any) -> LoyaltyProgram:
    rules = {"type": "points", "status": "active", "pin_policy": "off", "tiers": tiers()}
    return shelf.program(alice, **{**rules, **fields})


def gives_cake(context: Context, alice: Shop, row: LoyaltyProgram) -> None:
    cake = shelf.reward(alice, row.id, points_required=None)
    with context.database.write() as session:
        program = session.get_one(LoyaltyProgram, row.id)
        program.tiers = kept_tiers(tiers(grants=[cake.id]))
        program.version += 1


def earn(card: CardId, euros: int, by: OperationMetadata, **more: Any) -> EarnPoints:
    return EarnPoints(card=CardRef(CardKey.ID, card), amount_minor=euros * 100, **{**by, **more})


def types(context: Context, card: CardId) -> list[str]:
    query = select(ENTRIES.c.type).where(ENTRIES.c.card_id == card).order_by(ENTRIES.c.sequence)
    with context.database.read_connection() as connection:
        return [str(one) for one in connection.scalars(query)]


def kept(context: Context, card: CardId) -> Any:
    with context.database.read_connection() as connection:
        return connection.execute(select(CARDS).where(CARDS.c.id == card)).one()


def test_a_tier_its_gift_and_their_purchase_come_together(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    program = tiered(alice)
    gives_cake(context, alice, program)
    card = shelf.opened_card(alice, program)
    asked = earn(card, 120, by_till, idempotency_key="k-1", fingerprint=bytes(32))
    receipt = till.submit(asked)
    assert receipt.entry["type"] == "points_earned"
    assert types(context, card) == [
        "card_opened",
        "points_earned",
        "tier_changed",
        "reward_granted",
    ]
    assert receipt.card.tier is not None
    assert (receipt.card.tier.key, receipt.card.tier.next_key) == ("gold", None)
    again = till.submit(asked)
    assert again.is_replay
    assert (again.entry["id"], again.card.tier) == (receipt.entry["id"], receipt.card.tier)
    with context.database.read_connection() as connection:
        [given] = connection.execute(select(_GRANTS)).all()
    assert (given.reason, given.state, given.reward_name) == ("tier", "ready", "A cake")
    assert len(given.code) == 10
    used = till.submit(RedeemGrant(card=CardRef(CardKey.ID, card), grant_id=given.id, **by_till))
    assert used.entry["type"] == "grant_redeemed"
    with context.database.read_connection() as connection:
        assert connection.scalar(select(_GRANTS.c.state)) == GrantState.USED


def test_the_next_purchase_earns_more_and_a_quote_says_so_before(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    card = shelf.opened_card(alice, tiered(alice))
    first = quote(
        context.database,
        context.loyalty.till.programs,
        earn(card, 120, by_till),
        context.clock.now(),
    )
    assert (first.points, [part["kind"] for part in first.parts]) == (120, ["base"])
    till.submit(earn(card, 120, by_till))
    told = quote(
        context.database,
        context.loyalty.till.programs,
        earn(card, 10, by_till),
        context.clock.now(),
    )
    assert (told.points, [part["kind"] for part in told.parts]) == (15, ["base", "tier"])
    bought = till.submit(earn(card, 10, by_till))
    assert bought.card.points == 135
    void = VoidEntry(transaction_id=bought.entry["id"], **by_till)
    assert till.submit(void).card.points == 120


def test_a_refund_takes_the_tiers_part_and_what_was_counted(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    card = shelf.opened_card(alice, tiered(alice))
    till.submit(earn(card, 120, by_till))
    bought = till.submit(earn(card, 10, by_till))
    refund = RefundPoints(
        transaction_id=bought.entry["id"], amount_minor=400, refund_reference="R-1", **by_till
    )
    rest = till.submit(refund).card
    assert rest.points == 120 + 9
    assert rest.tier is not None
    assert rest.tier.progress == 126


def test_one_list_reaches_a_tier_once(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    program = tiered(alice)
    gives_cake(context, alice, program)
    card = shelf.opened_card(alice, program)
    outcomes = till.submit_all([earn(card, 60, by_till) for _ in range(4)])
    points = [one.card.points for one in outcomes if isinstance(one, Receipt)]
    assert points == [60, 120, 210, 300]
    assert types(context, card).count("tier_changed") == 1
    assert types(context, card).count("reward_granted") == 1


def test_many_tills_at_once_reach_a_tier_once(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    program = tiered(alice)
    gives_cake(context, alice, program)
    card = shelf.opened_card(alice, program)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(till.submit, [earn(card, 30, by_till) for _ in range(8)]))
    assert types(context, card).count("tier_changed") == 1
    assert types(context, card).count("reward_granted") == 1
    view = kept(context, card)
    assert sum(view.standing["qualifying"].values()) == 240


def test_the_keeper_books_a_tier_that_came_to_its_date_after_the_days_of_grace(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    rules = {"tier_window": "calendar_year", "tier_downgrade": "to_fit"}
    card = shelf.opened_card(alice, tiered(alice, **rules))
    till.submit(earn(card, 120, by_till))
    due_on = kept(context, card).due_on
    assert (due_on.month, due_on.day) == (1, 1)
    begins = datetime(due_on.year, 1, 1, tzinfo=UTC)
    clock.advance(seconds=int((begins - clock.now()).total_seconds()) + 3600)
    keeper = context.loyalty.due_keeper
    assert keeper.announce(clock.now()) == 1
    assert keeper.book(clock.now())
    assert types(context, card)[-1] == "tier_changed"
    assert kept(context, card).standing["tier"]["key"] == "gold"
    clock.advance(hours=73)
    assert keeper.book(clock.now())
    assert keeper.book(clock.now())
    assert types(context, card).count("tier_changed") == 2
    row = kept(context, card)
    assert (row.standing["tier"]["key"], row.due_on) == ("basic", None)


def test_a_tier_that_nobody_earned_is_found_by_the_verification(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    card = shelf.opened_card(alice, tiered(alice))
    till.submit(earn(card, 20, by_till))
    was = kept(context, card).standing
    forged = {**was, "tier": {"key": "gold", "since": "2026-01-01"}}
    with context.database.write() as session:
        session.execute(update(CARDS).where(CARDS.c.id == card).values(standing=forged))
    with context.database.snapshot() as connection:
        [damage] = verify_ledger(connection).damages
    assert damage.what.startswith("the card's standing is")
    with context.database.write() as session:
        session.execute(update(CARDS).where(CARDS.c.id == card).values(standing=was))


def test_a_program_without_tiers_writes_nothing_of_them(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata
) -> None:
    card = shelf.opened_card(alice, tiered(alice, tiers=None))
    receipt = till.submit(earn(card, 120, by_till))
    assert (receipt.entry["form"], receipt.entry["details"], receipt.card.tier) == (1, None, None)
    assert kept(context, card).standing is None


def test_the_part_of_a_point_that_a_tier_left_is_kept_by_a_purchase_without_one(
    context: Context, alice: Shop, till: Till, by_till: OperationMetadata, clock: ManualClock
) -> None:
    rules = {"tier_window": "rolling_12_months", "tier_downgrade": "to_fit"}
    program = tiered(alice, **rules)
    card = shelf.opened_card(alice, program)
    till.submit(earn(card, 100, by_till))
    ref = CardRef(CardKey.ID, card)
    till.submit(EarnPoints(card=ref, amount_minor=101, **by_till))
    clock.advance(days=800)
    till.submit(EarnPoints(card=ref, amount_minor=101, **by_till))
    row = kept(context, card)
    assert (row.points_carry, row.carry_parts) == (105, 200)
