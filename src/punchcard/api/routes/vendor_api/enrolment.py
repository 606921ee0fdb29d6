"""`POST /cards`: a card is opened by the till, like everything that ends up in the ledger."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from punchcard.api.http.fast_routes import FastRequest, FastResponse, FastRoute, caller_of
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.schemas.card_requests import EnrolRequest
from punchcard.api.schemas.cards import Card, card_response
from punchcard.context import Context
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.errors import IdempotencyKeyReused
from punchcard.loyalty.operations import OpenCard, OperationMetadata
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import OperationBuilder, RequestDetails, keyed_fingerprints

_NEEDS_IMPORT: Final = N_("Only an import opens cards of former days: give its import_id.")


async def enrol(context: Context, request: FastRequest) -> FastResponse:
    """Open a card and answer it, or answer as before to a request that came before."""
    try:
        body = EnrolRequest.model_validate_json(request.body)
    except ValidationError as error:
        raise refusal_of_body(error) from None
    if body.enrolled_at is not None and body.import_id is None:
        raise invalid_field("enrolled_at", message=_NEEDS_IMPORT)
    builder = OperationBuilder(context.loyalty.operation_services, caller_of(request))
    key = request.idempotency_key
    told = _fingerprints(context.settings.keys, body) if key is not None else (None,)

    async def submit(fingerprint: bytes | None) -> Receipt:
        details = RequestDetails(
            location_id=body.location_id,
            occurred_at=body.enrolled_at,
            import_id=body.import_id,
            idempotency_key=key,
            fingerprint=fingerprint,
        )
        make = partial(builder.build, details, partial(_open_card, body, request.subject.country))
        operation = await run_in_threadpool(make) if builder.may_block(details) else make()
        return await context.loyalty.till.submit_async(operation)

    receipt = await _first_known(submit, told)
    response = card_response(receipt.card, context.loyalty.card_links)
    return FastResponse(201, response, receipt.is_replay)


def _open_card(body: EnrolRequest, country: str | None, metadata: OperationMetadata) -> OpenCard:
    customer = body.customer
    return OpenCard(
        program_id=body.program_id,
        customer=customer.as_new(country) if customer else None,
        locale=body.locale or (customer.locale if customer else None),
        **metadata,
    )


async def _first_known(
    submit: Callable[[bytes | None], Awaitable[Receipt]], told: Sequence[bytes | None]
) -> Receipt:
    """Submit under the first fingerprint; under the next ones what may have come before them.

    They are of the server's old keys. Under a key that was used for something else the till writes
    nothing, so the next may be tried.
    """
    for fingerprint in told[:-1]:
        with suppress(IdempotencyKeyReused):
            return await submit(fingerprint)
    return await submit(told[-1])


def _fingerprints(ring: Keyring, body: EnrolRequest) -> tuple[bytes, ...]:
    fields = sorted(body.model_dump(exclude_none=True).items())
    return keyed_fingerprints(ring, "Enrol", fields)


ROUTES: Final = [
    FastRoute(
        path="/api/v1/vendor/loyalty/cards",
        handler=enrol,
        summary="Open a card, for a customer or anonymously",
        request=EnrolRequest,
        response=Card,
        status=201,
    )
]
