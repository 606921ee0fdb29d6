"""The routes that move balances: read, find out who stands at the till, ask the till, answer."""

from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from punchcard.accounts.access.rate_limit import counted_credential
from punchcard.accounts.subjects import LOYALTY_MANAGE
from punchcard.api.http.fast_routes import (
    FastHandler,
    FastRequest,
    FastResponse,
    FastRoute,
    caller_of,
)
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.http.problems import problem_body
from punchcard.api.routes.vendor_api.operation_makers import maker_of
from punchcard.api.schemas.cards import ReceiptSchema, receipt_response
from punchcard.api.schemas.operations import (
    AdjustRequest,
    EarnRequest,
    Item,
    LooseOperations,
    OperationsRequest,
    OperationsResponse,
    Placed,
    RedeemGrantRequest,
    RedeemPointsRequest,
    RedeemStampsRequest,
    RefundRequest,
    StampRequest,
    VisitRequest,
    VoidRequest,
)
from punchcard.context import Context
from punchcard.http_statuses import STATUS_BY_KIND
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import EntryId, as_id
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.errors.till import TransactionNotFound
from punchcard.loyalty.operations import (
    CardKey,
    CardOperation,
    Operation,
)
from punchcard.loyalty.till.batch import Outcome
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import (
    OperationBuilder,
    RequestDetails,
    StaffProof,
    fingerprint,
)

PREFIX: Final = "/api/v1/vendor/loyalty"

_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
# What is left out of a request's fingerprint: proofs may be renewed, and the key is the key.
_NOT_IN_FINGERPRINT: Final = frozenset({"staff_pin", "staff_token", "op", "idempotency_key"})


def builder_of(context: Context, request: FastRequest) -> OperationBuilder:
    """Return what makes operations of what this caller asks."""
    return OperationBuilder(context.loyalty.operation_services, caller_of(request))


async def operation_of(
    context: Context,
    builder: OperationBuilder,
    body: Placed,
    *,
    key: str | None,
    transaction_id: EntryId | None = None,
) -> Operation:
    """Return the operation that `body` asks for; what may block is done off the event loop."""
    details = _details(body, key, transaction_id)
    make = maker_of(context, builder, details, body, transaction_id)
    is_read_first = isinstance(body, RefundRequest) or body.__dict__.get("code") is not None
    blocks = is_read_first or builder.may_block(details)
    return await run_in_threadpool(make) if blocks else make()


def _details(body: Placed, key: str | None, transaction_id: EntryId | None) -> RequestDetails:
    said = body.__dict__
    return RequestDetails(
        location_id=body.location_id,
        occurred_at=body.occurred_at,
        import_id=said.get("import_id"),
        # What must be given a reason keeps it as its note.
        note=said.get("note") or said.get("reason"),
        proof=StaffProof.of(
            pin=said.get("staff_pin"),
            staff_id=said.get("staff_id"),
            token=said.get("staff_token"),
            occurred_at=body.occurred_at,
        ),
        idempotency_key=key,
        fingerprint=_fingerprint(body, transaction_id) if key is not None else None,
    )


def _fingerprint(body: Placed, transaction_id: EntryId | None) -> bytes:
    kind, names = _fingerprinted(type(body))
    said = body.__dict__
    if transaction_id is not None:
        said = {**said, "transaction_id": transaction_id}
    if said.get("items") is not None:
        said = {**said, "items": [one.model_dump() for one in said["items"]]}
    return fingerprint(kind, [(n, said[n]) for n in names if said.get(n) is not None])


@lru_cache(maxsize=32)
def _fingerprinted(schema: type[Placed]) -> tuple[str, list[str]]:
    """Return what a shape is called in a fingerprint, and which fields, in order, stand in it."""
    names = {*schema.model_fields, "transaction_id"} - _NOT_IN_FINGERPRINT
    return schema.__name__.removesuffix("Item").removesuffix("Request"), sorted(names)


def _single(schema: type[Placed]) -> FastHandler:
    async def handle(context: Context, request: FastRequest) -> FastResponse:
        try:
            body = schema.model_validate_json(request.body)
        except ValidationError as error:
            raise refusal_of_body(error) from None
        operation = await operation_of(
            context,
            builder_of(context, request),
            body,
            key=request.idempotency_key,
            transaction_id=_transaction_id(request),
        )
        receipt = await context.loyalty.till.submit_async(operation)
        links = _links_for(context, request)
        response = receipt_response(receipt, links, _token(operation, receipt))
        return FastResponse(201, response, receipt.is_replay)

    return handle


def _transaction_id(request: FastRequest) -> EntryId | None:
    named = request.path.get("transaction_id")
    if named is None:
        return None
    found = as_id(EntryId(named))
    if found is None:
        raise TransactionNotFound
    return found


async def do_operations(context: Context, request: FastRequest) -> FastResponse:
    """Do up to 500 operations in their order, each on its own, and tell what became of each."""
    builder = builder_of(context, request)
    results: list[dict[str, Any]] = []
    accepted: list[tuple[int, Operation]] = []
    items = _items(request.body)
    # One was counted before the list was read.
    limit = context.accounts.credential_limits.requests
    limit.take(counted_credential(request.subject), len(items) - 1)
    for item in items:
        results.append({})
        if isinstance(item, DomainError):
            results[-1] = _refused(item, request)
            continue
        transaction_id = item.__dict__.get("transaction_id")
        operation = await operation_of(
            context, builder, item, key=item.idempotency_key, transaction_id=transaction_id
        )
        accepted.append((len(results) - 1, operation))
    outcomes = await context.loyalty.till.submit_all_async([operation for _, operation in accepted])
    links = _links_for(context, request)
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


def _links_for(context: Context, request: FastRequest) -> CardLinks | None:
    """Return what tells a card's address, None for those who are not told it."""
    return context.loyalty.card_links if request.subject.may(LOYALTY_MANAGE) else None


def _result(
    operation: Operation, outcome: Outcome, request: FastRequest, links: CardLinks | None
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


def _route(path: str, request: type[Placed], summary: str) -> FastRoute:
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
    _route("/visit", VisitRequest, "Record one purchase with its stamps and its points"),
    _route("/stamp/redeem", RedeemStampsRequest, "Exchange a stamp card for a reward"),
    _route("/points/earn", EarnRequest, "Credit the points of a purchase"),
    _route("/points/redeem", RedeemPointsRequest, "Exchange points for a reward, or take some off"),
    _route("/grants/redeem", RedeemGrantRequest, "Hand out what a card was given"),
    _route("/points/adjust", AdjustRequest, "Correct a card's points by hand"),
    _route("/points/refund", RefundRequest, "Take back the points of a part of a purchase"),
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
