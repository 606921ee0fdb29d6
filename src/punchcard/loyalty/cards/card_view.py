"""Cards as the till holds them: read from the database, moved by the rules, shown to callers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from punchcard.accounts.vocabulary import VendorStatus
from punchcard.kit.ids import CardId, ProgramId, RewardId, VendorId
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.dated.due_rules import as_of
from punchcard.loyalty.rules.reward_rules import AS_OFFERED, ReadyReward, Shelf, ready_rewards
from punchcard.loyalty.rules.stamp_rules import next_stamp
from punchcard.loyalty.rules.stamps.milestone_rules import (
    Claim,
    MilestoneView,
    kept_of,
    milestones_of,
)
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.tiers.tier_rules import TierView, tier_view
from punchcard.loyalty.rules.values import CardState, ProgramRules
from punchcard.loyalty.vocabulary import CardStatus

_STATE_WIDTH: Final = len(CardState._fields)
_NONE_USED_UP: Final[frozenset[RewardId]] = frozenset()


class CardView(NamedTuple):
    """Everything a card shows: balances, what is ready, when the next stamp is possible.

    `ready` are the rewards it can have now, the best first; `rewards_ready` is how many they are, a
    full card's as often as it is full. In which wallets it is only receipts say here: anyone who
    reads a card asks the wallets. `used_up` are rewards that it has had as often as a card may;
    only readers are told them. `milestones` are the rewards of its lap, the full card's last, and
    `kept_milestones` those of former laps that it still can have, by lap and stamps. `tier` is None
    where the program has none.
    `referral_slug` is where friends join whom it brings, `external_code` what is printed on what
    its holder had elsewhere.
    """

    id: CardId
    program_id: ProgramId
    vendor_id: VendorId
    number: str
    token_sealed: bytes
    status: CardStatus
    customer: dict[str, Any] | None
    stamps: int
    stamps_target: int
    rewards_ready: int
    points: int
    lifetime_stamps: int
    lifetime_points: int
    lifetime_rewards: int
    next_stamp_at: datetime | None
    stamps_left_today: int
    enrolled_at: datetime
    last_activity_at: datetime | None
    wallet_apple: str = "none"
    wallet_google: str = "none"
    ready: tuple[ReadyReward, ...] = ()
    used_up: frozenset[RewardId] = _NONE_USED_UP
    token_hash: bytes = b""
    standing: Standing | None = None
    milestones: tuple[MilestoneView, ...] = ()
    kept_milestones: tuple[Claim, ...] = ()
    tier: TierView | None = None
    referral_slug: str | None = None
    external_code: str | None = None

    @property
    def lap(self) -> int:
        """Return the lap that the card is on, from 1; it counts where there are milestones."""
        return 1 if self.standing is None else self.standing.lap

    @property
    def points_pending(self) -> int:
        """Return the points that the card has and cannot spend yet."""
        return 0 if self.standing is None else self.standing.points_pending

    @property
    def grants_ready(self) -> int:
        """Return how many rewards that it was given the card can have."""
        return 0 if self.standing is None else len(self.standing.grants)

    @property
    def expiring(self) -> list[tuple[int, str]]:
        """Return the points that end with the last day they are good, the first to end first."""
        lots = () if self.standing is None else self.standing.lots
        return [(lot.amount, lot.expires_on) for lot in lots if lot.expires_on != NEVER]

    @property
    def stamps_expiring(self) -> list[tuple[int, str]]:
        """Return the stamps that end with the last day they are good, the first to end first."""
        lots = () if self.standing is None else self.standing.stamp_lots
        return [(lot.amount, lot.expires_on) for lot in lots if lot.expires_on != NEVER]


def view_of(
    state: CardState,
    program: ProgramRules,
    *,
    number: str,
    token_sealed: bytes,
    token_hash: bytes,
    customer: dict[str, Any] | None,
    now: datetime,
    shelf: Shelf = AS_OFFERED,
    external_code: str | None = None,
) -> CardView:
    """Return what a card shows at `now`; `shelf` is what its rules do not know of rewards."""
    if state.standing is not None:
        state = as_of(program, state, now)
    ready = ready_rewards(program, state, now, shelf)
    following = next_stamp(program, state, now)
    # In the order of the fields: naming them costs three times as much.
    return CardView(
        state.id,
        program.id,
        program.vendor_id,
        number,
        token_sealed,
        state.status,
        customer,
        state.stamps,
        program.stamps_target,
        sum(reward.times for reward in ready) if ready else 0,
        state.points,
        state.lifetime_stamps,
        state.lifetime_points,
        state.lifetime_rewards,
        following.at,
        following.left_today,
        state.enrolled_at,
        state.last_activity_at,
        "none",
        "none",
        ready,
        _NONE_USED_UP,
        token_hash,
        state.standing,
        milestones_of(program, state),
        () if state.standing is None else kept_of(program, state),
        None if program.tier_plan is None else tier_view(program, state, program.day_of(now)),
        program.referral_slug,
        external_code,
    )


def state_of(row: Any) -> CardState:
    """Return what the rules look at of the card in a row of `card_query`."""
    state = CardState._make(row[:_STATE_WIDTH])
    kept: Any = state.standing
    if kept is None:
        return state
    # SQLite keeps documents as text: read here, where one is there, and not for every card.
    document = orjson.loads(kept) if isinstance(kept, str) else kept
    return state._replace(standing=Standing.parse(document))


def view_of_row(
    row: Any, program: ProgramRules, now: datetime, taken: Mapping[RewardId, int]
) -> CardView:
    """Return what the card in a row of `card_query` shows at `now`.

    `taken` is how often it has redeemed rewards of which a card gets so many.
    """
    view = view_of(
        state_of(row),
        program,
        number=row.number,
        token_sealed=row.token_sealed,
        token_hash=row.token_hash,
        customer=customer_of(row),
        now=now,
        shelf=Shelf(taken=taken, is_open=row.vendor_status == VendorStatus.ACTIVE),
        external_code=row.external_code,
    )
    if not taken:
        return view
    limits = {offer.id: offer.per_card_limit for offer in program.offers}
    used_up = (id for id, times in taken.items() if times >= (limits.get(id) or times + 1))
    return view._replace(used_up=frozenset(used_up))


def customer_of(row: Any) -> dict[str, Any] | None:
    """Return the customer in a row of `card_query`, or None for an anonymous card."""
    if row.customer_id is None:
        return None
    return {
        "id": row.customer_id,
        "name": row.customer_name,
        "email": row.customer_email,
        "phone": row.customer_phone,
        "birthday": row.customer_birthday,
        "locale": row.customer_locale,
        "marketing_consent": row.customer_marketing_consent,
    }
