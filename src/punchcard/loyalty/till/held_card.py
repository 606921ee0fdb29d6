"""A card in the hand of the till: read from the database, moved by the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from operator import ne
from typing import Any, Final

from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.card_view import CardView, customer_of, state_of, view_of
from punchcard.loyalty.cards.merges.merged_cards import all_of
from punchcard.loyalty.rules.reward_rules import AS_OFFERED, Shelf
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.values import CardState, ProgramRules

_FIRST: Final = CardState._fields.index("stamps")
_BALANCES: Final = CardState._fields[_FIRST : CardState._fields.index("enrolled_at")]
"""The fields of a card's state that entries move, but for what stands beside balances."""


@dataclass(slots=True)
class HeldCard:
    """A card in the till's hand: its state moves with each entry of the batch; `read` stays."""

    state: CardState
    read: CardState
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
    # In the order of the fields: naming them costs twice as much.
    return HeldCard(
        state,
        state,
        program,
        row.number,
        row.token_sealed,
        row.token_hash,
        customer_of(row),
        row.sequence,
        row.head_hash,
        row.keeps_origins,
        False,
        state.standing is not None,
        (row.wallet_apple, row.wallet_google) if has_wallets else None,
        row.external_code,
    )


def state_row(card: HeldCard, now: datetime) -> dict[str, Any]:
    """Return the columns of a card that entries move."""
    state = card.state
    # Field by field would cost four times as much.
    row: dict[str, Any] = dict(zip(_BALANCES, state[_FIRST:], strict=False))
    row["id"] = state.id
    row["sequence"] = card.sequence
    row["head_hash"] = card.head_hash
    row["updated_at"] = now
    return row


def moved_columns(cards: Sequence[HeldCard]) -> tuple[str, ...]:
    """Return the names of the balances that differ from what was read, on any of `cards`."""
    if len(cards) == 1:
        differs = map(ne, cards[0].read[_FIRST:], cards[0].state[_FIRST:])
    else:
        read = [card.read[_FIRST:] for card in cards]
        moved = [card.state[_FIRST:] for card in cards]
        differs = map(ne, zip(*read, strict=True), zip(*moved, strict=True))
    return tuple(compress(_BALANCES, differs))


def standing_row(card: HeldCard, now: datetime) -> dict[str, Any]:
    """Return the same with the columns of dates, tiers and promises."""
    row = state_row(card, now)
    row["standing"] = card.document(card.state.standing)
    row["due_on"] = card.state.due_on
    return row
