"""The operation that moves two cards at once."""

from punchcard.kit.ids import MergeId
from punchcard.kit.values import value
from punchcard.loyalty.operations import CardOperation, CardRef


@value
class MergeCards(CardOperation):
    """Move all that `from_card` has to the card, and let its codes lead there from now on.

    Both are named by their ids. `is_by_till` is as for OpenCard. `offer_id` is the offer that the
    holder of both accepts, which must stand when the cards are held; None where the shop merges.
    """

    merge_id: MergeId
    from_card: CardRef
    is_by_till: bool = True
    offer_id: str | None = None
