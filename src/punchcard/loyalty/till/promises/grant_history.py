"""What the rules must know of grants and reservations, looked up for the operations about them."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from punchcard.db.base import table_of
from punchcard.kit.ids import GrantId, ReservationId, RewardId, VendorId
from punchcard.loyalty.grant_models import Grant, Reservation
from punchcard.loyalty.operations import (
    ConfirmReservation,
    GrantReward,
    Operation,
    RedeemGrant,
    RedeemReward,
    ReleaseReservation,
    Reserve,
    RevokeGrant,
)
from punchcard.loyalty.rules.promises.reservation_rules import times_held
from punchcard.loyalty.rules.values import CardState, History, RewardState
from punchcard.loyalty.till.held_card import HeldCard
from punchcard.loyalty.till.looks import till_queries as queries
from punchcard.loyalty.till.looks.batch_history import Past
from punchcard.loyalty.till.merges.batch_merges import given_on_merges
from punchcard.loyalty.vocabulary import GrantState, ReservationState

_GRANTS = table_of(Grant)
_RESERVATIONS = table_of(Reservation)

OF_REWARDS: Final = (RedeemReward, GrantReward, Reserve)
"""Operations that name a reward of the catalogue."""

Rewards = Mapping[tuple[VendorId, RewardId], RewardState]


def promised_rewards(operation: Operation, card: CardState) -> set[RewardId]:
    """Return the rewards of what a card was given or holds that an operation may move.

    What a card holds may come back before anything else is decided on it.
    """
    standing = card.standing
    if standing is None:
        return set()
    found = {held["reward"]["id"] for held in standing.held.values() if "reward" in held}
    if isinstance(operation, RedeemGrant | Reserve):
        found |= {facts["reward_id"] for facts in standing.grants.values()}
    return {RewardId(one) for one in found}


def grant_history(past: Past, operation: Operation, card: HeldCard, rewards: Rewards) -> History:
    """Return what a grant's operation looks at: its rewards, and what became of it before."""
    own = _own(rewards, card)
    if isinstance(operation, GrantReward):
        before = None
        if operation.once_key is not None:
            before = _given_before(past(card), card, operation.once_key)
        return History(reward=own.get(operation.reward_id), given_before=before)
    assert isinstance(operation, RedeemGrant | RevokeGrant)
    return History(rewards=own, grant_state=_grant_state(past, card, operation.grant_id))


def reservation_history(
    past: Past, operation: Operation, card: HeldCard, rewards: Rewards
) -> History:
    """Return what a reservation's operation looks at: its rewards, and what became of it before."""
    own = _own(rewards, card)
    if not isinstance(operation, Reserve):
        assert isinstance(operation, ConfirmReservation | ReleaseReservation)
        return History(reservation_state=_reservation_state(past, card, operation.reservation_id))
    if operation.reward_id is None:
        return History(rewards=own, grant_state=_grant_state(past, card, operation.grant_id))
    return wanted_reward(past, own.get(operation.reward_id), card)


def wanted_reward(past: Past, reward: RewardState | None, card: HeldCard) -> History:
    """Return the reward as it is now, and how often this card had it, if there is a limit."""
    times = 0
    if reward is not None and reward.per_card_limit is not None:
        times = queries.times_redeemed(past(card), card.all_ids, reward.id)
        times += times_held(card.state, reward.id)
    return History(reward=reward, times_redeemed=times)


def _own(rewards: Rewards, card: HeldCard) -> dict[RewardId, RewardState]:
    vendor_id = card.program.vendor_id
    return {reward_id: one for (vendor, reward_id), one in rewards.items() if vendor == vendor_id}


def _grant_state(past: Past, card: HeldCard, grant_id: GrantId | None) -> GrantState | None:
    if grant_id is None or grant_id in card.state.kept_standing.grants:
        return None
    query = select(_GRANTS.c.state).where(
        _GRANTS.c.id == grant_id, _GRANTS.c.card_id == card.state.id
    )
    return past(card).execute(query).scalar_one_or_none()


def _reservation_state(
    past: Past, card: HeldCard, reservation_id: ReservationId
) -> ReservationState | None:
    if reservation_id in card.state.kept_standing.held:
        return None
    query = select(_RESERVATIONS.c.state).where(
        _RESERVATIONS.c.id == reservation_id, _RESERVATIONS.c.card_id == card.state.id
    )
    return past(card).execute(query).scalar_one_or_none()


def _given_before(connection: Connection, card: HeldCard, once_key: str) -> GrantId | None:
    query = select(_GRANTS.c.id).where(
        _GRANTS.c.card_id.in_(card.all_ids), _GRANTS.c.once_key == once_key
    )
    found: GrantId | None = connection.execute(query.limit(1)).scalar_one_or_none()
    return found or given_on_merges(connection, card.all_ids).get(once_key)
