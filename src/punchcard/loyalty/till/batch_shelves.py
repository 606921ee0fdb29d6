"""What a batch knows of stocks and of what cards had already, for the answers it gives.

Nothing here is locked: what a redemption rests on is. It is read once a batch and a program, and
once a card, and only where a reward within the card's reach can run out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId, ProgramId, RewardId
from punchcard.loyalty.cards.card_queries import times_redeemed
from punchcard.loyalty.models import Reward
from punchcard.loyalty.rules.reward_rules import Shelf
from punchcard.loyalty.rules.values import ProgramRules
from punchcard.loyalty.till.batch_writes import BatchWrites
from punchcard.loyalty.vocabulary import EntryType

_REWARDS = table_of(Reward)
_COUNTED: Final = {
    EntryType.POINTS_REDEEMED: 1,
    EntryType.RESERVATION_CONFIRMED: 1,
    EntryType.VOIDED: -1,
}


@dataclass(slots=True)
class BatchShelves:
    """The shelves of programs, as they stand after what the batch has done so far."""

    connection: Connection
    _stocks: dict[ProgramId, dict[RewardId, int]] = field(default_factory=dict)
    _taken: dict[CardId, dict[RewardId, int]] = field(default_factory=dict)

    def of_card(
        self, program: ProgramRules, card_ids: Sequence[CardId], writes: BatchWrites
    ) -> Shelf:
        """Return the shelf as a card finds it, the first, with the past of those merged into it.

        `writes` are not in the database yet.
        """
        stock = {**self._stock(program), **writes.stocks}
        return Shelf(stock, Counter(self._before(program, card_ids)) + _now(card_ids[0], writes))

    def _stock(self, program: ProgramRules) -> dict[RewardId, int]:
        if all(offer.stock_left is None for offer in program.offers):
            return {}
        if program.id not in self._stocks:
            query = select(_REWARDS.c.id, _REWARDS.c.stock_left).where(
                _REWARDS.c.program_id == program.id, _REWARDS.c.stock_left.is_not(None)
            )
            self._stocks[program.id] = {row[0]: row[1] for row in self.connection.execute(query)}
        return self._stocks[program.id]

    def _before(self, program: ProgramRules, card_ids: Sequence[CardId]) -> dict[RewardId, int]:
        limited = [offer.id for offer in program.offers if offer.per_card_limit is not None]
        if not limited:
            return {}
        card_id = card_ids[0]
        if card_id not in self._taken:
            found = times_redeemed(self.connection, card_ids, limited)
            self._taken[card_id] = dict(sum(map(Counter, found.values()), Counter()))
        return self._taken[card_id]


def _now(card_id: CardId, writes: BatchWrites) -> Counter[RewardId]:
    """Return what the batch itself did for points: redemptions, less what it voided.

    What was given to the card counts towards no limit.
    """
    moved: Counter[RewardId] = Counter()
    for entry in writes.entries:
        is_own = entry["card_id"] == card_id and entry["reward_id"] is not None
        if is_own and "grant_id" not in (entry["details"] or {}):
            moved[entry["reward_id"]] += _COUNTED.get(entry["type"], 0)
    return moved
