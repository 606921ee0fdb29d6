"""Café Alice behind a socket, with a program, a card, and keys for other software."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from punchcard.context import Context
from punchcard.main import create_app
from tests.support.cast import Shop
from tests.support.served import served
from tests.support.server_process import caller

PROGRAM = {
    "name": "Coffee",
    "type": "hybrid",
    "pin_policy": "off",
    "stamps_target": 2,
    "stamp_reward": {"name": "A coffee"},
    "cooldown_minutes": 0,
}


class Counter:
    """A shop with one program and one card, whose server answers at `address`."""

    def __init__(self, address: str, shop: Shop, owner: httpx.Client) -> None:
        self.address = address
        self.shop = shop
        self.owner = owner
        self.program = self.post("/programs", **PROGRAM)
        self.post(f"/programs/{self.program['id']}/activate")
        self.card = self.post(
            "/cards", program_id=self.program["id"], customer={"email": "anna@home.example"}
        )

    def post(self, path: str, **fields: Any) -> Any:
        """Send a change as the owner; returns what came of it."""
        answer = self.owner.post(f"/api/v1/vendor/loyalty{path}", json=fields)
        assert answer.is_success, answer.text
        return answer.json()

    def read(self, path: str) -> Any:
        """Read as the owner."""
        answer = self.owner.get(f"/api/v1/vendor/loyalty{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def entries(self) -> list[str]:
        """Return the types of the card's entries, the oldest first."""
        entries = self.read(f"/cards/{self.card['id']}/transactions")["items"]
        return [entry["type"] for entry in reversed(entries)]


@contextmanager
def open_counter(context: Context, shop: Shop) -> Iterator[Counter]:
    """Serve a shop as long as the block runs."""
    with served(create_app(context)) as address, caller(address) as owner:
        owner.headers["Authorization"] = f"Bearer {shop.token()}"
        yield Counter(address, shop, owner)
