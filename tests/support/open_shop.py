"""A shop with one card, ready before a server process opens the same database."""

from contextlib import closing
from dataclasses import dataclass

from punchcard.context import build_context
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard
from tests.loyalty import shelf
from tests.support import cast

EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0}


@dataclass(frozen=True)
class OpenShop:
    """Café Alice's API key, and the id and the token of its one card."""

    key: str
    card_id: str
    token: str


def open_shop(settings: Settings) -> OpenShop:
    """Open Café Alice with one card of a program without PINs or pauses."""
    with closing(build_context(settings)) as context:
        alice = cast.open_cafe_alice(context)
        card_id = shelf.opened_card(alice, shelf.program(alice, **EASY))
        with context.database.read() as session:
            sealed = session.get_one(LoyaltyCard, card_id).token_sealed
        token = context.loyalty.card_sealer.open(sealed, card_id)
        assert token is not None
        return OpenShop(alice.api_key("loyalty:operate"), card_id, token.decode())
