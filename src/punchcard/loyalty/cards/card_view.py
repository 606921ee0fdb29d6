"""Cards as the till holds them: read from the database, moved by the rules, shown to callers."""

from datetime import datetime
from typing import Any, NamedTuple

from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.rules.stamp_rules import next_stamp
from punchcard.loyalty.rules.values import CardState, ProgramRules
from punchcard.loyalty.vocabulary import CardStatus


class CardView(NamedTuple):
    """Everything a card shows: balances, what is ready, when the next stamp is possible.

    In which wallets it is only receipts say here: anyone who reads a card asks the wallets.
    """

    id: CardId
    program_id: ProgramId
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


def view_of(
    state: CardState,
    program: ProgramRules,
    *,
    number: str,
    token_sealed: bytes,
    customer: dict[str, Any] | None,
    enrolled_at: datetime,
    now: datetime,
) -> CardView:
    """Return what a card shows at `now`."""
    following = next_stamp(program, state, now)
    # In the order of the fields: naming them costs three times as much.
    return CardView(
        state.id,
        program.id,
        number,
        token_sealed,
        state.status,
        customer,
        state.stamps,
        program.stamps_target,
        program.rewards_ready(state, now),
        state.points,
        state.lifetime_stamps,
        state.lifetime_points,
        state.lifetime_rewards,
        following.at,
        following.left_today,
        enrolled_at,
        state.last_activity_at,
    )


def view_of_row(row: Any, program: ProgramRules, now: datetime) -> CardView:
    """Return what the card in a row of `card_query` shows at `now`."""
    return view_of(
        CardState._make(row[: len(CardState._fields)]),
        program,
        number=row.number,
        token_sealed=row.token_sealed,
        customer=customer_of(row),
        enrolled_at=row.enrolled_at,
        now=now,
    )


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
