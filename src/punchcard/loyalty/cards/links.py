"""Where a card's page stands: the one place that spells its address."""

from punchcard.kit.ids import CardId
from punchcard.kit.secrets import Sealer
from punchcard.kit.settings import Settings


def card_sealer(settings: Settings) -> Sealer:
    """Return what seals the secret tokens of cards; a seal is bound to the card's id."""
    return Sealer(settings.keys, "card token")


def public_path(token: str) -> str:
    """Return the path of the page of the card with this token."""
    return f"/c/{token}"


def hand_over_path(ticket: str) -> str:
    """Return the path by which a card is handed over, once."""
    return f"/h/{ticket}"


def own_data_path(token: str, secret: str) -> str:
    """Return the path at which a card's holder, who has shown who they are, has their data."""
    return f"{public_path(token)}/yours/{secret}"


class CardLinks:
    """Makes the address of a card's page: unseals its token and puts it behind `base_url`."""

    def __init__(self, base_url: str, sealer: Sealer) -> None:
        self.base_url = base_url.rstrip("/")
        self._sealer = sealer

    def token(self, card_id: CardId, token_sealed: bytes) -> str | None:
        """Return the card's token, or None when it was sealed under another secret key."""
        token = self._sealer.open(token_sealed, card_id)
        return token.decode() if token is not None else None

    def public_url(self, card_id: CardId, token_sealed: bytes) -> str | None:
        """Return the address of the card's page, or None when its token can't be unsealed."""
        token = self.token(card_id, token_sealed)
        return self.address(token) if token is not None else None

    def address(self, token: str) -> str:
        """Return the address of the page of the card with this token."""
        return self.base_url + public_path(token)
