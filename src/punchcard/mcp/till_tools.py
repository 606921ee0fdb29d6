"""The tools that change a card, offered only with --allow-operate: what a till does."""

from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from punchcard.kit.ids import Ids
from punchcard.mcp.api_caller import ApiCaller
from punchcard.mcp.reading_tools import READS, AmountMinor, CardCode, SomeId, Tool

GIVES: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
TAKES: Final = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)

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
        giving: list[Tool] = [
            self.stamp,
            self.earn_points,
            self.record_visit,
            self.release_reservation,
        ]
        taking: list[Tool] = [
            self.redeem_stamps,
            self.redeem_points,
            self.redeem_grant,
            self.reserve,
            self.confirm_reservation,
            self.refund_purchase,
            self.void_transaction,
        ]
        server.add_tool(self.quote_purchase, annotations=READS)
        for tool in giving:
            server.add_tool(tool, annotations=GIVES)
        for tool in taking:
            server.add_tool(tool, annotations=TAKES)

    async def quote_purchase(self, card: CardCode, amount_minor: AmountMinor) -> dict[str, Any]:
        """Tell what a purchase would earn on a card; nothing is written."""
        return await self._api.ask("/points/quote", card=card, amount_minor=amount_minor)

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

    async def record_visit(
        self,
        card: CardCode,
        amount_minor: AmountMinor,
        reference: Reference | None = None,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Record one purchase with its stamps and its points. Answers with the receipt."""
        return await self._api.change(
            "/visit",
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

    async def redeem_grant(
        self, card: CardCode, grant_id: SomeId | None = None, idempotency_key: Key = None
    ) -> dict[str, Any]:
        """Hand over a reward that the card was given; without an id the only one it has."""
        return await self._api.change(
            "/grants/redeem", self._key(idempotency_key), card=card, grant_id=grant_id
        )

    async def reserve(
        self,
        card: CardCode,
        reward_id: SomeId | None = None,
        points: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None,
        *,
        grant_id: SomeId | None = None,
        expires_in_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Set a reward, points or a grant aside for a while: exactly one of the three."""
        return await self._api.change(
            "/reservations",
            self._key(idempotency_key),
            card=card,
            reward_id=reward_id,
            points=points,
            grant_id=grant_id,
            expires_in_seconds=expires_in_seconds,
        )

    async def confirm_reservation(
        self,
        reservation_id: SomeId,
        points: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None,
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Use what was set aside, or a part of its points: the others come back."""
        path = f"/reservations/{reservation_id}/confirm"
        key = self._key(idempotency_key)
        return await self._api.change(path, key, by_staff=False, points=points)

    async def release_reservation(
        self, reservation_id: SomeId, idempotency_key: Key = None
    ) -> dict[str, Any]:
        """Give back what was set aside."""
        path = f"/reservations/{reservation_id}/release"
        return await self._api.change(path, self._key(idempotency_key), by_staff=False)

    async def void_transaction(
        self,
        transaction_id: SomeId,
        reason: Annotated[str, Field(min_length=1, max_length=500)],
        idempotency_key: Key = None,
    ) -> dict[str, Any]:
        """Reverse an entry of the ledger. Answers with the receipt of the reversing one."""
        path = f"/transactions/{transaction_id}/void"
        return await self._api.change(path, self._key(idempotency_key), reason=reason)

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
