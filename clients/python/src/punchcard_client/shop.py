"""One shop as its own software sees it: programs, cards, the till."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Unpack, cast
from uuid import uuid4

from punchcard_client.models import (
    Card,
    ClaimRequest,
    ConfirmRequest,
    EarnRequest,
    EnrolRequest,
    FoundCards,
    Grant,
    GrantRequest,
    NewReceiptClaim,
    OperationsResponse,
    Program,
    ProgramStats,
    Promotion,
    Quote,
    Receipt,
    ReceiptClaim,
    RedeemGrantRequest,
    RedeemPointsRequest,
    RedeemStampsRequest,
    RefundRequest,
    ReleaseRequest,
    Reservation,
    ReserveRequest,
    RevokeGrantRequest,
    Reward,
    StampRequest,
    Transaction,
    VisitRequest,
    VoidRequest,
)
from punchcard_client.transport import Transport, as_part, each_item

_PREFIX: Final = "/api/v1/vendor"


class Shop(Transport):
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
        super().__init__(url, key, **options)

    # What there is

    def programs(self, **filters: Any) -> Iterator[Program]:
        """Give every program; filter: `status`."""
        return self.each("/loyalty/programs", **filters)

    def program(self, program_id: str) -> Program:
        """Return one program."""
        return cast(Program, self.get(f"/loyalty/programs/{as_part(program_id)}"))

    def rewards(self, program_id: str, **filters: Any) -> Iterator[Reward]:
        """Give what points of a program buy; filter: `status`."""
        return self.each(f"/loyalty/programs/{as_part(program_id)}/rewards", **filters)

    def promotions(self, program_id: str) -> Iterator[Promotion]:
        """Give a program's promotions."""
        return self.each(f"/loyalty/programs/{as_part(program_id)}/promotions")

    def stats(
        self, program_id: str, *, first_day: str | None = None, last_day: str | None = None
    ) -> ProgramStats:
        """Return totals and daily figures; days as `2026-03-14`."""
        path = f"/loyalty/programs/{as_part(program_id)}/stats"
        return cast(ProgramStats, self.get(path, **{"from": first_day, "to": last_day}))

    def cards(self, **filters: Any) -> Iterator[Card]:
        """Give cards; filters: `program_id`, `query`, `status`, `tier`, `active_since`, …"""
        return self.each("/loyalty/cards", **filters)

    def card(self, card_id: str) -> Card:
        """Return one card."""
        return cast(Card, self.get(f"/loyalty/cards/{as_part(card_id)}"))

    def find_cards(self, code: str) -> list[Card]:
        """Return the cards of a number, a token, an e-mail address or a phone number."""
        return cast(FoundCards, self.ask("/loyalty/cards/lookup", {"code": code}))["items"]

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
        path = f"/loyalty/transactions/{as_part(transaction_id)}/void"
        return cast(Receipt, self.post(path, fields, idempotency_key))

    # What a purchase would earn; nothing is written

    def quote(self, **fields: Unpack[EarnRequest]) -> Quote:
        """Tell what a purchase would earn."""
        return cast(Quote, self.ask("/loyalty/points/quote", fields))

    def quote_visit(self, **fields: Unpack[VisitRequest]) -> Quote:
        """Tell what a visit would earn."""
        return cast(Quote, self.ask("/loyalty/visit/quote", fields))

    # Points, a reward or a grant that is set aside for a while

    def reserve(
        self, *, idempotency_key: str | None = None, **fields: Unpack[ReserveRequest]
    ) -> Reservation:
        """Set points, a reward or a grant aside."""
        return cast(Reservation, self.post("/loyalty/reservations", fields, idempotency_key))

    def confirm_reservation(
        self,
        reservation_id: str,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[ConfirmRequest],
    ) -> Reservation:
        """Use what was set aside, or a part of its points."""
        path = f"/loyalty/reservations/{as_part(reservation_id)}/confirm"
        return cast(Reservation, self.post(path, fields, idempotency_key))

    def release_reservation(
        self,
        reservation_id: str,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[ReleaseRequest],
    ) -> Reservation:
        """Give back what was set aside."""
        path = f"/loyalty/reservations/{as_part(reservation_id)}/release"
        return cast(Reservation, self.post(path, fields, idempotency_key))

    def reservation(self, reservation_id: str) -> Reservation:
        """Return one reservation."""
        return cast(Reservation, self.get(f"/loyalty/reservations/{as_part(reservation_id)}"))

    def reservations(self, card_id: str) -> Iterator[Reservation]:
        """Give what a card set aside, newest first."""
        return self.each(f"/loyalty/cards/{as_part(card_id)}/reservations")

    # Rewards that single cards are given; giving and revoking take `loyalty:manage`

    def give_grant(
        self, *, idempotency_key: str | None = None, **fields: Unpack[GrantRequest]
    ) -> Grant:
        """Give a card a reward."""
        return cast(Grant, self.post("/loyalty/grants", fields, idempotency_key))

    def redeem_grant(
        self, *, idempotency_key: str | None = None, **fields: Unpack[RedeemGrantRequest]
    ) -> Receipt:
        """Hand over what a card was given."""
        return cast(Receipt, self.post("/loyalty/grants/redeem", fields, idempotency_key))

    def revoke_grant(
        self,
        grant_id: str,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[RevokeGrantRequest],
    ) -> Grant:
        """Withdraw what a card was given."""
        path = f"/loyalty/grants/{as_part(grant_id)}/revoke"
        return cast(Grant, self.post(path, fields, idempotency_key))

    def grants(self, card_id: str) -> Iterator[Grant]:
        """Give what a card was given, newest first."""
        return self.each(f"/loyalty/cards/{as_part(card_id)}/grants")

    # Receipts: who has one puts it on a card

    def make_claim(
        self, *, idempotency_key: str | None = None, **fields: Unpack[ClaimRequest]
    ) -> NewReceiptClaim:
        """Make a receipt that a guest puts on a card."""
        return cast(NewReceiptClaim, self.post("/loyalty/claims", fields, idempotency_key))

    def claim(self, claim_id: str) -> ReceiptClaim:
        """Return one receipt."""
        return cast(ReceiptClaim, self.get(f"/loyalty/claims/{as_part(claim_id)}"))

    def claims(self, **filters: Any) -> Iterator[ReceiptClaim]:
        """Give receipts, newest first; filter: `state`."""
        return self.each("/loyalty/claims", **filters)

    def withdraw_claim(self, claim_id: str, *, idempotency_key: str | None = None) -> ReceiptClaim:
        """Cancel a receipt that nobody has put on a card."""
        path = f"/loyalty/claims/{as_part(claim_id)}/withdraw"
        return cast(ReceiptClaim, self.post(path, None, idempotency_key))

    # Several at once

    def operations(self, items: Sequence[Mapping[str, object]]) -> OperationsResponse:
        """Do 1 to 500 operations in order, each on its own: `{"op": "stamp", "card": …}`.

        An item without an `idempotency_key` gets one.
        """
        keyed = [{"idempotency_key": str(uuid4()), **item} for item in items]
        return cast(OperationsResponse, self.ask("/loyalty/operations", {"operations": keyed}))

    # Everything else under /api/v1/vendor

    def get(self, path: str, **asked: Any) -> Any:
        """GET a path below `/api/v1/vendor`; what is None is not asked for."""
        return self.call("GET", _PREFIX + path, asked=asked)

    def each(self, path: str, **asked: Any) -> Iterator[Any]:
        """Give every item of a list, page after page."""
        return each_item(self, _PREFIX + path, asked)

    def post(
        self, path: str, fields: Mapping[str, Any] | None, idempotency_key: str | None = None
    ) -> Any:
        """POST a change below `/api/v1/vendor` under an idempotency key."""
        key = idempotency_key or str(uuid4())
        return self.call("POST", _PREFIX + path, fields=fields, key=key)

    def ask(self, path: str, fields: Mapping[str, Any]) -> Any:
        """POST a question, or what has keys within; sent again when its answer was lost."""
        return self.call("POST", _PREFIX + path, fields=fields, is_safe=True)

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """PATCH a thing; not sent again when its answer was lost."""
        return self.call("PATCH", _PREFIX + path, fields=fields)

    def delete(self, path: str) -> None:
        """DELETE a thing; not sent again when its answer was lost."""
        self.call("DELETE", _PREFIX + path)
