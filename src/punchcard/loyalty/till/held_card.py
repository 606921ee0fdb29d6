"""A card in the hand of the till: read from the database, moved by the rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.card_view import CardView, customer_of, state_of, view_of
from punchcard.loyalty.cards.merges.merged_cards import all_of
from punchcard.loyalty.rules.reward_rules import AS_OFFERED, Shelf
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.values import CardState, ProgramRules


@dataclass(slots=True)
class HeldCard:
    """A card in the till's hand: its state moves with each entry of the batch."""

    state: CardState
    program: ProgramRules
    number: str
    token_sealed: bytes
    token_hash: bytes
    customer: dict[str, Any] | None
    sequence: int
    head_hash: bytes
    keeps_origins: bool
    is_touched: bool = False
    had_standing: bool = False
    wallets: tuple[str, str] | None = None
    external_code: str | None = None
    _told: tuple[Standing | None, dict[str, Any] | None] = (None, None)

    @property
    def all_ids(self) -> list[CardId]:
        """Return its id and those of the cards merged into it: whose past counts as its own."""
        return all_of(self.state.id, self.state.standing)

    def document(self, standing: Standing | None) -> dict[str, Any] | None:
        """Return a standing of the card as it is kept, made once for the answer and the row."""
        if self._told[0] is not standing:
            self._told = standing, None if standing is None else standing.document()
        return self._told[1]

    def view(self, now: datetime, shelf: Shelf = AS_OFFERED) -> "CardView":
        """Return the card as a caller may see it at `now`; see `view_of` for the shelf."""
        view = view_of(
            self.state,
            self.program,
            number=self.number,
            token_sealed=self.token_sealed,
            token_hash=self.token_hash,
            customer=self.customer,
            now=now,
            shelf=shelf,
            external_code=self.external_code,
        )
        if self.wallets is None:
            return view
        return view._replace(wallet_apple=self.wallets[0], wallet_google=self.wallets[1])


def held_card(row: Any, program: ProgramRules, *, has_wallets: bool = False) -> HeldCard:
    """Return the card in a row of `card_query`, which may end with the wallets' columns."""
    state = state_of(row)
    return HeldCard(
        state=state,
        program=program,
        number=row.number,
        token_sealed=row.token_sealed,
        token_hash=row.token_hash,
        customer=customer_of(row),
        sequence=row.sequence,
        head_hash=row.head_hash,
        keeps_origins=row.keeps_origins,
        had_standing=state.standing is not None,
        wallets=(row.wallet_apple, row.wallet_google) if has_wallets else None,
        external_code=row.external_code,
    )


def state_row(card: HeldCard, now: datetime) -> dict[str, Any]:
    """Return the columns of a card that entries move."""
    state = card.state
    return {
        "id": state.id,
        "stamps": state.stamps,
        "points": state.points,
        "points_carry": state.points_carry,
        "carry_parts": state.carry_parts,
        "lifetime_stamps": state.lifetime_stamps,
        "lifetime_points": state.lifetime_points,
        "lifetime_rewards": state.lifetime_rewards,
        "last_stamp_at": state.last_stamp_at,
        "stamps_day": state.stamps_day,
        "stamps_on_day": state.stamps_on_day,
        "is_welcome_due": state.is_welcome_due,
        "last_activity_at": state.last_activity_at,
        "sequence": card.sequence,
        "head_hash": card.head_hash,
        "updated_at": now,
    }


def standing_row(card: HeldCard, now: datetime) -> dict[str, Any]:
    """Return the same with the columns of dates, tiers and promises."""
    row = state_row(card, now)
    row["standing"] = card.document(card.state.standing)
    row["due_on"] = card.state.due_on
    return row
