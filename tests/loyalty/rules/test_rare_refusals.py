"""What is seldom asked, and what it is refused with."""

from datetime import timedelta
from typing import Any

import pytest

from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import CardId, EntryId, GrantId, ReservationId, RewardId, VendorId
from punchcard.loyalty.errors.grants import GrantLimitReached
from punchcard.loyalty.errors.till import TransactionNotFound
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    ConfirmReservation,
    GrantReward,
    RefundPoints,
)
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.program_rules import check_price
from punchcard.loyalty.rules.promises.grant_rules import GRANTS_LIMIT
from punchcard.loyalty.rules.reward_rules import Shelf, obstacle, ready_rewards
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.values import History, RewardOffer, RewardState
from punchcard.loyalty.vocabulary import (
    ActorKind,
    CardStatus,
    GrantReason,
    ProgramStatus,
    RewardObstacle,
)
from tests.support.drivers.rules import ALICE, CAKE, CARD, MONDAY, PROGRAM, card, points_program

BY: dict[str, Any] = {"vendor_id": VendorId(ALICE), "actor": Actor(ActorKind.DEVICE, "till-1")}
ON_CARD: dict[str, Any] = {**BY, "card": CardRef(CardKey.ID, CardId(CARD))}
COFFEE: dict[str, Any] = {"reward_id": CAKE, "name": "A coffee"}


def test_a_card_is_given_only_so_much() -> None:
    reward = RewardState(
        id=RewardId(CAKE),
        program_id=points_program().id,
        name="A coffee",
        points_required=None,
        value_minor=None,
        stock_left=None,
        per_card_limit=None,
        valid_from=None,
        valid_until=None,
        is_archived=False,
    )
    assert reward.program_id == PROGRAM
    asked = GrantReward(
        **ON_CARD,
        grant_id=GrantId("one more"),
        code="",
        reward_id=reward.id,
        reason=GrantReason.APOLOGY,
    )
    nearly = {str(number): COFFEE for number in range(GRANTS_LIMIT - 1)}
    holder = card(standing=Standing(grants=nearly))
    full = decide(asked, points_program(), holder, MONDAY, History(reward=reward)).card
    assert len(full.kept_standing.grants) == GRANTS_LIMIT
    with pytest.raises(GrantLimitReached):
        decide(asked, points_program(), full, MONDAY, History(reward=reward))


def test_of_a_reserved_reward_no_part_is_used() -> None:
    until = (MONDAY + timedelta(hours=1)).isoformat()
    held = {"one": {"points": 5, "until": until, "reward": {"id": CAKE, "name": "A cake"}}}
    asked = ConfirmReservation(**ON_CARD, reservation_id=ReservationId("one"), points=5)
    with pytest.raises(InvalidInput):
        decide(asked, points_program(), card(standing=Standing(held=held)), MONDAY)


def test_nothing_is_paid_back_of_what_nobody_knows() -> None:
    asked = RefundPoints(
        **BY, transaction_id=EntryId("unknown"), amount_minor=1, refund_reference="B-1"
    )
    with pytest.raises(TransactionNotFound):
        decide(asked, points_program(), card(), MONDAY)


def test_what_nobody_could_ever_have_is_no_offer() -> None:
    check_price(None, 10)
    check_price(10, 10)
    with pytest.raises(InvalidInput):
        check_price(9, 10)


@pytest.mark.parametrize(
    ("rules", "holds", "told"),
    [
        ({}, {"status": CardStatus.BLOCKED}, RewardObstacle.CARD_BLOCKED),
        ({"status": ProgramStatus.INACTIVE}, {}, RewardObstacle.PROGRAM_INACTIVE),
        ({}, {}, RewardObstacle.NOT_ENOUGH_POINTS),
        ({}, {"points": 5}, None),
    ],
)
def test_what_keeps_a_card_from_a_reward_is_told_in_its_order(
    rules: dict[str, Any], holds: dict[str, Any], told: RewardObstacle | None
) -> None:
    offer = RewardOffer(5, None, None)
    assert obstacle(offer, points_program(**rules), card(**holds), MONDAY) == told


@pytest.mark.parametrize(("left", "names"), [(None, ["A coffee"]), (1, ["A coffee"]), (0, [])])
def test_what_was_given_is_ready_while_there_is_some(left: int | None, names: list[str]) -> None:
    holder = card(standing=Standing(grants={"one": COFFEE}))
    shelf = Shelf() if left is None else Shelf(stock={RewardId(CAKE): left})
    ready = ready_rewards(points_program(), holder, MONDAY, shelf)
    assert [one.name for one in ready] == names
