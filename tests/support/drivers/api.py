"""ApiDriver: the vendor's software, which uses the API over HTTP as an outside client does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

import httpx

from tests.contract.conftest import Stage
from tests.contract.world import LOYALTY
from tests.support.cast import PASSWORD
from tests.support.http import Api

_numbers = count(1)


class ApiDriver:
    """Café Alice's software; each program that it opens is a new one."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        # A key, because it lasts however far a test moves the clock.
        self.api = stage.as_alices("all scopes")

    @contextmanager
    def at(self, moment: str) -> Iterator[None]:
        """Let something happen at another time; then it is as late as it was."""
        clock = self.stage.clock
        now = clock.now()
        clock.set(datetime.fromisoformat(moment))
        try:
            yield
        finally:
            clock.set(now)

    def program(self, **fields: Any) -> dict[str, Any]:
        """Open a program: a stamp card without PINs unless `fields` say otherwise."""
        given = {
            "name": f"Program {next(_numbers)}",
            "type": "stamps",
            "status": "active",
            "pin_policy": "off",
            "stamp_reward": {"name": "A coffee", "value_minor": 350},
            **fields,
        }
        return self.made(self.api.post(f"{LOYALTY}/programs", given))

    def points_program(self, **fields: Any) -> dict[str, Any]:
        """Open a points program without PINs."""
        return self.program(type="points", **fields)

    def reward(self, program: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Put a reward of 100 points on the shelf."""
        given = {"name": "A cake", "points_required": 100, **fields}
        return self.made(self.api.post(f"{LOYALTY}/programs/{program['id']}/rewards", given))

    def card(self, program: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Open a card."""
        return self.made(self.api.post(f"{LOYALTY}/cards", {"program_id": program["id"], **fields}))

    def pin(self, digits: str, name: str = "Anna", **fields: Any) -> dict[str, Any]:
        """Give someone a PIN."""
        given = {"name": name, "pin": digits, **fields}
        return self.made(self.api.post(f"{LOYALTY}/pins", given))

    def stamp(self, card: dict[str, Any], **more: Any) -> httpx.Response:
        """Ask for a stamp."""
        return self._on("/stamp", card, more)

    def visit(self, card: dict[str, Any], **more: Any) -> httpx.Response:
        """Record a purchase with its stamps and points."""
        return self._on("/visit", card, more)

    def redeem_stamps(self, card: dict[str, Any], **more: Any) -> httpx.Response:
        """Ask for the reward of a full card."""
        return self._on("/stamp/redeem", card, more)

    def earn(self, card: dict[str, Any], amount_minor: int, **more: Any) -> httpx.Response:
        """Ask for the points of a purchase."""
        return self._on("/points/earn", card, {"amount_minor": amount_minor, **more})

    def redeem(self, card: dict[str, Any], **more: Any) -> httpx.Response:
        """Ask for a reward, or to take points."""
        return self._on("/points/redeem", card, more)

    def adjust(self, card: dict[str, Any], points_delta: int, **more: Any) -> httpx.Response:
        """Ask for a correction."""
        given = {"points_delta": points_delta, "reason": "Goodwill", **more}
        return self._on("/points/adjust", card, given)

    def void(self, receipt: httpx.Response, **more: Any) -> httpx.Response:
        """Ask to reverse the entry of a receipt."""
        key = more.pop("key", None)
        path = f"{LOYALTY}/transactions/{receipt.json()['transaction']['id']}/void"
        return self.api.post(path, {"reason": "Mistake", **more}, key=key)

    def operations(self, *operations: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a list of operations; returns what became of each."""
        answer = self.api.post(f"{LOYALTY}/operations", {"operations": list(operations)})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def now(self, card: dict[str, Any]) -> dict[str, Any]:
        """Read a card."""
        found: dict[str, Any] = self.api.get(f"{LOYALTY}/cards/{card['id']}").json()
        return found

    def entries(self, card: dict[str, Any]) -> list[dict[str, Any]]:
        """Read a card's ledger, newest first."""
        answer = self.api.get(f"{LOYALTY}/cards/{card['id']}/transactions")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def as_owner(self) -> Api:
        """Sign in anew as the owner, for what a key may not do."""
        attempt = {"email": self.stage.world.alices["owner_email"], "password": PASSWORD}
        answer = self.stage.api.post("/auth/token", attempt)
        return self.stage.api.with_token(answer.json()["access_token"])

    def made(self, answer: httpx.Response) -> dict[str, Any]:
        """Return what was made."""
        assert answer.status_code == 201, answer.text
        thing: dict[str, Any] = answer.json()
        return thing

    def _on(self, path: str, card: dict[str, Any], more: dict[str, Any]) -> httpx.Response:
        key, caller = more.pop("key", None), more.pop("by", self.api)
        return caller.post(f"{LOYALTY}{path}", {"card": card["id"], **more}, key=key)  # type: ignore[no-any-return]
