"""What cards set aside for a while: points, a reward or a grant; then used or given back."""

from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.fast_routes import (
    FastHandler,
    FastRequest,
    FastResponse,
    FastRoute,
)
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.vendor_api.promises.promise_request import PromiseRequest
from punchcard.api.schemas.fields import Schema
from punchcard.api.schemas.grants import (
    ConfirmRequest,
    ReleaseRequest,
    ReservationSchema,
    ReserveRequest,
    reservation_schema,
)
from punchcard.context import Context
from punchcard.kit.ids import CardId, ReservationId
from punchcard.kit.validation.invalid import check_one_of
from punchcard.loyalty.cards import grant_reader
from punchcard.loyalty.operations import (
    CardRef,
    ConfirmReservation,
    OperationMetadata,
    ReleaseReservation,
    Reserve,
)
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ReservationState

PREFIX: Final = "/api/v1/vendor/loyalty"

router = api_router(PREFIX, tag="reservations")


@router.get("/cards/{card_id}/reservations", responses=problems(404))
def list_card_reservations(
    caller: CallerDep, page: PageDep, card_id: CardId
) -> Listed[ReservationSchema]:
    """Return what a card set aside, newest first, whatever became of it."""
    with caller.context.database.read() as session:
        rows = grant_reader.list_reservations(
            session, caller.vendor_id, card_id, limit=page.fetch, before_id=page.cursor
        )
    return listed(page, list(rows), reservation_schema, lambda row: row.id)


@router.get("/reservations/{reservation_id}", responses=problems(404))
def get_reservation(caller: CallerDep, reservation_id: ReservationId) -> ReservationSchema:
    """Return one reservation; one whose time is over is `reserved` until that was booked."""
    with caller.context.database.read() as session:
        row = grant_reader.get_reservation(session, caller.vendor_id, reservation_id)
        return reservation_schema(row)


async def reserve(context: Context, request: FastRequest) -> FastResponse:
    """Set something aside and answer the reservation."""
    asked = PromiseRequest.read(context, request, ReserveRequest)
    body = asked.body
    check_one_of({name: getattr(body, name) for name in ("reward_id", "points", "grant_id")})

    def make(card: CardRef, metadata: OperationMetadata) -> Reserve:
        return Reserve(
            card=card,
            reservation_id=ReservationId(context.ids.new_id()),
            expires_in_seconds=body.expires_in_seconds,
            reward_id=body.reward_id,
            points=body.points,
            grant_id=body.grant_id,
            reference=body.reference,
            **metadata,
        )

    receipt = await asked.submit(body.card, make)
    return await _answer(context, request, receipt, ReservationState.RESERVED)


async def confirm(context: Context, request: FastRequest) -> FastResponse:
    """Use what was set aside and answer the reservation."""
    asked = PromiseRequest.read(context, request, ConfirmRequest)
    reservation_id, find = _named(context, request)

    def make(card: CardRef, metadata: OperationMetadata) -> ConfirmReservation:
        return ConfirmReservation(
            card=card, reservation_id=reservation_id, points=asked.body.points, **metadata
        )

    receipt = await asked.submit(await run_in_threadpool(find), make)
    return await _answer(context, request, receipt, ReservationState.CONFIRMED)


async def release(context: Context, request: FastRequest) -> FastResponse:
    """Give back what was set aside and answer the reservation."""
    asked = PromiseRequest.read(context, request, ReleaseRequest)
    reservation_id, find = _named(context, request)

    def make(card: CardRef, metadata: OperationMetadata) -> ReleaseReservation:
        return ReleaseReservation(card=card, reservation_id=reservation_id, **metadata)

    receipt = await asked.submit(await run_in_threadpool(find), make)
    return await _answer(context, request, receipt, ReservationState.RELEASED)


def _named(context: Context, request: FastRequest) -> tuple[ReservationId, Callable[[], CardId]]:
    """Return the id in the path, and what finds the card of that reservation."""
    reservation_id = ReservationId(request.path["reservation_id"].lower())

    def find() -> CardId:
        with context.database.read() as session:
            row = grant_reader.get_reservation(session, request.vendor_id, reservation_id)
            return row.card_id

    return reservation_id, find


async def _answer(
    context: Context, request: FastRequest, receipt: Receipt, state: ReservationState
) -> FastResponse:
    """Answer the reservation as the entry left it, also where it is another by now."""

    def read() -> ReservationSchema:
        reservation_id = ReservationId(receipt.entry["details"]["reservation_id"])
        with context.database.read() as session:
            row = grant_reader.get_reservation(session, request.vendor_id, reservation_id)
            return reservation_schema(row)

    left = {"state": state, "transaction_id": receipt.entry["id"]}
    reservation = (await run_in_threadpool(read)).model_copy(update=left)
    return FastResponse(201, reservation.model_dump(mode="json"), receipt.is_replay)


def _route(
    path: str,
    handler: FastHandler,
    request: type[Schema],
    summary: str,
) -> FastRoute:
    return FastRoute(
        path=f"{PREFIX}/reservations{path}",
        handler=handler,
        summary=summary,
        request=request,
        response=ReservationSchema,
        status=201,
    )


ROUTES: Final = [
    _route("", reserve, ReserveRequest, "Set points, a reward or a grant aside for a while"),
    _route("/{reservation_id}/confirm", confirm, ConfirmRequest, "Use what was set aside"),
    _route("/{reservation_id}/release", release, ReleaseRequest, "Give back what was set aside"),
]
