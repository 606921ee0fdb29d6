"""Cards as the till holds them: read from the database, moved by the rules, shown to callers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from punchcard.kit.clock import to_rfc3339
from punchcard.kit.values import value
from punchcard.loyalty.ledger.entry import EntryRow
from punchcard.loyalty.rules.stamp_rules import next_stamp
from punchcard.loyalty.rules.values import CardState, ProgramRules


@dataclass(slots=True)
class HeldCard:
    """A card in the till's hand: its state moves with each entry of the batch."""

    state: CardState
    program: ProgramRules
    number: str
    token_sealed: bytes
    customer: dict[str, Any] | None
    enrolled_at: datetime
    sequence: int
    head_hash: bytes
    keeps_origins: bool
    is_touched: bool = False
    wallets: tuple[str, str] | None = None

    def view(self, now: datetime) -> "CardView":
        """Return the card as a caller may see it at `now`."""
        view = view_of(
            self.state,
            self.program,
            number=self.number,
            token_sealed=self.token_sealed,
            customer=self.customer,
            enrolled_at=self.enrolled_at,
            now=now,
        )
        if self.wallets is None:
            return view
        return view._replace(wallet_apple=self.wallets[0], wallet_google=self.wallets[1])


class CardView(NamedTuple):
    """Everything a card shows: balances, what is ready, when the next stamp is possible.

    In which wallets it is only receipts say here: whoever reads a card asks the wallets.
    """

    id: str
    program_id: str
    number: str
    token_sealed: bytes
    status: str
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


@value
class Receipt:
    """What the till answers: the entry, the card after it, and whether it was answered before."""

    entry: EntryRow
    staff_name: str | None
    card: CardView
    is_replay: bool = False


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


def answer_facts(view: CardView) -> dict[str, Any]:
    """Return what an entry must keep so that the same answer can be given again."""
    return {
        "balance": [view.stamps, view.points],
        "lifetime": [view.lifetime_stamps, view.lifetime_points, view.lifetime_rewards],
        "stamps_target": view.stamps_target,
        "rewards_ready": view.rewards_ready,
        "next_stamp_at": to_rfc3339(view.next_stamp_at) if view.next_stamp_at else None,
        "stamps_left_today": view.stamps_left_today,
        "last_activity_at": to_rfc3339(view.last_activity_at) if view.last_activity_at else None,
        "number": view.number,
        "status": view.status,
    }


def as_answered(view: CardView, entry: EntryRow) -> CardView:
    """Return the card as it was shown when `entry` was first answered.

    Contact data and the link are today's: they are not kept beside the ledger.
    """
    facts = entry["answer"]
    # Not the entry's own balance: a welcome bonus follows the entry that opens a card.
    stamps, points = facts["balance"]
    lifetime_stamps, lifetime_points, lifetime_rewards = facts["lifetime"]
    return view._replace(
        stamps=stamps,
        points=points,
        lifetime_stamps=lifetime_stamps,
        lifetime_points=lifetime_points,
        lifetime_rewards=lifetime_rewards,
        stamps_target=facts["stamps_target"],
        rewards_ready=facts["rewards_ready"],
        next_stamp_at=_moment(facts["next_stamp_at"]),
        stamps_left_today=facts["stamps_left_today"],
        last_activity_at=_moment(facts["last_activity_at"]),
        number=facts["number"],
        status=facts["status"],
    )


def held_card(row: Any, program: ProgramRules, *, has_wallets: bool = False) -> HeldCard:
    """Return the card in a row of `card_query`, which may end with the wallets' columns."""
    return HeldCard(
        state=CardState._make(row[: len(CardState._fields)]),
        program=program,
        number=row.number,
        token_sealed=row.token_sealed,
        customer=customer_of(row),
        enrolled_at=row.enrolled_at,
        sequence=row.sequence,
        head_hash=row.head_hash,
        keeps_origins=row.keeps_origins,
        wallets=(row.wallet_apple, row.wallet_google) if has_wallets else None,
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


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
