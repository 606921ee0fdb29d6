"""The tools that change a card, offered only with --allow-operate: stamp, earn, redeem, refund."""

from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from punchcard.kit.ids import Ids
from punchcard.mcp.api_caller import ApiCaller
from punchcard.mcp.reading_tools import SomeId, Tool

GIVES: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
TAKES: Final = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)

CardCode = Annotated[
    str, Field(min_length=1, max_length=300, description="A card's id, number or token.")
]
AmountMinor = Annotated[
    int, Field(ge=1, le=10_000_000_000, description="In the currency's smallest unit: cents.")
]
Reference = Annotated[
    str, Field(min_length=1, max_length=128, description="The shop's own number of it.")
]
Key = Annotated[
    str | None,
    Field(
        pattern="^[!-~]{1,128}$",
        description="Only to try a call again whose outcome is not known: the key that its error"
        " named. A new call goes without one.",
    ),
]


class TillTools:
    """One method a tool; each call has an idempotency key, made here unless it is tried again."""

    def __init__(self, api: ApiCaller, ids: Ids) -> None:
        """Change by `api`, under keys of `ids`."""
        self._api = api
        self._ids = ids

    def add_to(self, server: MCPServer) -> None:
        """Offer every tool."""
        giving: list[Tool] = [self.stamp, self.earn_points]
        taking: list[Tool] = [self.redeem_stamps, self.redeem_points, self.refund_purchase]
        for tool in giving:
            server.add_tool(tool, annotations=GIVES)
        for tool in taking:
            server.add_tool(tool, annotations=TAKES)

    async def stamp(
        self,
        card: CardCode,
        quantity: Annotated[int, Field(ge=1, le=50)] = 1,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Put stamps on a card. Answers with the receipt."""
        return await self._api.change(
            "/stamp", self._key(idempotency_key), card=card, quantity=quantity
        )

    async def earn_points(
        self,
        card: CardCode,
        amount_minor: AmountMinor,
        reference: Reference | None = None,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Credit the points of a purchase. Answers with the receipt."""
        return await self._api.change(
            "/points/earn",
            self._key(idempotency_key),
            card=card,
            amount_minor=amount_minor,
            reference=reference,
        )

    async def redeem_stamps(self, card: CardCode, idempotency_key: Key = None) -> dict[str, Any]:
        """Hand over the reward of a full stamp card; takes the stamps off it."""
        return await self._api.change("/stamp/redeem", self._key(idempotency_key), card=card)

    async def redeem_points(
        self,
        card: CardCode,
        reward_id: SomeId | None = None,
        points: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Take points off a card, for a reward or as so many points: exactly one of the two."""
        return await self._api.change(
            "/points/redeem",
            self._key(idempotency_key),
            card=card,
            reward_id=reward_id,
            points=points,
        )

    async def refund_purchase(
        self,
        transaction_id: SomeId,
        amount_minor: AmountMinor,
        refund_reference: Reference,
        reason: Annotated[str | None, Field(min_length=1, max_length=500)] = None,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Take back what a part of a purchase gave; the same refund_reference counts once."""
        return await self._api.change(
            "/points/refund",
            self._key(idempotency_key),
            transaction_id=transaction_id,
            amount_minor=amount_minor,
            refund_reference=refund_reference,
            reason=reason,
        )

    def _key(self, given: str | None) -> str:
        return given or f"mcp-{self._ids.new_id()}"
