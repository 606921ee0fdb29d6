"""The tools that only read: programs, cards, their history, figures, promotions, liability.

Paths, limits and what each answers are those of the API; see `/docs` of a server.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from punchcard.mcp.api_caller import ApiCaller

READS: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Tool = Callable[..., Awaitable[dict[str, Any]]]

SomeId = Annotated[
    str,
    Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", description="A UUID."),
]
PageLimit = Annotated[int, Field(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Field(
        max_length=100,
        description="`next_cursor` of the page before; without one, the first page.",
    ),
]
Day = Annotated[
    str | None, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="A day of the shop's calendar.")
]
CardCode = Annotated[
    str, Field(min_length=1, max_length=300, description="A card's id, number or token.")
]
AmountMinor = Annotated[
    int, Field(ge=1, le=10_000_000_000, description="In the currency's smallest unit: cents.")
]
Moment = Annotated[
    str | None,
    Field(max_length=64, description="RFC 3339 with an offset: 2026-03-14T09:26:53Z."),
]


class ReadingTools:
    """One method a tool: its docstring is what the assistant reads before it calls."""

    def __init__(self, api: ApiCaller) -> None:
        """Read by `api`."""
        self._api = api

    def add_to(self, server: MCPServer, *, sees_liability: bool) -> None:
        """Offer every tool; that of liability to a key that may read it."""
        tools: list[Tool] = [
            self.list_programs,
            self.get_program,
            self.list_rewards,
            self.list_promotions,
            self.find_cards,
            self.get_card,
            self.list_card_transactions,
            self.list_card_grants,
            self.list_card_reservations,
            self.list_transactions,
            self.get_dashboard,
            self.get_program_stats,
        ]
        if sees_liability:
            tools.append(self.get_program_liability)
        for tool in tools:
            server.add_tool(tool, annotations=READS)

    async def list_programs(self, limit: PageLimit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """List the shop's loyalty programs with their rules."""
        return await self._api.read("/programs", limit=limit, cursor=cursor)

    async def get_program(self, program_id: SomeId) -> dict[str, Any]:
        """Read one program with all of its rules."""
        return await self._api.read(f"/programs/{program_id}")

    async def list_rewards(
        self, program_id: SomeId, limit: PageLimit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """List what points of a program buy, oldest first."""
        return await self._api.read(f"/programs/{program_id}/rewards", limit=limit, cursor=cursor)

    async def list_promotions(
        self, program_id: SomeId, limit: PageLimit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """List a program's promotions: when they run and what they give."""
        return await self._api.read(
            f"/programs/{program_id}/promotions", limit=limit, cursor=cursor
        )

    async def find_cards(
        self,
        code: Annotated[
            str,
            Field(
                min_length=1,
                max_length=300,
                description="Card number, card token, e-mail address or phone number.",
            ),
        ],
    ) -> dict[str, Any]:
        """Find a customer's cards; nothing found is an empty list."""
        return await self._api.find(code)

    async def get_card(self, card_id: SomeId) -> dict[str, Any]:
        """Read one card: balance, standing, customer."""
        return await self._api.read(f"/cards/{card_id}")

    async def list_card_transactions(
        self, card_id: SomeId, limit: PageLimit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """List one card's ledger, newest first."""
        return await self._api.read(f"/cards/{card_id}/transactions", limit=limit, cursor=cursor)

    async def list_card_grants(
        self, card_id: SomeId, limit: PageLimit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """List what was granted to a card, newest first."""
        return await self._api.read(f"/cards/{card_id}/grants", limit=limit, cursor=cursor)

    async def list_card_reservations(
        self, card_id: SomeId, limit: PageLimit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """List what a card has set aside, newest first, whatever became of it."""
        return await self._api.read(f"/cards/{card_id}/reservations", limit=limit, cursor=cursor)

    async def list_transactions(
        self,
        *,
        program_id: SomeId | None = None,
        type: Annotated[
            str | None,
            Field(max_length=64, description="For example stamp_earned, points_redeemed, voided."),
        ] = None,
        since: Moment = None,
        until: Moment = None,
        limit: PageLimit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """List the shop's ledger, newest first."""
        wanted = {"program_id": program_id, "type": type, "from": since, "to": until}
        return await self._api.read("/transactions", **wanted, limit=limit, cursor=cursor)

    async def get_dashboard(self) -> dict[str, Any]:
        """Read members, this month's figures and the last 90 days, all programs together."""
        return await self._api.read("/dashboard")

    async def get_program_stats(
        self, program_id: SomeId, first_day: Day = None, last_day: Day = None
    ) -> dict[str, Any]:
        """Read a program's totals and its figures day by day."""
        days = {"from": first_day, "to": last_day}
        return await self._api.read(f"/programs/{program_id}/stats", **days)

    async def get_program_liability(self, program_id: SomeId, on: Day = None) -> dict[str, Any]:
        """Read what a program's cards have at the end of a day, and how that came about."""
        return await self._api.read(f"/programs/{program_id}/liability", on=on)
