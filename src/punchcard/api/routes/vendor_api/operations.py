"""The routes that move balances: read, find out who stands at the till, ask the till, answer."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from punchcard.accounts.errors import NotAllowed
from punchcard.api.http.fast_routes import FastHandler, FastRequest, FastResponse, FastRoute
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.http.problems import problem_body
from punchcard.api.schemas.cards import ReceiptSchema, receipt_response
from punchcard.api.schemas.operations import (
    AdjustRequest,
    EarnItem,
    EarnRequest,
    Item,
    LooseOperations,
    OperationsRequest,
    OperationsResponse,
    Proved,
    RedeemPointsItem,
    RedeemPointsRequest,
    RedeemStampsItem,
    RedeemStampsRequest,
    StampItem,
    StampRequest,
    Timed,
    VoidRequest,
)
from punchcard.context import Context
from punchcard.http_statuses import STATUS_BY_KIND
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import as_id
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.errors import TransactionNotFound
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardOperation,
    Operation,
    Origin,
    ReplayOnly,
    StaffIdentity,
)
from punchcard.loyalty.staff.identify import identify_staff
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import (
    OperationMetadata,
    canonical_request,
    checked_occurred_at,
)

PREFIX: Final = "/api/v1/vendor/loyalty"

_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
# What is left out of a request's fingerprint: proofs may be renewed, and the key is the key.
_NOT_IN_FINGERPRINT: Final = frozenset({"staff_pin", "staff_token", "op", "idempotency_key"})

_Proof = tuple[str | None, str | None, str | None, datetime | None]


class OperationBuilder:
    """Turns what one request says into operations, each with its metadata."""

    def __init__(self, context: Context, request: FastRequest) -> None:
        self._context = context
        self._request = request
        # A list names the same person again and again: each proof is looked at once.
        self._proved: dict[_Proof, StaffIdentity | DomainError | None] = {}
        subject = request.subject
        self._now = context.clock.now()
        self._actor = Actor(subject.kind, subject.id)
        device_id = subject.id if subject.kind == "device" else None
        self._origin = Origin(request.address, request.user_agent, device_id)

    async def operation(
        self, body: Timed, *, key: str | None, transaction_id: str | None = None
    ) -> Operation:
        """Return the operation that `body` asks for.

        With a key, what would be refused here becomes a question for the earlier answer: the
        request may be the repetition of one that was accepted when its token was still good.
        """
        base = OperationMetadata(vendor_id=self._request.vendor_id, actor=self._actor)
        if key is not None:
            base["idempotency_key"] = key
            base["fingerprint"] = _fingerprint(body, transaction_id)
        try:
            metadata = await self._metadata(base, body)
            return _operation(body, transaction_id, metadata, self._context)
        except DomainError as refusal:
            if key is None:
                raise
            return ReplayOnly(refusal=refusal, **base)

    async def _metadata(self, base: OperationMetadata, body: Timed) -> OperationMetadata:
        context, request = self._context, self._request
        occurred_at = checked_occurred_at(
            body.occurred_at, now=self._now, subject=request.subject, settings=context.settings
        )
        metadata = OperationMetadata(
            **base,
            location_id=self._location(body),
            occurred_at=occurred_at,
            origin=self._origin,
            request_id=request.request_id,
        )
        # The fields themselves: asking a model whether it has one costs more than all the rest.
        said = body.__dict__
        if card := said.get("card"):
            # A terminal that was offline sends later what it scanned then.
            at = occurred_at or self._now
            metadata["is_code_fresh"] = context.rotating_codes.is_fresh(card, at)
        if "staff_token" in said:
            metadata["staff"] = await self._staff(cast("Proved", body))
        if note := said.get("note"):
            metadata["note"] = note
        return metadata

    def _location(self, body: Timed) -> str | None:
        own = self._request.subject.location_id
        if own is not None and body.location_id not in (None, own):
            raise NotAllowed
        return body.location_id or own

    async def _staff(self, body: Proved) -> StaffIdentity | None:
        # A token may have been good when it happened, and be no more.
        at = body.occurred_at if body.staff_token is not None else None
        proof = (body.staff_pin, body.staff_id, body.staff_token, at)
        if proof == (None, None, None, None):
            return None
        if proof not in self._proved:
            self._proved[proof] = await self._prove(body)
        found = self._proved[proof]
        if isinstance(found, DomainError):
            raise found
        return found

    async def _prove(self, body: Proved) -> StaffIdentity | DomainError | None:
        try:
            if body.staff_token is not None and body.staff_pin is None and body.staff_id is None:
                known = self._context.staff_tokens.verify_cached(
                    body.staff_token, self._request.subject, occurred_at=body.occurred_at
                )
                if known is not None:
                    return known
            return await run_in_threadpool(self._identify, body)
        except DomainError as refusal:
            return refusal

    def _identify(self, body: Proved) -> StaffIdentity | None:
        return identify_staff(
            self._context.pin_verifier,
            self._context.staff_tokens,
            self._request.subject,
            staff_pin=body.staff_pin,
            staff_id=body.staff_id,
            staff_token=body.staff_token,
            occurred_at=body.occurred_at,
        )


def _operation(
    body: Timed, transaction_id: str | None, metadata: OperationMetadata, context: Context
) -> Operation:
    if transaction_id is not None and isinstance(body, VoidRequest):
        return points_service.void(transaction_id, reason=body.reason, **metadata)
    return _MAKERS[type(body)](body, metadata, context)


def _stamp(body: StampRequest, metadata: OperationMetadata, _context: Context) -> Operation:
    return stamp_service.add_stamp(body.card, quantity=body.quantity, **metadata)


def _redeem_stamps(
    body: RedeemStampsRequest, metadata: OperationMetadata, _context: Context
) -> Operation:
    return stamp_service.redeem_stamps(body.card, **metadata)


def _earn(body: EarnRequest, metadata: OperationMetadata, _context: Context) -> Operation:
    return points_service.earn_points(
        body.card, amount_minor=body.amount_minor, reference=body.reference, **metadata
    )


def _redeem_points(
    body: RedeemPointsRequest, metadata: OperationMetadata, _context: Context
) -> Operation:
    return points_service.redeem_points(
        body.card, reward_id=body.reward_id, points=body.points, **metadata
    )


def _adjust(body: AdjustRequest, metadata: OperationMetadata, context: Context) -> Operation:
    return points_service.adjust_points(
        body.card,
        points_delta=body.points_delta,
        reason=body.reason,
        limit_points=context.settings.adjustment_limit_points,
        **metadata,
    )


_Maker = Callable[[Any, OperationMetadata, Context], Operation]
# By the very type: to ask a model whether it is one of another costs more than the operation.
_MAKERS: Final[dict[type[Timed], _Maker]] = {
    StampRequest: _stamp,
    StampItem: _stamp,
    RedeemStampsRequest: _redeem_stamps,
    RedeemStampsItem: _redeem_stamps,
    EarnRequest: _earn,
    EarnItem: _earn,
    RedeemPointsRequest: _redeem_points,
    RedeemPointsItem: _redeem_points,
    AdjustRequest: _adjust,
}


def _fingerprint(body: Timed, transaction_id: str | None) -> bytes:
    kind, names = _fingerprinted(type(body))
    said = body.__dict__
    if transaction_id is not None:
        said = {**said, "transaction_id": transaction_id}
    fields = [(name, said[name]) for name in names if said.get(name) is not None]
    return hashlib.sha256(canonical_request(kind, fields)).digest()


@lru_cache(maxsize=32)
def _fingerprinted(schema: type[Timed]) -> tuple[str, list[str]]:
    """Return what a shape is called in a fingerprint, and which fields, in order, stand in it."""
    names = {*schema.model_fields, "transaction_id"} - _NOT_IN_FINGERPRINT
    return schema.__name__.removesuffix("Item").removesuffix("Request"), sorted(names)


def _single(schema: type[Timed]) -> FastHandler:
    async def handle(context: Context, request: FastRequest) -> FastResponse:
        try:
            body = schema.model_validate_json(request.body)
        except ValidationError as error:
            raise refusal_of_body(error) from None
        operation = await OperationBuilder(context, request).operation(
            body, key=request.idempotency_key, transaction_id=_transaction_id(request)
        )
        receipt = await context.till.submit_async(operation)
        response = receipt_response(receipt, context.card_links, _token(operation, receipt))
        return FastResponse(201, response, receipt.is_replay)

    return handle


def _transaction_id(request: FastRequest) -> str | None:
    named = request.path.get("transaction_id")
    if named is None:
        return None
    found = as_id(named)
    if found is None:
        raise TransactionNotFound
    return found


async def do_operations(context: Context, request: FastRequest) -> FastResponse:
    """Do up to 500 operations in their order, each on its own, and tell what became of each."""
    counter = OperationBuilder(context, request)
    results: list[dict[str, Any]] = []
    accepted: list[tuple[int, Operation]] = []
    for item in _items(request.body):
        results.append({})
        if isinstance(item, DomainError):
            results[-1] = _refused(item, request)
            continue
        transaction_id = item.__dict__.get("transaction_id")
        operation = await counter.operation(
            item, key=item.idempotency_key, transaction_id=transaction_id
        )
        accepted.append((len(results) - 1, operation))
    outcomes = await context.till.submit_all_async([operation for _, operation in accepted])
    links = context.card_links
    for (index, operation), outcome in zip(accepted, outcomes, strict=True):
        results[index] = _result(operation, outcome, request, links)
    return FastResponse(200, {"results": results})


def _items(body: bytes) -> list[Item | DomainError]:
    """Return the items of a list, each read or refused on its own."""
    try:
        return list(OperationsRequest.model_validate_json(body).operations)
    except ValidationError:
        # The quick way reads all at once; only a list with a faulty item is read one by one.
        pass
    try:
        loose = LooseOperations.model_validate_json(body)
    except ValidationError as error:
        raise refusal_of_body(error) from None
    return [_item(one) for one in loose.operations]


def _item(loose: dict[str, Any]) -> Item | DomainError:
    try:
        return _ITEM.validate_json(to_json(loose))
    except ValidationError as error:
        return refusal_of_body(error, is_one_of_several=True)


def _result(
    operation: Operation, outcome: Outcome, request: FastRequest, links: CardLinks
) -> dict[str, Any]:
    if isinstance(outcome, DomainError):
        return _refused(outcome, request)
    return {"status": 201, "receipt": receipt_response(outcome, links, _token(operation, outcome))}


def _token(operation: Operation, receipt: Receipt) -> str | None:
    """Return the card's token if the request named the card by it: then none is unsealed.

    What was answered before may have named a token that was replaced since.
    """
    if receipt.is_replay or not isinstance(operation, CardOperation):
        return None
    return operation.card.value if operation.card.key == CardKey.TOKEN else None


def _refused(error: DomainError, request: FastRequest) -> dict[str, Any]:
    return {
        "status": STATUS_BY_KIND[error.kind],
        "problem": problem_body(error, request.language, request.request_id),
    }


def _route(path: str, request: type[Timed], summary: str) -> FastRoute:
    return FastRoute(
        path=PREFIX + path,
        handler=_single(request),
        summary=summary,
        request=request,
        response=ReceiptSchema,
        status=201,
    )


ROUTES: Final = [
    _route("/stamp", StampRequest, "Put stamps on a card"),
    _route("/stamp/redeem", RedeemStampsRequest, "Exchange a full stamp card for its reward"),
    _route("/points/earn", EarnRequest, "Credit the points of a purchase"),
    _route("/points/redeem", RedeemPointsRequest, "Exchange points for a reward, or take some off"),
    _route("/points/adjust", AdjustRequest, "Correct a card's points by hand"),
    _route(
        "/transactions/{transaction_id}/void",
        VoidRequest,
        "Reverse an earning or a redemption",
    ),
    FastRoute(
        path=f"{PREFIX}/operations",
        handler=do_operations,
        summary="Do up to 500 operations in their order, each on its own",
        request=OperationsRequest,
        response=OperationsResponse,
        status=200,
        takes_key=False,
    ),
]
