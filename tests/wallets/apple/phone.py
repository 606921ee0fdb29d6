"""A phone that holds one card, at the wallet's own door: no HTTP between them."""

from dataclasses import dataclass

from sqlalchemy import select

from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.models import LoyaltyCard
from punchcard.wallets.apple.apple_registry import Registration
from punchcard.wallets.apple.apple_wallet_service import BuiltPass
from tests.wallets.apple.opened_pass import open_pass


@dataclass
class Phone:
    """Holds a card's pass; `shown` is the balance on its screen."""

    context: Context
    card_id: CardId
    token: str
    number: str = ""
    shown: str = ""
    tag: int | None = None
    modified_at: int = 0

    def add(self) -> "Phone":
        """Take the card's pass and register for its changes."""
        wallet = self.context.wallets.apple
        with self.context.database.read() as session:
            number = select(LoyaltyCard.number).where(LoyaltyCard.id == self.card_id)
            self.number = session.scalars(number).one()
        self._keep(wallet.hand_out(self.card_id, self.number))
        wallet.register(Registration(f"device of {self.token}", self.token, self.number))
        self.wake()
        return self

    def wake(self) -> None:
        """Do what a push makes a phone do: ask what changed, and fetch that."""
        wallet = self.context.wallets.apple
        serials, self.tag = wallet.updated_since(f"device of {self.token}", self.tag)
        for serial in serials:
            if built := wallet.latest(serial, known_since=self.modified_at):
                self._keep(built)

    def _keep(self, built: BuiltPass) -> None:
        self.shown = open_pass(built.content).fields("headerFields")["stamps"]
        self.modified_at = built.modified_at
