"""Whatever customers, staff and slow networks do in whatever order, the books stay right."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, ProgramId, RewardId, VendorId
from punchcard.loyalty.operations import Actor, OpenCard, VoidEntry
from punchcard.loyalty.rules.values import CardState, RewardState
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty.model import (
    PROGRAMS,
    REWARDS,
    RUSHES,
    STARTS,
    Rush,
    Shop,
    operation_of,
    rules_of,
)

COMMON: dict[str, Any] = {"vendor_id": "alice", "actor": Actor(ActorKind.DEVICE, "till-1")}
VOIDABLE = (
    "stamp_earned",
    "visit_recorded",
    "stamps_redeemed",
    "points_earned",
    "points_redeemed",
)


def shop_of(program: dict[str, Any], reward: dict[str, Any], now: datetime, vouched: bool) -> Shop:
    rules = rules_of(program, program_id=ProgramId("program"), vendor_id=VendorId("alice"))
    cake = RewardState(
        id=RewardId("cake"),
        program_id=ProgramId("program"),
        name="A cake",
        value_minor=500,
        valid_from=None,
        valid_until=None,
        is_archived=False,
        **reward,
    )
    shop = Shop(rules, cake, CardState(id=CardId("card")))
    # Old enough for all that comes late.
    opened_at = now - timedelta(days=3)
    shop.do(OpenCard(**COMMON, program_id=ProgramId("program"), is_vouched=vouched), opened_at)
    return shop


def live(shop: Shop, rushes: list[Rush], now: datetime) -> datetime:
    """Let the rushes come, checking the books after each operation."""
    for rush in rushes:
        now += timedelta(minutes=rush.minutes_later)
        answered = [entry["id"] for entry in shop.entries]
        for wish in rush.wishes:
            operation = operation_of(
                wish,
                card_id=CardId("card"),
                reward_id=RewardId("cake"),
                answered=answered,
                now=now,
                **COMMON,
            )
            before, length = shop.card, len(shop.entries)
            if isinstance(shop.do(operation, now), DomainError):
                assert (shop.card, len(shop.entries)) == (before, length)
            shop.check()
    return now


@settings(max_examples=80, deadline=None)
@given(program=PROGRAMS, reward=REWARDS, rushes=RUSHES, now=STARTS, vouched=st.booleans())
def test_the_books_stay_right_whatever_happens(
    program: dict[str, Any],
    reward: dict[str, Any],
    rushes: list[Rush],
    now: datetime,
    vouched: bool,
) -> None:
    shop = shop_of(program, reward, now, vouched)
    shop.check()
    live(shop, rushes, now)


@settings(max_examples=80, deadline=None)
@given(
    program=PROGRAMS,
    reward=REWARDS,
    rushes=RUSHES,
    now=STARTS,
    vouched=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_when_everything_is_voided_only_gifts_are_left(
    program: dict[str, Any],
    reward: dict[str, Any],
    rushes: list[Rush],
    now: datetime,
    vouched: bool,
    order: Random,
) -> None:
    # What has ended is owed by who has it voided then, as what was spent.
    shop = shop_of({**program, "stamps_expiry": None}, reward, now, vouched)
    now = live(shop, without_corrections(rushes), now)
    void_all(shop, now, order)
    gifts = [entry for entry in shop.entries if entry["type"] == "welcome_bonus"]
    assert shop.card.stamps == sum(gift["stamps_delta"] for gift in gifts)
    assert shop.card.points == sum(gift["points_delta"] for gift in gifts)
    assert shop.card.points_carry == 0
    assert shop.card.lifetime_rewards == 0
    assert shop.reward.stock_left == reward["stock_left"]


def without_corrections(rushes: list[Rush]) -> list[Rush]:
    return [
        Rush(rush.minutes_later, [wish for wish in rush.wishes if wish.kind != "adjust"])
        for rush in rushes
    ]


def void_all(shop: Shop, now: datetime, order: Random) -> None:
    """Void all that can be; what is refused because it is spent waits for its redemption's void."""
    left = [entry["id"] for entry in shop.entries if entry["type"] in VOIDABLE]
    voided = {entry["voids"] for entry in shop.entries}
    left = [entry_id for entry_id in left if entry_id not in voided]
    while left:
        order.shuffle(left)
        refused = []
        for entry_id in left:
            outcome = shop.do(VoidEntry(**COMMON, transaction_id=entry_id), now)
            if isinstance(outcome, DomainError):
                assert shop.program.void_policy == "refuse"
                refused.append(entry_id)
            shop.check()
        assert len(refused) < len(left)
        left = refused
