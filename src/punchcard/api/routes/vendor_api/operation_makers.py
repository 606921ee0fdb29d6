"""Which operation of the till each body of a request stands for."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from punchcard.api.schemas.operations import (
    AdjustRequest,
    EarnItem,
    EarnRequest,
    Placed,
    RedeemGrantItem,
    RedeemGrantRequest,
    RedeemPointsItem,
    RedeemPointsRequest,
    RedeemStampsItem,
    RedeemStampsRequest,
    RefundRequest,
    StampItem,
    StampRequest,
    VisitItem,
    VisitRequest,
)
from punchcard.context import Context
from punchcard.db.database import Database
from punchcard.kit.ids import EntryId, GrantId
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.grants import GrantNotFound
from punchcard.loyalty.ledger.ledger_reader import purchase_of
from punchcard.loyalty.operations import (
    AddStamp,
    AdjustPoints,
    CardRef,
    EarnPoints,
    Operation,
    OperationMetadata,
    PurchaseItem,
    RecordVisit,
    RedeemGrant,
    RedeemStamps,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.till.requests import (
    OperationBuilder,
    RequestDetails,
    checked_items,
    checked_points_delta,
    points_redemption,
)


def maker_of(
    context: Context,
    builder: OperationBuilder,
    details: RequestDetails,
    body: Placed,
    transaction_id: EntryId | None,
) -> Callable[[], Operation]:
    """Return what makes the operation of `body`, on the card it names or on an entry."""
    if isinstance(body, RefundRequest):
        return partial(builder.build, details, partial(_refund, context.database, body))
    # The fields themselves: asking a model whether it has one costs more than all the rest.
    card = body.__dict__.get("card")
    if isinstance(body, RedeemGrantRequest) and (card is None or body.code is not None):
        make = partial(_by_code, body)
        return partial(builder.build_by_code, details, body.code, make, card=card)
    if card is None:
        assert transaction_id is not None
        return partial(builder.build, details, partial(_void, transaction_id))
    return partial(
        builder.build_on_card, details, card, partial(_MAKERS[type(body)], body, context.settings)
    )


def _void(transaction_id: EntryId, metadata: OperationMetadata) -> Operation:
    return VoidEntry(transaction_id=transaction_id, **metadata)


def _refund(database: Database, body: RefundRequest, metadata: OperationMetadata) -> Operation:
    transaction_id = body.transaction_id
    if transaction_id is None:
        assert body.reference is not None
        with database.read() as session:
            transaction_id = purchase_of(session, metadata["vendor_id"], body.reference)
    return RefundPoints(
        transaction_id=transaction_id,
        amount_minor=body.amount_minor,
        refund_reference=body.refund_reference,
        **metadata,
    )


def _stamp(
    body: StampRequest, _settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    if body.items is None:
        return AddStamp(card=card, quantity=body.quantity, reference=body.reference, **metadata)
    items = checked_items(_bought(body), is_counted="quantity" in body.model_fields_set)
    return AddStamp(card=card, items=items, reference=body.reference, **metadata)


def _visit(
    body: VisitRequest, _settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    return RecordVisit(
        card=card,
        amount_minor=body.amount_minor,
        stamps=body.stamps,
        items=_bought(body),
        reference=body.reference,
        **metadata,
    )


def _bought(body: StampRequest | VisitRequest) -> tuple[PurchaseItem, ...]:
    if body.items is None:
        return ()
    return tuple(PurchaseItem(one.sku, one.quantity, one.amount_minor) for one in body.items)


def _redeem_stamps(
    body: RedeemStampsRequest, _settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    return RedeemStamps(card=card, milestone=body.at, **metadata)


def _earn(
    body: EarnRequest, _settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    return EarnPoints(
        card=card, amount_minor=body.amount_minor, reference=body.reference, **metadata
    )


def _redeem_points(
    body: RedeemPointsRequest, _settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    return points_redemption(card, reward_id=body.reward_id, points=body.points, **metadata)


def _redeem_grant(
    body: RedeemGrantRequest, _settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    return RedeemGrant(card=card, grant_id=body.grant_id, **metadata)


def _by_code(
    body: RedeemGrantRequest, card: CardRef, grant_id: GrantId, metadata: OperationMetadata
) -> Operation:
    if body.grant_id not in (None, grant_id):
        raise GrantNotFound
    return RedeemGrant(card=card, grant_id=grant_id, **metadata)


def _adjust(
    body: AdjustRequest, settings: Settings, card: CardRef, metadata: OperationMetadata
) -> Operation:
    delta = checked_points_delta(body.points_delta, settings.adjustment_limit_points)
    return AdjustPoints(card=card, points_delta=delta, **metadata)


_Maker = Callable[[Any, Settings, CardRef, OperationMetadata], Operation]
# By the very type: to ask a model whether it is one of another costs more than the operation.
_MAKERS: Final[dict[type[Placed], _Maker]] = {
    StampRequest: _stamp,
    StampItem: _stamp,
    VisitRequest: _visit,
    VisitItem: _visit,
    RedeemStampsRequest: _redeem_stamps,
    RedeemStampsItem: _redeem_stamps,
    EarnRequest: _earn,
    EarnItem: _earn,
    RedeemPointsRequest: _redeem_points,
    RedeemPointsItem: _redeem_points,
    AdjustRequest: _adjust,
    RedeemGrantRequest: _redeem_grant,
    RedeemGrantItem: _redeem_grant,
}
