"""What each operation must know of a card's past: most must know nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from punchcard.kit.ids import RewardId, VendorId
from punchcard.loyalty.operations import (
    AddStamp,
    ConfirmReservation,
    EarnPoints,
    GrantReward,
    Operation,
    RecordVisit,
    RedeemGrant,
    RedeemReward,
    RefundPoints,
    ReleaseReservation,
    Reserve,
    RevokeGrant,
    VoidEntry,
)
from punchcard.loyalty.rules.values import NO_HISTORY, History, RewardState
from punchcard.loyalty.till.held_card import HeldCard
from punchcard.loyalty.till.looks.batch_history import (
    Past,
    purchase_history,
    refund_history,
    stamp_history,
    visit_history,
    void_history,
)
from punchcard.loyalty.till.promises.grant_history import (
    grant_history,
    reservation_history,
    wanted_reward,
)


class Sight(NamedTuple):
    """What can be looked at: the past of the card, the rewards that were locked, the time."""

    past: Past
    card: HeldCard
    rewards: Mapping[tuple[VendorId, RewardId], RewardState]
    now: datetime


def history_of(operation: Operation, sight: Sight) -> History:
    """Return what the rules look at for `operation`, beside the card; raises what `past` does."""
    look = _LOOKS.get(type(operation))
    return NO_HISTORY if look is None else look(operation, sight)


def _stamp(operation: AddStamp, sight: Sight) -> History:
    return stamp_history(sight.past, operation, sight.card, sight.now)


def _purchase(operation: EarnPoints, sight: Sight) -> History:
    return purchase_history(sight.past, operation, sight.card, sight.now)


def _visit(operation: RecordVisit, sight: Sight) -> History:
    return visit_history(sight.past, operation, sight.card, sight.now)


def _reward(operation: RedeemReward, sight: Sight) -> History:
    reward = sight.rewards.get((operation.vendor_id, operation.reward_id))
    return wanted_reward(sight.past, reward, sight.card)


def _void(operation: VoidEntry, sight: Sight) -> History:
    return void_history(sight.past, operation, sight.card, sight.rewards)


def _refund(operation: RefundPoints, sight: Sight) -> History:
    return refund_history(sight.past, operation, sight.card)


def _grant(operation: Operation, sight: Sight) -> History:
    return grant_history(sight.past, operation, sight.card, sight.rewards)


def _reservation(operation: Operation, sight: Sight) -> History:
    return reservation_history(sight.past, operation, sight.card, sight.rewards)


_LOOKS: Final[Mapping[type[Operation], Callable[[Any, Sight], History]]] = {
    AddStamp: _stamp,
    EarnPoints: _purchase,
    RecordVisit: _visit,
    RedeemReward: _reward,
    VoidEntry: _void,
    RefundPoints: _refund,
    GrantReward: _grant,
    RedeemGrant: _grant,
    RevokeGrant: _grant,
    Reserve: _reservation,
    ConfirmReservation: _reservation,
    ReleaseReservation: _reservation,
}
