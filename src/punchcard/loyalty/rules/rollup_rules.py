"""What one ledger entry adds to the statistics of its day: pure, used by the till and by rebuild.

Every change of a balance lands in exactly one column, so that over all days
`stamps_earned - stamps_redeemed - stamps_expired + stamps_moved` is the sum of the cards' stamps,
and `points_earned - points_redeemed + points_adjusted - points_expired - points_refunded
- points_reserved + points_moved` the sum of their points and of those that are pending. What is
pending is in `points_pending` as well, and what promotions and tiers added in `*_bonus`.
"""

from typing import Final, Literal

from punchcard.loyalty.rules import details_rollup
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.vocabulary import EntryType

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_PURCHASES: Final = (EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)
_STAMPS_REDEEMED: Final = EntryType.STAMPS_REDEEMED

ACTIVITY_TYPES = frozenset(
    {
        EntryType.CARD_OPENED,
        EntryType.STAMP_EARNED,
        EntryType.STAMPS_REDEEMED,
        EntryType.POINTS_EARNED,
        EntryType.POINTS_REDEEMED,
        EntryType.VISIT_RECORDED,
        EntryType.GRANT_REDEEMED,
    }
)
"""Entries that show the customer was there; they move a card's `cards_last_seen` day ahead."""

ROLLUP_COLUMNS = (
    "cards_opened",
    "cards_last_seen",
    "stamps_earned",
    "stamps_redeemed",
    "points_earned",
    "points_redeemed",
    "points_adjusted",
    "rewards_redeemed",
    "reward_value_minor",
    "purchases",
    "purchase_amount_minor",
)
"""What is counted of any program."""

DETAILS_COLUMNS = (
    "stamps_bonus",
    "stamps_expired",
    "stamps_moved",
    "points_bonus",
    "points_expired",
    "points_pending",
    "points_refunded",
    "points_reserved",
    "points_moved",
    "refund_amount_minor",
    "rewards_granted",
    "grants_ended",
)
"""What only entries with details or of types that come with them are counted in."""

ALL_COLUMNS = (*ROLLUP_COLUMNS, *DETAILS_COLUMNS)

_Side = Literal["opened", "earned", "redeemed", "adjusted"]
_COLUMNS: Final = {
    "earned": ("stamps_earned", "points_earned", 1),
    "redeemed": ("stamps_redeemed", "points_redeemed", -1),
}
"""Where what was earned or redeemed is counted, and the sign with which it is."""

_SIDES: dict[str, _Side] = {
    EntryType.CARD_OPENED: "opened",
    EntryType.WELCOME_BONUS: "earned",
    EntryType.STAMP_EARNED: "earned",
    EntryType.POINTS_EARNED: "earned",
    EntryType.STAMPS_REDEEMED: "redeemed",
    EntryType.POINTS_REDEEMED: "redeemed",
    EntryType.POINTS_ADJUSTED: "adjusted",
    EntryType.VISIT_RECORDED: "earned",
    EntryType.REFERRAL_BONUS: "earned",
    EntryType.AUTOMATION_BONUS: "earned",
}


def rollup_deltas(
    *,
    type: EntryType,
    stamps_delta: int,
    points_delta: int,
    amount_minor: int | None = None,
    has_reward: bool = False,
    reward_value_minor: int | None = None,
    voided_type: EntryType | None = None,
    details: Details | None = None,
    voided_details: Details | None = None,
) -> dict[str, int]:
    """Return what an entry adds to the columns of its day; columns it leaves alone are absent.

    A void (`voided_type` given) subtracts on its own day: `stamps_delta` and `points_delta` are the
    void's own, `amount_minor`, `has_reward` and `reward_value_minor` those of the entry it
    reverses. `cards_last_seen` is not here: it depends on the card's earlier days.
    """
    kind = voided_type or type
    count = -1 if voided_type else 1
    side = _SIDES.get(kind)
    if side is None:
        told = (amount_minor or 0, reward_value_minor or 0, details or {})
        figures = details_rollup.EntryFigures(count, stamps_delta, points_delta, *told)
        return details_rollup.deltas_of(kind, figures)
    if side == "opened":
        return {"cards_opened": count}
    if side == "adjusted":
        return {"points_adjusted": points_delta} if points_delta else {}
    pending = pending_in(details.get("lots", ())) if details else 0
    deltas = {}
    stamps_column, points_column, sign = _COLUMNS[side]
    if stamps_delta:
        deltas[stamps_column] = sign * stamps_delta
    if points_delta + pending:
        deltas[points_column] = sign * (points_delta + pending)
    if kind in _PURCHASES and amount_minor is not None:
        deltas["purchases"] = count
        if amount_minor:
            deltas["purchase_amount_minor"] = count * amount_minor
    if side == "redeemed" and (has_reward or kind == _STAMPS_REDEEMED):
        _add_reward(deltas, reward_value_minor, count)
    if details is not None or voided_details is not None:
        deltas["points_pending"] = pending
        parts = ((voided_details if voided_type else details) or {}).get("parts", ())
        details_rollup.add_bonuses(deltas, parts, count)
    return deltas


def _add_reward(deltas: dict[str, int], value_minor: int | None, count: int) -> None:
    deltas["rewards_redeemed"] = count
    if value_minor:
        deltas["reward_value_minor"] = count * value_minor
