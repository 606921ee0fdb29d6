"""One shop as its own software sees it: programs, cards, the till."""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, Unpack, cast
from urllib.parse import quote
from uuid import uuid4

from punchcard_client.models import (
    Card,
    ClaimRequest,
    EarnRequest,
    EnrolRequest,
    FoundCards,
    NewReceiptClaim,
    OperationsResponse,
    Program,
    ProgramStats,
    Promotion,
    Receipt,
    RedeemPointsRequest,
    RedeemStampsRequest,
    RefundRequest,
    Reward,
    StampRequest,
    Transaction,
    VisitRequest,
    VoidRequest,
)
from punchcard_client.transport import Transport

_PREFIX: Final = "/api/v1/vendor"
PAGE: Final = 200
"""As many items as a list gives at once."""


class Shop:
    """A client of one shop with an API key (`pk_…`); may be used by several threads.

    Every change has an idempotency key: `idempotency_key`, or one made for the call and kept over
    its retries. Give your own (an order's number, say) where your program may be stopped and do the
    same again. All methods raise Problem when the server refuses, and Unreachable when no answer
    comes.
    """

    def __init__(self, url: str, key: str, **options: Any) -> None:
        """Call the server at `url`; options are those of `Transport`: `language`, `patience`, …

        Raises ValueError for http to another machine, unless `allow_http`.
        """
        self._transport = Transport(url, key, **options)

    def __enter__(self) -> Self:
        """Use it in a `with` block, which closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    # What there is

    def programs(self, **filters: Any) -> Iterator[Program]:
        """Give every program; filter: `status`."""
        return self.each("/loyalty/programs", **filters)

    def program(self, program_id: str) -> Program:
        """Return one program."""
        return cast(Program, self.get(f"/loyalty/programs/{_part(program_id)}"))

    def rewards(self, program_id: str, **filters: Any) -> Iterator[Reward]:
        """Give what points of a program buy; filter: `status`."""
        return self.each(f"/loyalty/programs/{_part(program_id)}/rewards", **filters)

    def promotions(self, program_id: str) -> Iterator[Promotion]:
        """Give a program's promotions."""
        return self.each(f"/loyalty/programs/{_part(program_id)}/promotions")

    def stats(
        self, program_id: str, *, first_day: str | None = None, last_day: str | None = None
    ) -> ProgramStats:
        """Return totals and daily figures; days as `2026-03-14`."""
        path = f"/loyalty/programs/{_part(program_id)}/stats"
        return cast(ProgramStats, self.get(path, **{"from": first_day, "to": last_day}))

    def cards(self, **filters: Any) -> Iterator[Card]:
        """Give cards; filters: `program_id`, `query`, `status`, `tier`, `active_since`, …"""
        return self.each("/loyalty/cards", **filters)

    def card(self, card_id: str) -> Card:
        """Return one card."""
        return cast(Card, self.get(f"/loyalty/cards/{_part(card_id)}"))

    def find_cards(self, code: str) -> list[Card]:
        """Return the cards of a number, a token, an e-mail address or a phone number."""
        found = self._transport.call(
            "POST", f"{_PREFIX}/loyalty/cards/lookup", fields={"code": code}, is_safe=True
        )
        return cast(FoundCards, found)["items"]

    def transactions(self, **filters: Any) -> Iterator[Transaction]:
        """Give the ledger, newest first; filters: `card_id`, `program_id`, `type`, `from`, `to`."""
        return self.each("/loyalty/transactions", **filters)

    # What changes it

    def enrol(self, *, idempotency_key: str | None = None, **fields: Unpack[EnrolRequest]) -> Card:
        """Open a card."""
        return cast(Card, self.post("/loyalty/cards", fields, idempotency_key))

    def stamp(
        self, *, idempotency_key: str | None = None, **fields: Unpack[StampRequest]
    ) -> Receipt:
        """Put stamps on a card."""
        return cast(Receipt, self.post("/loyalty/stamp", fields, idempotency_key))

    def redeem_stamps(
        self, *, idempotency_key: str | None = None, **fields: Unpack[RedeemStampsRequest]
    ) -> Receipt:
        """Hand over the reward of a full card."""
        return cast(Receipt, self.post("/loyalty/stamp/redeem", fields, idempotency_key))

    def visit(
        self, *, idempotency_key: str | None = None, **fields: Unpack[VisitRequest]
    ) -> Receipt:
        """Stamp and earn in one."""
        return cast(Receipt, self.post("/loyalty/visit", fields, idempotency_key))

    def earn(self, *, idempotency_key: str | None = None, **fields: Unpack[EarnRequest]) -> Receipt:
        """Credit the points of a purchase."""
        return cast(Receipt, self.post("/loyalty/points/earn", fields, idempotency_key))

    def redeem_points(
        self, *, idempotency_key: str | None = None, **fields: Unpack[RedeemPointsRequest]
    ) -> Receipt:
        """Take points for a reward, or as so many points."""
        return cast(Receipt, self.post("/loyalty/points/redeem", fields, idempotency_key))

    def refund(
        self, *, idempotency_key: str | None = None, **fields: Unpack[RefundRequest]
    ) -> Receipt:
        """Take back what a part of a purchase gave."""
        return cast(Receipt, self.post("/loyalty/points/refund", fields, idempotency_key))

    def void(
        self,
        transaction_id: str,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[VoidRequest],
    ) -> Receipt:
        """Reverse an entry."""
        path = f"/loyalty/transactions/{_part(transaction_id)}/void"
        return cast(Receipt, self.post(path, fields, idempotency_key))

    def claim(
        self, *, idempotency_key: str | None = None, **fields: Unpack[ClaimRequest]
    ) -> NewReceiptClaim:
        """Make a receipt that a guest puts on a card."""
        return cast(NewReceiptClaim, self.post("/loyalty/claims", fields, idempotency_key))

    def operations(self, items: Sequence[Mapping[str, object]]) -> OperationsResponse:
        """Do 1 to 500 operations in order, each on its own: `{"op": "stamp", "card": …}`.

        An item without an `idempotency_key` gets one.
        """
        keyed = [{"idempotency_key": str(uuid4()), **item} for item in items]
        done = self._transport.call(
            "POST", f"{_PREFIX}/loyalty/operations", fields={"operations": keyed}, is_safe=True
        )
        return cast(OperationsResponse, done)

    # Everything else under /api/v1/vendor

    def get(self, path: str, **asked: Any) -> Any:
        """GET a path below `/api/v1/vendor`; what is None is not asked for."""
        return self._transport.call("GET", _PREFIX + path, asked=asked)

    def each(self, path: str, **asked: Any) -> Iterator[Any]:
        """Give every item of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **{"limit": PAGE, **asked, "cursor": cursor})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def post(
        self, path: str, fields: Mapping[str, Any] | None, idempotency_key: str | None = None
    ) -> Any:
        """POST a change below `/api/v1/vendor` under an idempotency key."""
        key = idempotency_key or str(uuid4())
        return self._transport.call("POST", _PREFIX + path, fields=fields, key=key)

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """PATCH a thing; not sent again when its answer was lost."""
        return self._transport.call("PATCH", _PREFIX + path, fields=fields)

    def delete(self, path: str) -> None:
        """DELETE a thing; not sent again when its answer was lost."""
        self._transport.call("DELETE", _PREFIX + path)


def _part(given: str) -> str:
    """Return an id as one part of a path. Raises ValueError for what would be another path."""
    if given in ("", ".", ".."):
        raise ValueError("an id is missing")
    return quote(given, safe="")
