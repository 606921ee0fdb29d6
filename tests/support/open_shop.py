"""A shop with one card, ready before a server process opens the same database."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any

import httpx

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

    def watch(self, page: httpx.Client) -> AbstractContextManager[httpx.Response]:
        """Open the card's live line, as its page does."""
        return page.stream("GET", f"/api/v1/loyalty/cards/{self.token}/events")

    def stamp(self, till: httpx.Client) -> None:
        """Give the card a stamp."""
        stamped = till.post(
            "/api/v1/vendor/loyalty/stamp",
            json={"card": self.card_id},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert stamped.status_code == 201, stamped.text


def shown(line: httpx.Response) -> Iterator[dict[str, Any]]:
    """Yield what a live line tells, as it comes."""
    for one in line.iter_lines():
        if one.startswith("data: "):
            yield json.loads(one.removeprefix("data: "))


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
