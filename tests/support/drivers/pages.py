"""PagesDriver: what tests of the pages need: a program, Anna's PIN, and cards."""

from typing import Any

from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.card_service import get_card, open_card
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.models import LoyaltyProgram, StaffPin
from punchcard.loyalty.operations import Actor, NewCustomer, OperationMetadata, StaffIdentity
from punchcard.loyalty.till.points_service import earn_points
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.stamp_service import add_stamp
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop

ANNAS_PIN = "4711"
ACTOR = Actor(ActorKind.DEVICE, None)
FREE: dict[str, Any] = {
    "type": "hybrid",
    "status": "active",
    "pin_policy": "optional",
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
    "stamps_target": 5,
}


class PagesDriver:
    """One shop's counter; programs are free of limits unless `fields` say otherwise."""

    def __init__(self, shop: Shop, **fields: Any) -> None:
        self.shop = shop
        self.program: LoyaltyProgram = shelf.program(shop, **{**FREE, **fields})
        self.anna: StaffPin = shelf.pin(shop, ANNAS_PIN, "Anna")

    def open(self, name: str | None = "Marie Schmit", **told: Any) -> CardId:
        """Open a card for someone; returns its id."""
        customer = NewCustomer(name=name, **told) if name or told else None
        till, program_id = self.shop.context.loyalty.till, self.program.id
        common: OperationMetadata = {"vendor_id": self.shop.id, "actor": ACTOR}
        return open_card(till, program_id, customer=customer, **common).card.id

    def stamp(self, card_id: CardId, quantity: int = 1, **metadata: Any) -> Receipt:
        """Stamp a card, with Anna at the till."""
        till = self.shop.context.loyalty.till
        return add_stamp(till, card_id, quantity=quantity, **self._by_anna(), **metadata)

    def earn(self, card_id: CardId, amount_minor: int, reference: str | None = None) -> Receipt:
        """Credit a purchase, with Anna at the till."""
        till = self.shop.context.loyalty.till
        return earn_points(
            till, card_id, amount_minor=amount_minor, reference=reference, **self._by_anna()
        )

    def card(self, card_id: CardId) -> CardView:
        """Read a card as it is now."""
        context = self.shop.context
        with context.database.read() as session:
            return get_card(session, self.shop.id, card_id, now=context.clock.now())

    def _by_anna(self) -> dict[str, Any]:
        staff = StaffIdentity(self.anna.id, None, self.anna.name, None)
        return {"vendor_id": self.shop.id, "actor": ACTOR, "staff": staff}
