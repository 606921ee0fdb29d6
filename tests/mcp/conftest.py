"""Café Alice behind a socket, and an assistant's client that starts `punchcard mcp` for itself."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from punchcard.context import Context
from punchcard.main import create_app
from tests.support.cast import Shop
from tests.support.demo_server import plain_environment
from tests.support.served import served
from tests.support.server_process import PUNCHCARD, caller

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


@pytest.fixture
def counter(context: Context, alice: Shop) -> Iterator[Counter]:
    """Serve Café Alice."""
    with served(create_app(context)) as address, caller(address) as owner:
        owner.headers["Authorization"] = f"Bearer {alice.token()}"
        yield Counter(address, alice, owner)


@asynccontextmanager
async def assistant(
    folder: Path, url: str, key: str, *options: str, **variables: str
) -> AsyncIterator[Client]:
    """Speak to a `punchcard mcp` that the SDK's own client starts; its errors go to a file."""
    started = StdioServerParameters(
        command=PUNCHCARD,
        args=["mcp", "--url", url, *options],
        env={**plain_environment(), "PUNCHCARD_API_KEY": key, **variables},
    )
    with (folder / "mcp.log").open("w") as log:
        async with Client(stdio_client(started, errlog=log)) as client:
            yield client
