"""A program of dates, tiers and a promotion, with the books that it is held to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bench.growth.books import (
    DOUBLED,
    FACTORS,
    REWARD_CENTS,
    REWARD_POINTS,
    TIERS,
    Ask,
    Books,
    Deed,
)
from bench.purchases import POINTS_PER_DOLLAR
from punchcard.accounts.audit_service import Act
from punchcard.context import Context
from punchcard.kit.ids import CardId, EntryId, ProgramId, PromotionId, RewardId, VendorId
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    EarnPoints,
    OpenCard,
    Operation,
    RedeemReward,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.programs import program_service, promotion_service, reward_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind

ZONE: Final = ZoneInfo("America/New_York")
_BY_TILL: Final = Actor(ActorKind.DEVICE, "till-1")

PROGRAM: dict[str, Any] = {
    "type": "points",
    "status": "active",
    "pin_policy": "off",
    "points_per_currency_unit": POINTS_PER_DOLLAR,
    "points_expiry": {"kind": "fixed", "months": 12, "round_to": "month_end"},
    "tiers": [
        {"key": key, "name": key, "threshold": takes, "earn_factor": f"{float(FACTORS[key]):.3f}"}
        for key, takes in TIERS["tiers"]
    ],
    "tier_basis": "spend_minor",
    "tier_window": TIERS["window"],
    "tier_downgrade": TIERS["falls"],
    "tier_holds_months": TIERS["holds"],
    "tier_grace_days": TIERS["grace"],
}
REWARD = {"name": "A voucher", "points_required": REWARD_POINTS, "value_minor": REWARD_CENTS}
PROMOTION: dict[str, Any] = {
    "name": "Double points",
    "effect": {"kind": "multiply", "factor": "2.000"},
    "starts_on": DOUBLED[0],
    "ends_on": DOUBLED[1],
}


@dataclass
class ProgramCounter:
    """A program with the books that it is held to, and its cards by customer."""

    context: Context
    vendor_id: VendorId
    program_id: ProgramId
    reward_id: RewardId
    promotion_id: PromotionId
    books: Books
    cards: dict[str, CardId] = field(default_factory=dict)
    entries: dict[int, EntryId] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def live(self, day: date) -> int:
        """Open the cards of a day and do what is asked for on it; returns how much that was."""
        customers = self.books.opening_days[day]
        opened = self._do([self._opening() for _ in customers])
        self.cards |= {
            customer: receipt.card.id
            for customer, receipt in zip(customers, opened, strict=True)
            if receipt
        }
        asks = self.books.asks_of(day)
        done = self._do([self._asked(ask, day) for ask in asks])
        self.entries |= {
            ask.line: EntryId(receipt.entry["id"])
            for ask, receipt in zip(asks, done, strict=True)
            if receipt and ask.deed is Deed.BUYS
        }
        return len(asks)

    def _do(self, operations: Sequence[Operation]) -> list[Receipt | None]:
        outcomes = self.context.loyalty.till.submit_all(operations)
        self.refused += [f"refused: {one!r}" for one in outcomes if not isinstance(one, Receipt)]
        return [outcome if isinstance(outcome, Receipt) else None for outcome in outcomes]

    def _opening(self) -> OpenCard:
        return OpenCard(vendor_id=self.vendor_id, actor=_BY_TILL, program_id=self.program_id)

    def _asked(self, ask: Ask, day: date) -> Operation:
        common: dict[str, Any] = {
            "vendor_id": self.vendor_id,
            "actor": _BY_TILL,
            "occurred_at": None if ask.happened == day else noon(ask.happened),
        }
        if ask.deed is Deed.TAKES_BACK:
            return VoidEntry(**common, transaction_id=self.entries[ask.line])
        if ask.deed is Deed.IS_PAID_BACK:
            return RefundPoints(
                **common,
                transaction_id=self.entries[ask.line],
                amount_minor=ask.cents,
                refund_reference=f"{ask.line} on {ask.happened}",
            )
        common["card"] = CardRef(CardKey.ID, self.cards[ask.customer])
        if ask.deed is Deed.TAKES_REWARD:
            return RedeemReward(**common, reward_id=self.reward_id)
        return EarnPoints(**common, amount_minor=ask.cents)


def noon(day: date) -> datetime:
    """Return the middle of a day where the customers are."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


def open_counter(context: Context, act: Act, vendor_id: VendorId, books: Books) -> ProgramCounter:
    """Open a program with a reward and a promotion: a draft, unless the books let it count."""
    name = "With" if books.has_double else "Without"
    status = "active" if books.has_double else "draft"
    with context.database.write() as session:
        whose = session, act, vendor_id
        program_id = program_service.create_program(*whose, {**PROGRAM, "name": name}).id
        reward_id = reward_service.create_reward(*whose, program_id, REWARD).id
        promotion = {**PROMOTION, "status": status}
        promotion_id = promotion_service.create_promotion(*whose, program_id, promotion).id
    return ProgramCounter(context, vendor_id, program_id, reward_id, promotion_id, books)
