"""What each operation must know of a card's past: most must know nothing."""

from collections.abc import Callable, Mapping
from typing import Any, Final

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
from punchcard.loyalty.rules.values import NO_HISTORY, History
from punchcard.loyalty.till.looks.batch_history import (
    Sight,
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


def history_of(operation: Operation, sight: Sight) -> History:
    """Return what the rules look at for `operation`, beside the card; raises what `past` does."""
    look = _LOOKS.get(type(operation))
    return NO_HISTORY if look is None else look(operation, sight)


def _reward(operation: RedeemReward, sight: Sight) -> History:
    reward = sight.rewards.get((operation.vendor_id, operation.reward_id))
    return wanted_reward(sight.past, reward, sight.card)


def _grant(operation: Operation, sight: Sight) -> History:
    return grant_history(sight.past, operation, sight.card, sight.rewards)


def _reservation(operation: Operation, sight: Sight) -> History:
    return reservation_history(sight.past, operation, sight.card, sight.rewards)


_LOOKS: Final[Mapping[type[Operation], Callable[[Any, Sight], History]]] = {
    AddStamp: stamp_history,
    EarnPoints: purchase_history,
    RecordVisit: visit_history,
    RedeemReward: _reward,
    VoidEntry: void_history,
    RefundPoints: refund_history,
    GrantReward: _grant,
    RedeemGrant: _grant,
    RevokeGrant: _grant,
    Reserve: _reservation,
    ConfirmReservation: _reservation,
    ReleaseReservation: _reservation,
}
